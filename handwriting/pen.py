"""Draws digits, and things that are not digits, as people do with a mouse, a finger or a stylus.

MNIST is American, and was written with a pen on paper forms. This module draws the variants that
it lacks: each is a skeleton in `handwriting.allographs`, shaken, slanted, squeezed and warped
differently in each drawing.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from digits.normalize import SIDE, normalize
from handwriting.allographs import SYMBOLS, VARIANTS

CANVAS = 280  # pixels: the side of the page's canvas
NO_DIGIT = 10  # the label of anything else than a digit
PART = 500  # images that are drawn from one seed
# Degrees by which a stroke rises to its corner: see `is_between_one_and_seven`.
MAX_SEVEN_RISE, MIN_ONE_RISE = 22, 28

Strokes = list[np.ndarray]  # each (points, 2) float64: x, y


def strokes_from_skeleton(skeleton: str, rng: np.random.Generator, shake: float = 0) -> Strokes:
    """Draws a skeleton's curves once.

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
        return [_curve(*_points(stroke, rng, shake)) for stroke in skeleton.split("/")]
    except (ValueError, IndexError):
        raise ValueError(
            f"The skeleton “{skeleton}” is malformed. A stroke is a list of points “x y” or arcs "
            "“@x y rx ry a b”, separated by commas; see handwriting/allographs.py."
        ) from None


def _points(stroke: str, rng: np.random.Generator, shake: float) -> tuple[np.ndarray, np.ndarray]:
    """The stroke's points (n, 2) and which of them are sharp corners (n,)."""
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


def _curve(points: np.ndarray, sharp: np.ndarray, steps: int = 9) -> np.ndarray:
    """A Catmull-Rom spline through the points (Catmull and Rom 1974) that stops at corners.

    https://en.wikipedia.org/wiki/Cubic_Hermite_spline#Catmull%E2%80%93Rom_spline
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
    """Slants, squeezes and warps strokes, as people's writing differs.

    Args:
        strokes: arrays (points, 2) of any unit.
        rng: the source of chance.
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
    # Uneven use of the height and width: small heads, big bellies.
    y = y.clip(0, 1) ** np.exp(rng.normal(0, 0.14 * wild))
    x = x.clip(0, 1) ** np.exp(rng.normal(0, 0.1 * wild))
    x = x * (1 + rng.normal(0, 0.14 * wild) * (y - 0.5)) * np.exp(rng.normal(-0.08, 0.22) * wild)
    # A smooth warp: a few waves no shorter than the digit.
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
    """Centres the strokes' box on 0 0 and makes its longer side 1.

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
    """Lifts the pen a little early or sets it down a little late."""
    first, last = (rng.uniform(0, most, 2) * len(stroke)).astype(int)
    return stroke[first : len(stroke) - last]


def draw_digit(digit: int, rng: np.random.Generator, variant: str | None = None) -> Strokes:
    """Draws a digit as if by hand, in the given variant or a random one.

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
        digit: what the strokes are meant to be. False for all but 1 and 7.
        strokes: arrays (points, 2), y down.
    """
    if digit not in (1, 7) or len(strokes) > 1:
        return False
    rise = rise_to_corner(strokes[0])
    if rise is None:
        return False
    return 0 < rise < MIN_ONE_RISE if digit == 1 else rise > MAX_SEVEN_RISE


def rise_to_corner(stroke: np.ndarray) -> float | None:
    """The angle in degrees by which a stroke rises to its corner; None if it has none.

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


def draw_non_digit(rng: np.random.Generator) -> Strokes:
    """Draws something that is not a digit: a symbol or letter, a scribble, a spoilt digit.

    Returns:
        Arrays (points, 2), centred on 0 0, the longer side of their box 1 (a dot's: next to 0),
        y down.
    """
    kinds = list(NON_DIGITS)
    shares = np.array(list(NON_DIGITS.values()))
    strokes = kinds[rng.choice(len(kinds), p=shares / shares.sum())](rng)
    return unit(strokes, smallest=0.1)  # a dot stays one, whatever the pen


def _symbol(rng: np.random.Generator) -> Strokes:
    skeleton = SYMBOLS[rng.choice(list(SYMBOLS))]
    strokes = strokes_from_skeleton(skeleton, rng, shake=rng.uniform(0.5, 4))
    return by_hand(strokes, rng, wild=rng.uniform(0.3, 0.8))


def _scribble(rng: np.random.Generator) -> Strokes:
    """A pen that wanders about: many turns, so that it can't be mistaken for a digit."""
    points = rng.uniform(0, 100, (rng.integers(8, 24), 2))
    if rng.random() < 0.5:  # to and fro, as one shades an area
        points[:, 0] = np.where(np.arange(len(points)) % 2, 80, 20) + rng.normal(0, 8, len(points))
        points[:, 1] = np.sort(points[:, 1])
    sharp = np.full(len(points), rng.random() < 0.3)
    return by_hand([_curve(points, sharp)], rng)


def _waves(rng: np.random.Generator) -> Strokes:
    x = np.linspace(0, 100, 80)
    height, count = rng.uniform(6, 30), rng.uniform(2, 6)
    y = height * np.sin(x / 100 * 2 * np.pi * count + rng.uniform(0, 6))
    if rng.random() < 0.3:
        y = height * (2 * np.abs((x / 100 * count + rng.random()) % 1 - 0.5) * 2 - 1)  # zigzag
    if rng.random() < 0.25:  # loops, as one tries out a pen
        x = x + height * np.cos(x / 100 * 2 * np.pi * count)
    turn = rng.normal(0, 0.25) if rng.random() < 0.8 else rng.uniform(0, np.pi)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return by_hand([np.stack([x, y], axis=1) @ turned], rng, wild=0.3)


def _dot(rng: np.random.Generator) -> Strokes:
    """A tap or a dab: hardly longer than the pen is wide."""
    return [rng.uniform(0, rng.choice([0, 0.03]), (2, 2))]


def _any_digit(rng: np.random.Generator) -> Strokes:
    return draw_digit(int(rng.integers(10)), rng)


def _overlaid(rng: np.random.Generator) -> Strokes:
    """Two different digits on top of each other, neither of them a mere bar."""
    one, other = rng.choice([0, 2, 3, 4, 5, 6, 7, 8, 9], 2, replace=False)
    shift = rng.normal(0, 0.08, 2)
    scale = rng.uniform(0.75, 1.1)
    return draw_digit(int(one), rng) + [s * scale + shift for s in draw_digit(int(other), rng)]


def _side_by_side(rng: np.random.Generator) -> Strokes:
    gap = rng.uniform(0.5, 1.0)
    scale = rng.uniform(0.8, 1.1)
    right = [s * scale + [gap, rng.normal(0, 0.08)] for s in _any_digit(rng)]
    return _any_digit(rng) + right


def _touching(rng: np.random.Generator) -> Strokes:
    """Two digits that touch or nearly do, as in a number written in a hurry."""
    left, right = _any_digit(rng), _any_digit(rng)
    scale, drop = rng.uniform(0.8, 1.15), rng.normal(0, 0.06)
    right = [s * scale + [0, drop] for s in right]
    between = np.concatenate(left)[:, 0].max() - np.concatenate(right)[:, 0].min()
    shift = np.array([between + rng.uniform(-0.1, 0.06), 0])
    return left + [stroke + shift for stroke in right]


def _with_fragment(rng: np.random.Generator) -> Strokes:
    """A digit, and a part of its neighbour: a number that was cut at a wrong place."""
    digit = _any_digit(rng)
    neighbour = draw_digit(int(rng.choice([0, 2, 3, 5, 6, 8, 9])), rng)
    (low, high), share = _ends(neighbour), rng.uniform(0.33, 0.55)
    gap = rng.uniform(-0.02, 0.12)
    if rng.random() < 0.5:
        part = _between(neighbour, low, low + share * (high - low))
        shift = _ends(digit)[1] + gap - low
    else:
        part = _between(neighbour, high - share * (high - low), high)
        shift = _ends(digit)[0] - gap - high
    return digit + [stroke + np.array([shift, 0]) for stroke in part]


def _half(rng: np.random.Generator) -> Strokes:
    """The left or right part of a digit, if it does not resemble another digit."""
    digit, is_left = [
        (2, True), (3, True), (4, True), (5, True), (8, True), (9, True),
        (2, False), (6, False),
    ][rng.integers(8)]  # fmt: skip
    strokes = draw_digit(digit, rng)
    low, high = _ends(strokes)
    cut = low + rng.uniform(0.4, 0.55) * (high - low)
    return _between(strokes, low, cut) if is_left else _between(strokes, cut, high)


def _ends(strokes: Strokes) -> tuple[float, float]:
    x = np.concatenate(strokes)[:, 0]
    return x.min(), x.max()


def _between(strokes: Strokes, low: float, high: float) -> Strokes:
    """The strokes between two x; if nothing is there, the first stroke."""
    parts = []
    for stroke in strokes:
        inside = (stroke[:, 0] >= low) & (stroke[:, 0] <= high)
        runs = np.split(np.arange(len(stroke)), np.flatnonzero(np.diff(inside)) + 1)
        parts += [stroke[run] for run in runs if inside[run[0]] and len(run) > 1]
    return parts or strokes[:1]


def _grid(rng: np.random.Generator) -> Strokes:
    """A piece of a frame or of squared paper: long lines that meet at right angles."""
    lines = []
    upright, across = [(1, 3), (2, 2), (3, 1), (3, 3)][rng.integers(4)]
    for is_across, count in ((False, upright), (True, across)):
        for _ in range(count):
            at, (start, stop) = rng.uniform(0, 1), rng.uniform((0, 0.7), (0.3, 1))
            ends = np.array([[start, at], [stop, at + rng.normal(0, 0.01)]])
            lines.append(ends if is_across else ends[:, ::-1])
    return lines


def _turned(rng: np.random.Generator) -> Strokes:
    """A digit lying down, upside down or mirrored, if it does not resemble another digit."""
    digit, x_from, y_from = [
        (2, (0, 1), (-1, 0)), (3, (0, 1), (-1, 0)), (4, (0, 1), (-1, 0)), (5, (0, 1), (-1, 0)),
        (6, (0, 1), (-1, 0)), (7, (0, 1), (-1, 0)), (8, (0, 1), (-1, 0)), (9, (0, 1), (-1, 0)),
        (2, (0, -1), (1, 0)), (3, (0, -1), (1, 0)), (4, (0, -1), (1, 0)), (5, (0, -1), (1, 0)),
        (6, (0, -1), (1, 0)), (7, (0, -1), (1, 0)), (9, (0, -1), (1, 0)), (3, (-1, 0), (0, 1)),
        (4, (-1, 0), (0, -1)), (7, (-1, 0), (0, -1)), (7, (-1, 0), (0, 1)), (9, (-1, 0), (0, 1)),
        (6, (-1, 0), (0, 1)), (4, (-1, 0), (0, 1)),
    ][rng.integers(22)]  # fmt: skip
    matrix = np.array([x_from, y_from], float)
    return [stroke @ matrix.T for stroke in draw_digit(digit, rng)]


def _piece(rng: np.random.Generator) -> Strokes:
    """The ambiguous first part of a digit: the hook of a 2, half of a 0."""
    digit, most = [(2, 0.45), (3, 0.45), (0, 0.5)][rng.integers(3)]
    strokes = draw_digit(digit, rng)
    first = strokes[0]
    return [first[: max(3, int(len(first) * rng.uniform(0.75 * most, most)))]]


def _crossed_out(rng: np.random.Generator) -> Strokes:
    """A digit struck out with two or more lines."""
    lines = []
    for _ in range(rng.integers(2, 5)):
        middle, angle = rng.normal(0, 0.15, 2), rng.normal(-0.5, 0.5)
        reach = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.45, 0.75)
        lines.append(np.stack([middle - reach, middle + reach]))
    return _any_digit(rng) + lines


NON_DIGITS: dict[Callable[[np.random.Generator], Strokes], int] = {  # and their shares
    _symbol: 12, _scribble: 2, _waves: 2, _dot: 1, _overlaid: 3, _side_by_side: 2, _touching: 3,
    _with_fragment: 2, _half: 2, _grid: 2, _turned: 4, _piece: 1, _crossed_out: 1,
}  # fmt: skip


def render(strokes: Strokes, width: float, size: int | tuple[int, int] = CANVAS) -> np.ndarray:
    """Draws strokes as the page's canvas does: a round pen, light on dark.

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
    """Draws strokes with a round pen; arguments as of `render`."""
    radius = width / 2
    for stroke in strokes:
        path = [tuple(point) for point in stroke.tolist()]
        image.line(path, fill=shade, width=max(1, round(width)), joint="curve")
        for x, y in (path[0], path[-1]):
            image.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade)


def place(strokes: Strokes, size: float, middle: tuple[float, float]) -> Strokes:
    """Scales strokes (box centred on 0 0, longer side 1) to pixels, and moves them."""
    return [stroke * size + middle for stroke in strokes]


def training_image(label: int, rng: np.random.Generator) -> np.ndarray:
    """One drawing as the network sees it.

    Args:
        label: 0-9, or NO_DIGIT.
        rng: the source of chance.

    Returns:
        uint8 array (28, 28), normalised like any drawing.
    """
    return picture(draw_non_digit(rng) if label == NO_DIGIT else draw_digit(label, rng), rng)


def picture(strokes: Strokes, rng: np.random.Generator) -> np.ndarray:
    """Strokes as the network sees them, drawn with a pen of any width.

    Args:
        strokes: arrays (points, 2), centred on 0 0, the longer side of their box 1, y down.
        rng: the source of chance.

    Returns:
        uint8 array (28, 28), normalised like any drawing.
    """
    # Size and place do not matter to the normaliser; how wide the pen is for the size does.
    side, size = 128, 80
    width = max(1.5, size * np.exp(rng.uniform(np.log(0.035), np.log(0.4))))
    drawn = render(place(strokes, size, (side / 2, side / 2)), width, side)
    return normalize(255 - drawn, source="canvas")


def training_images(labels: np.ndarray, seed: int) -> np.ndarray:
    """Draws one image for each label, on all processors, the same for the same seed.

    Args:
        labels: integers (n,), 0-9 or NO_DIGIT.
        seed: not negative.

    Returns:
        uint8 array (n, 28, 28).
    """
    if len(labels) == 0:
        return np.zeros((0, SIDE, SIDE), np.uint8)
    with in_processes(_draw_part, labels, seed) as drawn:
        return np.concatenate(drawn())


@contextmanager
def in_processes(
    draw: Callable[[Any, np.random.SeedSequence], Any], what: Sequence[Any] | np.ndarray, seed: int
) -> Iterator[Callable[[], list[Any]]]:
    """Calls `draw` with parts of `what` in other processes during a with-block.

    The results depend on the seed, but not on the number of processors. Yields a function that
    waits for the results, in order. Drawing stops at the end of the with-block.
    """
    parts = [what[start : start + PART] for start in range(0, len(what), PART)]
    seeds = np.random.SeedSequence(seed).spawn(len(parts))
    processes = min(len(parts), os.cpu_count() or 1, 61)  # Windows takes no more
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_end_with_parent)
    drawn = pool.map(draw, parts, seeds)

    def results() -> list[Any]:
        with pool:  # ends the processes
            return list(drawn)

    try:
        yield results
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Ends this process if its parent is killed; otherwise it would wait for work for ever."""

    def wait() -> None:
        parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _draw_part(labels: np.ndarray, seed: np.random.SeedSequence) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([training_image(int(label), rng) for label in labels])
