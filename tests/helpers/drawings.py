"""Drawings that depend on NumPy only, so that changes of `handwriting.pen` don't change them."""

from functools import cache
from itertools import pairwise

import numpy as np
from PIL import Image


@cache
def steady_drawings() -> tuple[np.ndarray, ...]:
    """Curves, some of several strokes, with hard or soft edges, of many sizes and pens.

    Returns:
        80 uint8 arrays: grey light on dark or dark on light, RGB, and RGBA opaque or transparent.
    """
    return tuple(map(steady_drawing, range(80)))


def steady_drawing(number: int) -> np.ndarray:
    """A drawing of `steady_drawings`."""
    rng = np.random.default_rng(number)
    side = int(rng.choice([28, 60, 128, 280, 400, 700]))
    strokes = [_stroke(rng, side) for _ in range(rng.integers(1, 4))]
    if number % 4 == 1:  # a speck
        strokes.append(np.repeat(rng.uniform(0, side, (1, 2)), 2, axis=0))
    ink = _pen(strokes, side, side * rng.uniform(0.02, 0.09), soft=number % 3 > 0)
    if number % 7 == 2:  # a pencil
        ink = np.rint(ink * 0.4).astype(np.uint8)
    return [_light, _dark, _rgb, _opaque, _transparent][number % 5](ink)


def _stroke(rng: np.random.Generator, side: int) -> np.ndarray:
    """A cubic Bézier curve: (30, 2) points in pixels."""
    ends = rng.uniform(0.12 * side, 0.88 * side, (4, 2))
    t = np.linspace(0, 1, 30)[:, None]
    weights = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
    return sum(weight * end for weight, end in zip(weights, ends, strict=True))


def _pen(strokes: list[np.ndarray], side: int, width: float, soft: bool) -> np.ndarray:
    every_y, every_x = np.indices((side, side)) + 0.5
    nearest = np.full((side, side), np.inf)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in pairwise(stroke):
            reach = int(width) + 1  # around the segment; there is no ink farther away
            left, top = int(min(x0, x1)) - reach, int(min(y0, y1)) - reach
            right, bottom = int(max(x0, x1)) + reach, int(max(y0, y1)) + reach
            near = np.s_[max(0, top) : bottom + 1, max(0, left) : right + 1]
            x, y = every_x[near], every_y[near]
            length = (x1 - x0) ** 2 + (y1 - y0) ** 2
            along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / max(length, 1e-9)
            along = along.clip(0, 1)
            away = (x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2
            nearest[near] = np.minimum(nearest[near], away)
    inside = width / 2 - np.sqrt(nearest)
    inside = inside.clip(-0.5, 0.5) + 0.5 if soft else inside > 0
    return np.rint(inside * 255).astype(np.uint8)


def _light(ink: np.ndarray) -> np.ndarray:
    return ink


def _dark(ink: np.ndarray) -> np.ndarray:
    return 255 - ink


def _rgb(ink: np.ndarray) -> np.ndarray:
    """Dark blue on white, as on the page."""
    blue, white = np.array([27, 37, 64]), np.array([255, 255, 255])
    share = ink[..., None] / 255
    return np.rint(blue * share + white * (1 - share)).astype(np.uint8)


def _opaque(ink: np.ndarray) -> np.ndarray:
    return np.dstack([_rgb(ink), np.full_like(ink, 255)])


def _transparent(ink: np.ndarray) -> np.ndarray:
    return np.dstack([np.zeros((*ink.shape, 3), np.uint8), ink])


MODES = (
    "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV",
    "I", "I;16", "I;16L", "I;16B", "I;16N", "F",
)  # fmt: skip


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert a grey picture to any of Pillow's modes, some of them in two steps."""
    way = {
        "RGBa": ["RGBA"], "La": ["LA"], "PA": ["P"], "HSV": ["RGB"], "YCbCr": ["RGB"],
        "I;16L": ["I"], "I;16B": ["I"], "I;16N": ["I"],
    }  # fmt: skip
    if mode == "LAB":
        flat = Image.new("L", image.size, 128)
        return Image.merge("LAB", (image, flat, flat))
    for step in [*way.get(mode, []), mode]:
        image = image.convert(step)
    return image
