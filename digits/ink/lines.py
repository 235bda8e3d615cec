"""Removes rulings and frames from the contrast of a photograph."""

from dataclasses import dataclass

import cv2
import numpy as np

from digits.ink.contrast import Contrast
from digits.types import Box

MAX_THICKNESS = (0.008, 0.022)  # of the shorter side; thin lines are removed first
MIN_LENGTH = 0.55  # of the page's width
MAX_MARGIN = 0.16  # of the page's width: lines end closer to its edge


def _bar(length: int, degrees: float) -> np.ndarray:
    """Return a structuring element: a line one pixel thick."""
    reach = length // 2
    turn = np.radians(degrees)
    x, y = round(reach * np.cos(turn)), round(reach * np.sin(turn))
    kernel = np.zeros((2 * abs(y) + 1, 2 * abs(x) + 1), np.uint8)
    middle = (abs(x), abs(y))
    cv2.line(kernel, (middle[0] - x, middle[1] - y), (middle[0] + x, middle[1] + y), 1)
    return kernel


@dataclass(frozen=True, eq=False)
class Line:
    """A ruling, or one side of a frame."""

    mask: np.ndarray  # bool (rows, columns), over `box`
    box: tuple[slice, slice]  # rows and columns of the picture
    thick: int  # pixels
    upright: bool


def without_lines(
    contrast: Contrast, page: np.ndarray | None, pen: np.ndarray | None
) -> np.ndarray:
    """Remove rulings and frames: long thin lines, horizontal or vertical apart from a tilt.

    Ink that is clearly darker than the line, or has the pen's colour rather than the line's, stays.
    Strokes that the line interrupted are joined.

    Args:
        contrast: the contrast.
        page: bool (height, width), where the page is; None if it fills the picture.
        pen: the contrast of the pen in each channel, (3,); None if unknown.

    Returns:
        The contrast without them, float32 (height, width).
    """
    value = contrast.value
    height, width = value.shape
    box = (0, 0, width, height) if page is None else cv2.boundingRect(page.astype(np.uint8))
    for share in MAX_THICKNESS:
        max_thickness = max(4, int(share * min(height, width)))
        shades = (value.clip(0, 1) * 255).astype(np.uint8)
        lines = [
            line for upright in (False, True)
            for line in _lines(shades, contrast.grain, box, upright, max_thickness)
        ]  # fmt: skip
        if not lines:
            continue
        before, value = value, value.copy()
        removed = np.zeros(value.shape, bool)
        for line in lines:
            removed[line.box] |= line.mask & ~_inked(contrast, before, line, pen)
        value[removed] = 0
        reach = max(line.thick for line in lines) + 9
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        bridged = cv2.morphologyEx(value, cv2.MORPH_CLOSE, kernel)
        value[removed] = np.minimum(bridged, before)[removed]
    return value


def _inked(contrast: Contrast, value: np.ndarray, line: Line, pen: np.ndarray | None) -> np.ndarray:
    """Find the parts of a line that ink covers: bool, of the shape of its mask."""
    here = value[line.box]
    peaks = np.where(line.mask, here, 0).max(axis=1 if line.upright else 0)
    peaks = peaks[peaks > 0]
    level = float(np.median(peaks)) if len(peaks) else 0.0
    inked: np.ndarray = here > 1.4 * level + 3 * contrast.grain
    if pen is None:
        return inked
    core = line.mask & (here > 0.7 * level) & ~inked
    if not core.any():
        return inked
    colour = np.median(contrast.colour[line.box][core], axis=0)
    across = pen - (pen @ colour) / max(float(colour @ colour), 1e-6) * colour
    difference = float(np.hypot.reduce(across))
    if difference > max(0.12, 6 * contrast.grain):
        share = cv2.transform(
            contrast.colour[line.box], (across / difference**2)[None].astype(np.float32)
        )
        inked |= cv2.blur(share, (3, 3)) > 0.5
    return inked


def _lines(
    shades: np.ndarray, grain: float, box: Box, upright: bool, max_thickness: int
) -> list[Line]:
    """Find lines in one direction.

    Args:
        shades: uint8 (height, width), the contrast.
        grain: the deviation of the contrast where nothing is written, 0-1.
        box: of the page: left, top, width, height.
        upright: find vertical lines; horizontal ones otherwise.
        max_thickness: of a line, in pixels.
    """
    if upright:
        shades = np.ascontiguousarray(shades.T)
        box = (box[1], box[0], box[3], box[2])
    bar = np.ones((2 * max_thickness + 1, 1), np.uint8)
    thin = cv2.morphologyEx(shades, cv2.MORPH_TOPHAT, bar)
    dark = (thin > 255 * max(0.035, 3 * grain)).astype(np.uint8)
    tilt = _tilt(dark)
    if tilt is None:
        return []
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, _bar(max(9, dark.shape[1] // 60), tilt))
    dark = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, _bar(2 * max_thickness + 5, tilt))
    parts = np.zeros_like(dark)
    for degrees in (tilt - 1, tilt, tilt + 1):
        parts |= cv2.morphologyEx(dark, cv2.MORPH_OPEN, _bar(int(0.12 * box[2]), degrees))
    linked = cv2.morphologyEx(parts, cv2.MORPH_CLOSE, _bar(int(0.3 * box[2]), tilt))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(linked)
    lines = (_line(labels, i, stats[i], box, upright, max_thickness) for i in range(1, count))
    return [line for line in lines if line is not None]


def _tilt(dark: np.ndarray) -> float | None:
    """Return the tilt of most lines in degrees; None if there are no lines."""
    height, width = dark.shape
    scale = 320 / max(height, width)
    size = [max(8, round(side * scale)) for side in (width, height)]
    coarse = (cv2.resize(dark * 255, size, interpolation=cv2.INTER_AREA) > 40).astype(np.uint8)
    # Remove specks, and close gaps where other lines cross.
    coarse = cv2.morphologyEx(coarse, cv2.MORPH_OPEN, _bar(9, 0))
    coarse = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, _bar(9, 0))
    best, most = 0.0, 0.0
    for degrees in np.arange(-10, 10.1, 1):
        inked = float(cv2.morphologyEx(coarse, cv2.MORPH_OPEN, _bar(81, degrees)).sum())
        if inked > most * 1.02:
            best, most = degrees, inked
    return None if most < 60 else best


def _line(
    labels: np.ndarray, number: int, stats: np.ndarray, box: Box, upright: bool, max_thickness: int
) -> Line | None:
    """Convert the component `number` to a line; None if it is too short, tilted or thick."""
    left, top, across, down = stats[:4].tolist()
    if across < MIN_LENGTH * box[2] or down > 0.2 * across + 2 * max_thickness:
        return None
    margin = MAX_MARGIN * box[2]
    if left > box[0] + margin or left + across < box[0] + box[2] - margin:
        return None
    mask = (labels[top : top + down, left : left + across] == number).astype(np.uint8)
    sums = mask.sum(axis=0)
    thick = int(np.median(sums[sums > 0]))
    if thick > 2 * max_thickness:
        return None
    # Leave parts that are much thicker: a stroke lies along them. Add the blurred edges.
    pad = min(2 * thick, top)
    mask = np.pad(mask, ((pad, 2 * thick), (0, 0)))[: len(labels) - top + pad]
    tall = np.ones((2 * thick + 3, 1), np.uint8)
    constant = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    mask &= ~cv2.morphologyEx(mask, cv2.MORPH_OPEN, tall, **constant)
    mask = cv2.dilate(mask, np.ones((5, 1), np.uint8)) > 0
    rows, columns = slice(top - pad, top - pad + len(mask)), slice(left, left + across)
    if upright:
        return Line(mask.T, (columns, rows), thick, upright)
    return Line(mask, (rows, columns), thick, upright)
