"""The contrast of texts with their background, by the pixels on the screen."""

import io

import numpy as np
from PIL import Image

# Visible texts, also in shadow roots: [text, x, y, width, height, large].
TEXTS = """() => {
  const found = [];
  const walk = (root) => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.trim()) {
        const one = node.parentElement ?? node.getRootNode().host;
        const style = getComputedStyle(one);
        if (one.closest(":disabled, [aria-disabled=true], style, script, option")) continue;
        if (one.closest("label")?.control?.disabled) continue;
        if (!one.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        if (one.clientWidth && one.clientWidth < 3) continue; // for screen readers only
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const { x, y, width, height } of range.getClientRects()) {
          if (width < 3 || height < 3 || x < 0 || y < 0) continue;
          if (x + width > innerWidth || y + height > innerHeight) continue;
          const top = document.elementFromPoint(x + width / 2, y + height / 2);
          const shown = [top, top?.shadowRoot].some((root) => root?.contains(one));
          if (!shown && !one.contains(top)) continue; // something covers it
          const size = parseFloat(style.fontSize);
          const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 600);
          found.push([node.data.trim().slice(0, 40), x, y, width, height, large]);
        }
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        if (node.shadowRoot) walk(node.shadowRoot);
        walk(node);
      }
    }
  };
  walk(document.body);
  return found;
}"""


LEVELS = np.arange(256) / 255
LINEAR = np.where(LEVELS <= 0.04045, LEVELS / 12.92, ((LEVELS + 0.055) / 1.055) ** 2.4)


def luminance(colours: np.ndarray) -> np.ndarray:
    """WCAG's relative luminance of sRGB colours, uint8 (..., 3)."""
    return LINEAR[colours] @ [0.2126, 0.7152, 0.0722]


def low_contrasts(page) -> list[str]:
    """Texts whose contrast, in the pixels on the screen, is lower than WCAG AA requires."""
    texts = page.evaluate(TEXTS)
    scale = page.evaluate("devicePixelRatio")
    screen = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    low = []
    for text, x, y, width, height, large in texts:
        box = [round(edge * scale) for edge in (y, y + height, x, x + width)]
        part = luminance(screen[box[0] : box[1], box[2] : box[3]])
        background = np.bincount(np.rint(part * 1000).astype(int).ravel()).argmax() / 1000
        light, dark = np.maximum(part, background), np.minimum(part, background)
        contrast = ((light + 0.05) / (dark + 0.05)).max()
        if contrast < (3 if large else 4.5) - 0.1:  # thin strokes never quite reach their colour
            low.append(f"{text!r}: {contrast:.1f}")
    return low
