"""Finds ink in photographs of paper, a whiteboard or a chalkboard.

The background, however unevenly lit, is what a morphological closing leaves of the picture (for
dark ink; an opening for chalk). Its window is wider than any stroke, and it keeps the edges of
shadows and of the page in place. Ink is what differs from that background, measured as a ratio,
which does not depend on the light. Rulings, frames and the page's edge are long thin lines; the
remaining components are grouped by hysteresis (Canny 1986).
"""

from math import ceil, floor

import cv2
import numpy as np

from digits.ink.contrast import MIN_CONTRAST_SHARE, Contrast, find_contrast, is_light
from digits.ink.lines import without_lines
from digits.ink.page import find_page
from digits.types import FoundInk, Ink

MAX_SIDE = 1280  # pixels: larger pictures are shrunk first
WINDOW_PENS = 6  # the window for the background, in widths of the strokes once they are known
MIN_WINDOW = 25  # pixels
MIN_STRENGTH = 0.35  # of the writing's; rulings, smears and the back of the page are weaker
MIN_OUTLINE = 0.75  # of the outline of ink: the part that differs from the background
MIN_SIZE = 12  # pixels, the longer side of a digit: crumbs are smaller
MAX_DOT_AREA = 0.65  # of the square around a component: one that fills more is a dot
MARGIN = 0.03  # of the shorter side: components within it are remains of lines
MAX_FIBRE = 0.07  # of the shorter side: fibres and flecks of paper are shorter
MAX_FIBRE_STRENGTH = 0.25  # fibres are fainter
MIN_FIBRES = 30  # paper with fibres has more
MAX_COMPONENTS = 60_000  # more are noise


def find_ink(image: np.ndarray) -> FoundInk | None:
    """Find the writing in a photograph, and the main digit in it.

    Args:
        image: uint8 (height, width, 3) RGB.

    Returns:
        None if nothing is written.
    """
    small, scale = _shrink(image)
    page = find_page(small)
    contrast = find_contrast(small, page, is_light(small, page))
    found = _components(contrast, page)
    if found is None:
        return None
    # Repeat with the colour of the pen, and with the narrowest window that is wider than its
    # strokes: it follows the light more closely.
    value, components, main = found
    thick = components.pen(main)
    window = int(WINDOW_PENS * thick) | 1
    if window < 0.7 * contrast.window:
        contrast = find_contrast(small, page, contrast.light, max(window, MIN_WINDOW))
    ink = components.labels == main
    strong = ink & (value > components.strength[main])
    if strong.any():  # a component of one even shade has none
        ink = strong
    colour = contrast.colour[ink].mean(axis=0)
    if colour.max() <= 0:  # with the narrower window, it is background
        return None
    found = _components(contrast.of(colour), page, colour, thick)
    if found is None:
        return None
    value, components, main = found
    return FoundInk(
        everything=_ink(value, components, components.by_same_pen(main), scale),
        digit=_ink(value, components, components.parts_of_digit(main), scale),
    )


def _shrink(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Shrink a picture to at most MAX_SIDE; also return its pixels per pixel of the result."""
    scale = max(1.0, max(image.shape[:2]) / MAX_SIDE)
    if scale > 1:
        size = [max(1, round(side / scale)) for side in image.shape[1::-1]]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image, scale


def _components(
    contrast: Contrast,
    page: np.ndarray | None,
    pen: np.ndarray | None = None,
    thick: float | None = None,
) -> tuple[np.ndarray, "Components", int] | None:
    """Return the contrast without lines, its components, and the main one."""
    value = without_lines(contrast, page, pen)
    faint = max(MIN_CONTRAST_SHARE, 5 * contrast.grain)

    def above(low: float) -> tuple["Components", int | None]:
        components = Components(value, low, page)
        components.need_edges(contrast, value, thick or 0.02 * min(value.shape))
        return components, components.main(faint)

    # Writing across the edge of a shadow may be connected to it: then try a higher level.
    for raised in (1, 2, 4):
        components, main = above(0.7 * raised * faint)
        if main is not None:
            break
    else:
        return None
    # Repeat without rulings and smears, which are weaker than the writing.
    components, main = above(max(0.7 * raised * faint, MIN_STRENGTH * components.strength[main]))
    return None if main is None else (value, components, main)


class Components:
    """The components of the contrast; the first entry of each array is the background.

    Args:
        value: float32 (height, width), the contrast.
        low: components are where the contrast is above it.
        page: bool (height, width), where the page is; None if it fills the picture.
    """

    def __init__(self, value: np.ndarray, low: float, page: np.ndarray | None):
        mask = (value > low).astype(np.uint8)
        count, labels, stats, middles = cv2.connectedComponentsWithStats(mask)
        self.labels = labels  # int32 (height, width), 0 for the background
        self.shape = value.shape
        self.area = stats[:, cv2.CC_STAT_AREA]
        self.left, self.top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
        self.width, self.height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
        self.right, self.bottom = self.left + self.width, self.top + self.height
        self.extent = np.maximum(self.width, self.height)
        self.middles = middles  # (count, 2) x, y
        height, width = value.shape
        self.at_edge = (
            (self.left <= 1)
            | (self.top <= 1)
            | (self.right >= width - 1)
            | (self.bottom >= height - 1)
        )
        if page is not None:  # or of the page
            inner = cv2.erode(page.astype(np.uint8), np.ones((9, 9), np.uint8))
            self.at_edge[np.unique(labels[inner == 0])] = True
        # The mean contrast of the stronger half of each component.
        inside = np.flatnonzero(labels)
        owner, values = labels.ravel()[inside], value.ravel()[inside]
        sizes = np.maximum(np.bincount(owner, minlength=count), 1)
        mean = np.bincount(owner, values, count) / sizes
        upper = values > mean[owner]
        sizes = np.maximum(np.bincount(owner[upper], minlength=count), 1)
        self.strength = np.bincount(owner[upper], values[upper], count) / sizes

    def need_edges(self, contrast: Contrast, value: np.ndarray, thick: float) -> None:
        """Set the strength of components to 0 unless they differ from everything around them.

        The edge or the tip of a shadow is darker than the paper on one side only.
        """
        if len(self.area) > MAX_COMPONENTS:
            return
        # Ignore the halo of smears or JPEG blocks around a stroke.
        core = np.where(value > MIN_STRENGTH * self.strength[self.labels], self.labels, 0)
        core = core.astype(np.uint16)
        away = max(2, round(0.5 * thick))
        near, far = (
            cv2.dilate(core, np.ones((2 * d + 1, 2 * d + 1), np.uint8)) for d in (away - 1, away)
        )
        ring = np.flatnonzero((near == 0) & (far > 0))
        owner = far.ravel()[ring]
        edges = contrast.edges(away + round(2 * thick)).ravel()[ring]
        count = np.bincount(owner, minlength=len(self.area))
        outlined = np.bincount(owner[edges > 0.35 * self.strength[owner]], minlength=len(self.area))
        self.strength[outlined < MIN_OUTLINE * count] = 0

    def main(self, faint: float) -> int | None:
        """Return the largest, strongest component near the centre; None if there is none."""
        height, width = self.shape
        away = np.hypot(
            (self.middles[:, 0] - width / 2) / width, (self.middles[:, 1] - height / 2) / height
        )
        score = self.strength * self.extent * np.sqrt(self.area) * np.exp(-((away / 0.3) ** 2))
        score[self.at_edge] *= 0.1
        score[self.encloses()] *= 0.02
        score[self.dots() | self.at_margin() | self.fibres(faint)] = 0
        score[(self.strength < faint) | (self.extent < MIN_SIZE)] = 0
        score[0] = 0
        best = int(score.argmax())
        return best if score[best] > 0 else None

    def dots(self) -> np.ndarray:
        """Return which components are dots of a grid, or crumbs: bool (count,)."""
        return self.area > MAX_DOT_AREA * self.extent**2

    def fibres(self, faint: float) -> np.ndarray:
        """Return which components are fibres, if there are many: bool (count,)."""
        small = (self.extent < MAX_FIBRE * min(self.shape)) & (self.strength < MAX_FIBRE_STRENGTH)
        many = np.count_nonzero(small & (self.strength > faint)) > MIN_FIBRES
        return small if many else np.zeros_like(small)

    def at_margin(self) -> np.ndarray:
        """Return which components lie along the edge, like half a ruling: bool (count,)."""
        height, width = self.shape
        margin = MARGIN * min(height, width)
        return (
            (self.right < margin)
            | (self.bottom < margin)
            | (self.left > width - margin)
            | (self.top > height - margin)
        )

    def encloses(self) -> np.ndarray:
        """Return which components enclose possible digits, like a frame: bool (count,)."""
        large = np.flatnonzero(self.extent > 0.5 * max(self.shape))
        around = np.zeros(len(self.area), bool)
        for i in large[large > 0]:
            inside = (
                (self.left > self.left[i])
                & (self.right < self.right[i])
                & (self.top > self.top[i])
                & (self.bottom < self.bottom[i])
                & (self.extent > 0.1 * self.extent[i])
                & (self.strength > 0.3 * self.strength[i])
            )
            around[i] = inside.any() and self.area[i] < 0.5 * self.width[i] * self.height[i]
        return around

    def pen(self, main: int) -> float:
        """Return the width of the strokes in pixels: area divided by half the outline."""
        alike = self.by_same_pen(main)
        widths = []
        for i in np.flatnonzero(alike & (self.extent > 0.5 * self.extent[main])):
            box = np.s_[self.top[i] : self.bottom[i], self.left[i] : self.right[i]]
            mask = np.pad((self.labels[box] == i).astype(np.uint8), 1)
            contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            outline = sum(cv2.arcLength(contour, True) for contour in contours)
            widths.append(2 * self.area[i] / max(outline, 1))
        return float(max(widths))

    def parts_of_digit(self, main: int) -> np.ndarray:
        """Return the parts of one digit, close together and equally strong: bool (count,)."""
        strong = (
            (self.strength > 0.5 * self.strength[main])
            & (self.area > 0.03 * self.area[main])
            & ~self.at_edge
        )
        strong[0] = False
        far = 0.25 * self.extent[main]
        box = np.array([self.left, self.top, -self.right, -self.bottom])
        near = np.zeros(len(self.area), bool)
        near[main] = True
        for _ in range(3):  # parts near to parts
            left, top, right, bottom = box[:, near].min(axis=1)
            gaps = self.left + right, left - self.right, self.top + bottom, top - self.bottom
            gap = np.maximum.reduce(gaps)
            near |= strong & (gap < far)
        return near

    def by_same_pen(self, main: int) -> np.ndarray:
        """Return everything that the same pen may have written: bool (count,)."""
        alike = (
            (self.strength > 0.5 * self.strength[main])
            & (self.extent >= max(4, 0.1 * self.extent[main]))
            & ~self.at_edge
        )
        alike[main], alike[0] = True, False
        return alike


def _ink(value: np.ndarray, components: Components, chosen: np.ndarray, scale: float) -> Ink:
    """Return the ink of the chosen components, scaled to the same strength."""
    left, top = int(components.left[chosen].min()), int(components.top[chosen].min())
    right, bottom = int(components.right[chosen].max()), int(components.bottom[chosen].max())
    part = np.s_[top:bottom, left:right]
    level = np.where(chosen, components.strength, np.inf)[components.labels[part]]
    ink = ((value[part] / level.astype(np.float32) - 0.25) / 0.7).clip(0, 1)
    box = (
        floor(left * scale), floor(top * scale), ceil(right * scale), ceil(bottom * scale)
    )  # fmt: skip
    return Ink(ink, box, scale)
