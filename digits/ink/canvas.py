"""Finds ink on a flat background: on a canvas, in a scan, in MNIST itself."""

import numpy as np
from PIL import Image

from digits.ink.components import label
from digits.ink.pixels import FLAT, MIN_CONTRAST, box_of, is_opaque, median_of
from digits.types import FoundInk, Ink

MIN_INK = 0.02  # of the strongest ink: anything fainter is background
MIN_DUST = 0.015  # of all ink: a component with less is dust
MIN_STRAY = 0.10  # of all ink: a component with less is a stray if it is far from the rest
STRAY_DISTANCE = 0.25  # of the drawing's longer side: anything beyond is far
MAX_COMPONENTS = 40  # more are a pattern, such as dot-grid paper
CELLS = 48  # along the longer side of the grid for `Components`, which closes hairline gaps

MIN_PAPER_SIDE = 64  # pixels: a picture whose longer side is shorter is always a clean drawing
NEAR = 20  # of 255: shades of an uneven background differ by no more
MIN_FLAT = 0.94  # of the pixels NEAR the background's shade: the share of FLAT ones
MIN_BACKGROUND = 0.25  # of all pixels
MIN_CLEAN_CONTRAST = 64  # of 255: anything fainter may be a shadow
MAX_CROSSINGS = 3  # thin lines that cross the border; more are rulings
MAX_RULING = 1 / 64  # of the longer side: rulings are thinner
MIN_PAGE_SIDE = 0.4  # of the picture's sides: a page or a frame is larger
MAX_COVERAGE = 0.6  # of the ink's box: "ink" that covers more is a page
MIN_FRAME_SIDE = 0.9  # of a side of the ink's box: a frame covers more

WHITE = 255


def find_ink(grey: np.ndarray, background: int | None = None) -> FoundInk | None:
    """Find ink on a flat background; arguments as of `_all_ink`."""
    ink = _all_ink(grey, background)
    return None if ink is None else FoundInk(ink, without_strays(ink, Components(ink.pixels)))


def _all_ink(grey: np.ndarray, background: int | None = None) -> Ink | None:
    """Find ink on a flat background.

    Ink is either everything lighter than the background or everything darker, whichever is more.

    Args:
        grey: uint8 (height, width).
        background: its shade, 0-255; by default the median along the border.

    Returns:
        None if nothing is drawn.
    """
    grain = 0
    if background is None:
        edge = border(grey)
        background = median_of(edge)
        # Small pictures may be photographs: ink is what exceeds their grain.
        grain = median_of(np.abs(edge.astype(np.int16) - background))
    darkest, lightest = int(grey.min()), int(grey.max())
    # The mean is slow to compute: it only decides if there are both lighter and darker pixels.
    is_dark = lightest <= background or (darkest < background and bool(grey.mean() < background))
    strongest = background - darkest if is_dark else lightest - background
    if strongest < MIN_CONTRAST:
        return None
    limit = int(
        (WHITE - background if is_dark else background)
        + min(MIN_INK * strongest + 4 * grain, strongest / 2)
    )
    mask = grey < WHITE - limit if is_dark else grey > limit
    left, top, right, bottom = box = box_of(mask)
    # Only the crop is converted to floats: the canvas is several times larger.
    pixels = grey[top:bottom, left:right].astype(np.float32)
    pixels -= background
    pixels /= -strongest if is_dark else strongest
    pixels *= mask[top:bottom, left:right]
    return Ink(pixels, box)


def find_clean_ink(grey: np.ndarray) -> FoundInk | None:
    """Find the ink of a clean drawing.

    A clean drawing has a flat background, and nothing on it but ink: no rulings, no frame and no
    printed pattern. Small pictures always count as clean.

    Args:
        grey: uint8 (height, width).

    Returns:
        None if nothing is drawn, or if the picture is not a clean drawing.
    """
    small = max(grey.shape) < MIN_PAPER_SIDE
    if not small and (not is_flat(grey) or is_ruled(grey)):
        return None
    ink = _all_ink(grey)
    if ink is None:
        return None
    components = Components(ink.pixels)
    if len(components.boxes) > MAX_COMPONENTS or (not small and is_page(ink, grey.shape)):
        return None
    return FoundInk(ink, without_strays(ink, components))


def on_canvas(array: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Put the picture of a canvas on a white background.

    Args:
        array: uint8 (height, width), (height, width, 3) or (height, width, 4).
        grey: its luminance, uint8 (height, width).

    Returns:
        uint8 (height, width): ink is dark, whatever its colour if the rest is transparent.
    """
    if array.shape[2:] == (4,) and not is_opaque(array):
        return WHITE - array[..., 3]
    return grey


def is_flat(grey: np.ndarray) -> bool:
    """Whether the background has a single shade, as in drawings and cleaned scans.

    In photographs the light changes, and the sensor adds noise.
    """
    background = median_of(border(grey))
    contrast = max(int(grey.max()) - background, background - int(grey.min()))
    if contrast < MIN_CLEAN_CONTRAST:
        return False
    flat, near = (
        np.count_nonzero((grey >= background - reach) & (grey <= background + reach))
        for reach in (FLAT, NEAR)
    )
    return bool(flat >= max(MIN_FLAT * near, MIN_BACKGROUND * grey.size))


def is_filled(grey: np.ndarray) -> bool:
    """Whether all but a flat, lighter border is dark: a blackened drawing."""
    edge = border(grey)
    dark = grey < median_of(edge) - MIN_CONTRAST
    return bool(np.ptp(edge) <= FLAT and dark.mean() > 1 - MIN_BACKGROUND)


def is_ruled(grey: np.ndarray) -> bool:
    """Whether thin lines cross the border: ruled or squared paper, a table."""
    edge = border(grey).astype(np.int16)
    ink = np.abs(edge - median_of(edge)) > FLAT
    steps = np.diff(ink.astype(np.int8))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)[int(ink[0]) :]
    widths = stops - starts[: len(stops)]
    thin = len(widths) > 0 and np.median(widths) < MAX_RULING * max(grey.shape)
    return bool(thin and len(widths) > MAX_CROSSINGS)


def is_page(ink: Ink, shape: tuple[int, ...]) -> bool:
    """Whether "ink" is a page on a table, or a frame around something.

    Args:
        ink: all ink of a picture.
        shape: of the picture: height, width.
    """
    height, width = ink.pixels.shape
    if height < MIN_PAGE_SIDE * shape[0] or width < MIN_PAGE_SIDE * shape[1]:
        return False
    mask = ink.pixels > 0
    if (ink.pixels > 0.5).mean() > MAX_COVERAGE:
        return True
    depth = 3 + min(mask.shape) // 50  # lines are not quite straight
    sides = mask[:depth], mask[-depth:], mask[:, :depth].T, mask[:, -depth:].T
    inset = min(shape[:2]) // 16  # lines of a frame are thinner
    return bool(
        min(side.any(axis=0).mean() for side in sides) > MIN_FRAME_SIDE
        and mask[inset:-inset, inset:-inset].any()
    )


class Components:
    """Components of ink, on a grid.

    Attributes:
        cell: pixels of the ink along a side of a cell.
        mass: float32 (cells down, cells across), the mean ink of each cell.
        labels, boxes: as `digits.ink.components.label` returns them, in cells.
    """

    def __init__(self, pixels: np.ndarray):
        self.cell = -(-max(pixels.shape) // CELLS)
        self.mass = np.asarray(Image.fromarray(pixels).reduce(self.cell))
        self.labels, self.boxes = label(self.mass > 0)


def without_strays(ink: Ink, components: Components) -> Ink:
    """Remove dust, and small components that are far from the rest; crop the remaining ink.

    A pattern stays as it is.
    """
    labels, boxes, mass = components.labels, components.boxes, components.mass
    if not 1 < len(boxes) <= MAX_COMPONENTS:
        return ink
    weights = np.bincount(labels.ravel(), mass.ravel())[1:]
    left, top, right, bottom = boxes[weights.argmax()]
    far = STRAY_DISTANCE * max(right - left, bottom - top)
    gaps = 1 + np.maximum.reduce(
        [boxes[:, 0] - right, left - boxes[:, 2], boxes[:, 1] - bottom, top - boxes[:, 3]]
    )
    limits = np.where(gaps > far, MIN_STRAY, MIN_DUST) * mass.sum()
    keep = np.append(False, weights > limits)[labels]
    cell = components.cell
    height, width = ink.pixels.shape
    mask = keep.repeat(cell, axis=0).repeat(cell, axis=1)[:height, :width] & (ink.pixels > 0)
    left, top, right, bottom = box = box_of(mask)
    return ink.cut(box, mask[top:bottom, left:right])


def border(grey: np.ndarray) -> np.ndarray:
    """Return the pixels along the border, in order."""
    return np.concatenate([grey[0], grey[:, -1], grey[-1, ::-1], grey[::-1, 0]])
