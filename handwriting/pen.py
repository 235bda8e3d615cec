"""Draws digits, and things that are not digits, as people do with a mouse, a finger or a stylus.

MNIST is American, and was written with a pen on paper forms. This module draws the variants that
it lacks: each is a skeleton in `handwriting.allographs`, shaken, slanted, squeezed and warped
differently in each drawing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from handwriting.allographs import VARIANTS

CANVAS = 280  # pixels: the side of the page's canvas
NO_DIGIT = 10  # the label of everything that is not a digit
# Degrees by which a stroke rises to its corner: see `is_between_one_and_seven`.
MAX_SEVEN_RISE, MIN_ONE_RISE = 22, 28

Strokes = list[np.ndarray]  # each (points, 2) float64: x, y


def strokes_from_skeleton(skeleton: str, rng: np.random.Generator, shake: float = 0) -> Strokes:
    """Draw a skeleton's curves once.

    Args:
        skeleton: text as described in `handwriting.allographs`.
        rng: picks a number from each range, and the shakes.
        shake: standard deviation of the normal shift of each point, in hundredths of the height.

    Returns:
        One float64 array (points, 2) for each stroke, x right and y down, about 100 tall.

    Raises:
        ValueError: the skeleton is malformed. The message quotes it, so that its line can be found.
    """
    try:
        return [curve(*_points(stroke, rng, shake)) for stroke in skeleton.split("/")]
    except (ValueError, IndexError):
        raise ValueError(
            f"The skeleton “{skeleton}” is malformed. A stroke is a list of points “x y” or arcs "
            "“@x y rx ry a b”, separated by commas; see handwriting/allographs.py."
        ) from None


def _points(stroke: str, rng: np.random.Generator, shake: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a stroke (n, 2), and which of them are sharp corners (n,)."""
    points: list[list[float]] = []
    sharp: list[bool] = []
    for part in stroke.split(","):
        part = part.strip()
        corner, part = part.endswith("!"), part.rstrip("!")
        ends = [[float(end) for end in number.split("~")] for number in part.lstrip("@").split()]
        numbers = [rng.uniform(min(end), max(end)) for end in ends]
        if part.startswith("@"):
            x, y, rx, ry, start, stop = numbers
            angles = np.radians(np.linspace(start, stop, 2 + int(abs(stop - start) / 40)))
            arc = np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)
            points.extend(arc)
            sharp.extend([False] * len(arc))
        else:
            x, y = numbers
            points.append([x, y])
            sharp.append(corner)
    return np.array(points) + rng.normal(0, shake, (len(points), 2)), np.array(sharp)


def curve(points: np.ndarray, sharp: np.ndarray, steps: int = 9) -> np.ndarray:
    """Draw a Catmull-Rom spline through points (Catmull and Rom 1974), with sharp corners.

    https://en.wikipedia.org/wiki/Cubic_Hermite_spline#Catmull%E2%80%93Rom_spline

    Args:
        points: float (n, 2).
        sharp: bool (n,), which of them are corners.
        steps: from one point to the next.

    Returns:
        float64 ((n - 1) · steps + 1, 2).
    """
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    before[0], after[-1] = points[0], points[-1]
    tangents = (after - before) / 2
    leaving = np.where(sharp[:, None], after - points, tangents)[:-1, None]
    arriving = np.where(sharp[:, None], points - before, tangents)[1:, None]
    start, stop = points[:-1, None], points[1:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * start
        + (t**3 - 2 * t**2 + t) * leaving
        + (3 * t**2 - 2 * t**3) * stop
        + (t**3 - t**2) * arriving
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def by_hand(strokes: Strokes, rng: np.random.Generator, wild: float = 1.0) -> Strokes:
    """Slant, squeeze and warp strokes, as handwriting varies.

    Args:
        strokes: arrays (points, 2) of any unit.
        wild: how much; 0 leaves the strokes as they are, 1 is the range of legible handwriting.

    Returns:
        The same strokes, centred on 0 0, the longer side of their box 1.
    """
    strokes = [stroke + rng.normal(0, 1.5 * wild, 2) for stroke in strokes]  # pen lifted, set down
    strokes = [_trim(stroke, rng, 0.05 * wild) for stroke in strokes]
    lengths = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    points = np.concatenate(strokes)
    low = points.min(axis=0)
    height = np.ptp(points[:, 1]) or 1
    x, y = ((points - low) / max(height, np.ptp(points[:, 0]))).T
    # Distribute height and width unevenly: small heads, big bellies.
    y = y.clip(0, 1) ** np.exp(rng.normal(0, 0.14 * wild))
    x = x.clip(0, 1) ** np.exp(rng.normal(0, 0.1 * wild))
    x = x * (1 + rng.normal(0, 0.14 * wild) * (y - 0.5)) * np.exp(rng.normal(-0.08, 0.22) * wild)
    # Warp smoothly, by waves at least as long as the digit.
    for _ in range(3):
        fx, fy, phase_x, phase_y = rng.uniform(-5, 5, 2).tolist() + rng.uniform(0, 6.3, 2).tolist()
        wave = fx * x + fy * y
        x = x + rng.normal(0, 0.02 * wild) * np.sin(wave + phase_x)
        y = y + rng.normal(0, 0.02 * wild) * np.sin(wave + phase_y)
    slant = rng.normal(0.08, 0.15) * wild
    turn = rng.normal(0, 0.075) * wild
    x = x - slant * y
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    points = np.stack([x, y], axis=1)
    if rng.random() < 0.5 * wild:  # an unsteady hand
        tremor = rng.normal(0, rng.uniform(0.002, 0.012), points.shape)
        points = points + (tremor + np.roll(tremor, 1, axis=0) + np.roll(tremor, 2, axis=0)) / 1.7
    strokes = np.split(points, lengths)
    if rng.random() < 0.15 * wild:  # a slow computer: few points, straight lines between them
        every = rng.integers(3, 7)
        strokes = [np.concatenate([s[:-1:every], s[-1:]]) for s in strokes]
    return unit(strokes)


def unit(strokes: Iterable[Sequence[Any] | np.ndarray], smallest: float = 1e-6) -> Strokes:
    """Centre the strokes' box on 0 0 and make its longer side 1.

    Args:
        strokes: each (points, 2), of any unit; empty ones are left out.
        smallest: a box whose longer side is less than this is centred, but not scaled.
    """
    arrays = [np.asarray(stroke, float) for stroke in strokes if len(stroke)]
    points = np.concatenate(arrays)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = np.ptp(points, axis=0).max()
    return [(stroke - middle) / (size if size >= smallest else 1) for stroke in arrays]


def _trim(stroke: np.ndarray, rng: np.random.Generator, most: float) -> np.ndarray:
    """Set the pen down a little late, and lift it a little early."""
    first, last = (rng.uniform(0, most, 2) * len(stroke)).astype(int)
    return stroke[first : len(stroke) - last]


def draw_digit(digit: int, rng: np.random.Generator, variant: str | None = None) -> Strokes:
    """Draw a digit as if by hand, in the given variant or a random one.

    Returns:
        Arrays (points, 2), centred on 0 0, the longer side of their box 1, y down.
    """
    while True:
        skeleton = VARIANTS[digit][variant or rng.choice(list(VARIANTS[digit]))]
        strokes = by_hand(strokes_from_skeleton(skeleton, rng, shake=rng.uniform(0.5, 3.3)), rng)
        if not is_between_one_and_seven(digit, strokes):
            return strokes


def is_between_one_and_seven(digit: int, strokes: Strokes) -> bool:
    """Whether a 1 or a 7 of one stroke could as well be the other.

    Of UNIPEN's 1,080 sevens 91% rise by less than 20 degrees up to the corner, of its 381 ones with
    a flag 87% by more than 30. A second stroke, a cross or a foot, distinguishes the two.

    Args:
        digit: the label of the strokes. False for all but 1 and 7.
        strokes: arrays (points, 2), y down.
    """
    if digit not in (1, 7) or len(strokes) > 1:
        return False
    rise = rise_to_corner(strokes[0])
    if rise is None:
        return False
    return 0 < rise < MIN_ONE_RISE if digit == 1 else rise > MAX_SEVEN_RISE


def rise_to_corner(stroke: np.ndarray) -> float | None:
    """Return the angle in degrees by which a stroke rises to its corner; None without a corner.

    Args:
        stroke: (points, 2), y down. Its corner is the point farthest from the line between its
            ends.
    """
    along = stroke[-1] - stroke[0]
    apart = stroke - stroke[0]
    distances = (along[0] * apart[:, 1] - along[1] * apart[:, 0]) / (np.hypot(*along) or 1)
    corner = int(np.abs(distances).argmax())
    if abs(distances[corner]) < 0.1:
        return None
    x, y = apart[corner]
    return float(np.degrees(np.arctan2(-y, x)))


def render(strokes: Strokes, width: float, size: int | tuple[int, int] = CANVAS) -> np.ndarray:
    """Draw strokes as the page's canvas does: a round pen, light on dark.

    Args:
        strokes: arrays (points, 2) in pixels.
        width: the pen's width in pixels.
        size: the side of the image, or its width and height, in pixels.

    Returns:
        uint8 array (height, width), ink 255 on 0.
    """
    image = Image.new("L", (size, size) if isinstance(size, int) else size)
    draw(ImageDraw.Draw(image), strokes, width)
    return np.asarray(image)


def draw(image: ImageDraw.ImageDraw, strokes: Strokes, width: float, shade: int = 255) -> None:
    """Draw strokes with a round pen.

    Args:
        image: of mode "L".
        strokes, width: as in `render`.
        shade: of the ink, 0-255.
    """
    radius = width / 2
    for stroke in strokes:
        path = [tuple(point) for point in stroke.tolist()]
        image.line(path, fill=shade, width=max(1, round(width)), joint="curve")
        for x, y in (path[0], path[-1]):
            image.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)


def rotation(angle: float) -> np.ndarray:
    """Return the matrix for `points @ matrix` that rotates clockwise, as seen with y pointing down.

    Args:
        angle: in radians.

    Returns:
        float64 (2, 2).
    """
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin], [-sin, cos]])


def lengths(stroke: np.ndarray) -> np.ndarray:
    """Return the distance along a stroke (n, 2) to each of its points: float (n,)."""
    return np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])


def evenly(stroke: np.ndarray, count: int) -> np.ndarray:
    """Return `count` points at equal distances along a stroke: float (count, 2)."""
    at = lengths(stroke)
    even = np.linspace(0, at[-1], count)
    return np.column_stack([np.interp(even, at, stroke[:, k]) for k in (0, 1)])


def place(strokes: Strokes, size: float, middle: tuple[float, float]) -> Strokes:
    """Scale strokes (box centred on 0 0, longer side 1) to pixels, and move them."""
    return [stroke * size + middle for stroke in strokes]
