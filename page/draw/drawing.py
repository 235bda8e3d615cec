"""A drawing: the strokes that the browser sends, and their picture."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

HEIGHT, RATIO = 800, 2.2  # of the canvas: pixels, and width by height; see canvas.css
WIDTH = round(HEIGHT * RATIO)
PEN = 52  # width in canvas pixels, like a thick marker
MOVING, LIFTED = 200, 400  # height of the picture that is read, in pixels; small is fast
EDGE = 0.1  # white margin, as a fraction of the height: a black canvas needs a background
MAX_POINTS = 100_000  # in a drawing
MAX_STAMPS = 50_000  # of the pen in a picture: enough to blacken the canvas; about 0.1 s
PHASES = 4  # positions of the pen between two pixels, each way

Strokes = tuple[tuple[int, ...], ...]  # each x, y, x, y, … in canvas pixels


@dataclass(frozen=True)
class Drawing:
    """What is on the canvas."""

    strokes: Strokes = ()
    number: int = 0  # of the update, counted by the browser
    attract: bool = False  # whether a kiosk that nobody uses drew it
    rests: bool = True  # whether the pen was lifted or stands still: time for an answer in words
    lifted: bool = True  # whether the pen was lifted: no stroke is being drawn

    @functools.cached_property
    def picture(self) -> Image.Image:
        """A picture of the strokes: see `render`."""
        return render(self.strokes, LIFTED if self.lifted else MOVING)


def parse(sent: Any) -> Strokes:
    """Return the strokes that a browser sent, limited to the canvas.

    Raises:
        ValueError: these are not strokes, or too many.
    """
    try:
        strokes = tuple(tuple(map(int, stroke)) for stroke in sent)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("The drawing must be a list of strokes: x, y, x, y, …") from error
    if sum(map(len, strokes)) > 2 * MAX_POINTS:
        raise ValueError(f"The drawing has more than {MAX_POINTS} points: please clear it.")
    if not all(stroke and len(stroke) % 2 == 0 for stroke in strokes):
        raise ValueError("Each stroke of a drawing needs an x and a y for each point.")
    highest = (WIDTH + PEN, HEIGHT + PEN)
    return tuple(
        tuple(min(highest[place % 2], max(-PEN, value)) for place, value in enumerate(stroke))
        for stroke in strokes
    )


def render(strokes: Strokes, height: int) -> Image.Image:
    """Draw strokes with a round pen, like the canvas: black on white, with smooth edges.

    Args:
        strokes: at least one.
        height: of the canvas in the picture, in pixels.

    Returns:
        A picture in mode L: a square from the middle of the canvas, with an EDGE on all sides. If
        there is ink outside of it, it is shifted or, if the ink is too wide, widened.
    """
    scale = height / HEIGHT
    paths = [np.reshape(stroke, (-1, 2)).astype(float) for stroke in strokes]
    columns = np.concatenate(paths)[:, 0]
    left = max(0.0, columns.min() - PEN / 2)
    right = min(float(WIDTH), columns.max() + PEN / 2)
    width = max(float(HEIGHT), right - left)
    start = min(left, max(right - width, (WIDTH - width) / 2))
    pen = PEN * scale
    brushes = _brushes(pen)
    side = brushes.shape[-1]
    edge = round(EDGE * height)
    margin = max(2 * side, edge)  # the pen may be partly outside the canvas
    ink = np.zeros((height + 2 * margin, round(width * scale) + 2 * margin), np.uint8)
    remaining = MAX_STAMPS
    samples = []
    for path in paths:
        samples.append(_smooth((path - [start, 0]) * scale, pen / 8, remaining))
        remaining -= len(samples[-1]) - 1
    points = np.concatenate(samples)
    corners = np.clip(
        np.rint((points - side / 2 + margin) * PHASES).astype(int),
        0,
        (np.array(ink.shape[::-1]) - side) * PHASES,
    )
    pixels, phases = np.divmod(corners, PHASES)
    for (x, y), (phase_x, phase_y) in zip(pixels.tolist(), phases.tolist(), strict=True):
        area = ink[y : y + side, x : x + side]
        np.maximum(area, brushes[phase_y, phase_x], out=area)
    for outside in (np.s_[:margin], np.s_[-margin:], np.s_[:, :margin], np.s_[:, -margin:]):
        ink[outside] = 0
    inner = tuple(slice(margin - edge, length - margin + edge) for length in ink.shape)
    return Image.fromarray(255 - ink[inner])


def _smooth(points: np.ndarray, step: float, limit: int) -> np.ndarray:
    """Sample the curve that the canvas draws: quadratic Béziers from midpoint to midpoint.

    Args:
        points: (n, 2), at least one.
        step: largest distance between two samples, in the same unit.
        limit: maximum number of samples after the first.

    Returns:
        (samples, 2), including both ends.
    """
    middles = (points[:-1] + points[1:]) / 2
    starts = np.concatenate([points[:1], middles])
    ends = np.concatenate([middles, points[-1:]])
    lengths = np.hypot(*(points - starts).T) + np.hypot(*(ends - points).T)
    counts = np.ceil(lengths / step).astype(int)
    counts = np.diff(np.minimum(np.cumsum(counts), limit), prepend=0)
    curve = np.repeat(np.arange(len(points)), counts)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    t = ((np.arange(len(curve)) - before + 1) / counts[curve])[:, None]
    samples = (1 - t) ** 2 * starts[curve] + 2 * t * (1 - t) * points[curve] + t**2 * ends[curve]
    return np.concatenate([points[:1], samples])


def to_png(picture: Image.Image) -> bytes:
    """Encode a picture quickly."""
    png = io.BytesIO()
    picture.save(png, "PNG", compress_level=1)
    return png.getvalue()


@functools.cache
def _brushes(width: float) -> np.ndarray:
    """Return the round pen at each position between two pixels, uint8 (y, x, side, side)."""
    side = int(np.ceil(width)) + 2
    offsets = np.arange(PHASES) / PHASES
    rows = (np.arange(side) + 0.5 - side / 2)[None, :] - offsets[:, None]
    squares = rows**2
    distance = np.sqrt(squares[:, None, :, None] + squares[None, :, None, :])
    return np.rint(255 * np.clip(width / 2 + 0.5 - distance, 0, 1)).astype(np.uint8)
