"""Draws things that are not digits: symbols and letters, scribbles, spoilt digits."""

from collections.abc import Callable

import numpy as np

from handwriting.allographs import SYMBOLS
from handwriting.pen import (
    Strokes,
    by_hand,
    curve,
    draw_digit,
    rotation,
    strokes_from_skeleton,
    unit,
)


def draw_non_digit(rng: np.random.Generator) -> Strokes:
    """Draw something that is not a digit: a symbol or letter, a scribble, a spoilt digit.

    Returns:
        Arrays (points, 2), centred on 0 0, the longer side of their box 1 (a dot's: next to 0),
        y down.
    """
    kinds = list(NON_DIGITS)
    shares = np.array(list(NON_DIGITS.values()))
    strokes = kinds[rng.choice(len(kinds), p=shares / shares.sum())](rng)
    return unit(strokes, smallest=0.1)  # a dot stays a dot, whatever the pen


def draw_symbol(name: str, rng: np.random.Generator) -> Strokes:
    """Draw one of `allographs.SYMBOLS` as if by hand; strokes as of `draw_non_digit`."""
    strokes = strokes_from_skeleton(SYMBOLS[name], rng, shake=rng.uniform(0.5, 4))
    return by_hand(strokes, rng, wild=rng.uniform(0.3, 0.8))


def _symbol(rng: np.random.Generator) -> Strokes:
    return draw_symbol(rng.choice(list(SYMBOLS)), rng)


def _scribble(rng: np.random.Generator) -> Strokes:
    """Draw a scribble, with too many turns for a digit."""
    points = rng.uniform(0, 100, (rng.integers(8, 24), 2))
    if rng.random() < 0.5:  # to and fro, as in shading
        points[:, 0] = np.where(np.arange(len(points)) % 2, 80, 20) + rng.normal(0, 8, len(points))
        points[:, 1] = np.sort(points[:, 1])
    sharp = np.full(len(points), rng.random() < 0.3)
    return by_hand([curve(points, sharp)], rng)


def _waves(rng: np.random.Generator) -> Strokes:
    x = np.linspace(0, 100, 80)
    height, count = rng.uniform(6, 30), rng.uniform(2, 6)
    y = height * np.sin(x / 100 * 2 * np.pi * count + rng.uniform(0, 6))
    if rng.random() < 0.3:
        y = height * (2 * np.abs((x / 100 * count + rng.random()) % 1 - 0.5) * 2 - 1)  # zigzag
    if rng.random() < 0.25:  # loops, as in trying out a pen
        x = x + height * np.cos(x / 100 * 2 * np.pi * count)
    turn = rng.normal(0, 0.25) if rng.random() < 0.8 else rng.uniform(0, np.pi)
    return by_hand([np.stack([x, y], axis=1) @ rotation(-turn)], rng, wild=0.3)


def _dot(rng: np.random.Generator) -> Strokes:
    """Draw a tap or a dab: hardly longer than the pen is wide."""
    return [rng.uniform(0, rng.choice([0, 0.03]), (2, 2))]


def _any_digit(rng: np.random.Generator) -> Strokes:
    return draw_digit(int(rng.integers(10)), rng)


def _overlaid(rng: np.random.Generator) -> Strokes:
    """Draw two different digits on top of each other, but not a 1, which is a mere bar."""
    first, second = rng.choice([0, 2, 3, 4, 5, 6, 7, 8, 9], 2, replace=False)
    shift = rng.normal(0, 0.08, 2)
    scale = rng.uniform(0.75, 1.1)
    return draw_digit(int(first), rng) + [s * scale + shift for s in draw_digit(int(second), rng)]


def _side_by_side(rng: np.random.Generator) -> Strokes:
    gap = rng.uniform(0.5, 1.0)
    scale = rng.uniform(0.8, 1.1)
    right = [s * scale + [gap, rng.normal(0, 0.08)] for s in _any_digit(rng)]
    return _any_digit(rng) + right


def _touching(rng: np.random.Generator) -> Strokes:
    """Draw two digits that touch or nearly do, as in a number written in a hurry."""
    left, right = _any_digit(rng), _any_digit(rng)
    scale, drop = rng.uniform(0.8, 1.15), rng.normal(0, 0.06)
    right = [s * scale + [0, drop] for s in right]
    between = np.concatenate(left)[:, 0].max() - np.concatenate(right)[:, 0].min()
    shift = np.array([between + rng.uniform(-0.1, 0.06), 0])
    return left + [stroke + shift for stroke in right]


def _with_fragment(rng: np.random.Generator) -> Strokes:
    """Draw a digit and a part of its neighbour: a number that was cut at the wrong place."""
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
    """Draw the left or right part of a digit that does not resemble another digit."""
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
    """Draw a digit lying down, upside down or mirrored that does not resemble another digit."""
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


def _first_part(rng: np.random.Generator) -> Strokes:
    """Draw the ambiguous first part of a digit: the hook of a 2, half of a 0."""
    digit, most = [(2, 0.45), (3, 0.45), (0, 0.5)][rng.integers(3)]
    strokes = draw_digit(digit, rng)
    first = strokes[0]
    return [first[: max(3, int(len(first) * rng.uniform(0.75 * most, most)))]]


def _crossed_out(rng: np.random.Generator) -> Strokes:
    """Draw a digit struck out with two or more lines."""
    lines = []
    for _ in range(rng.integers(2, 5)):
        middle, angle = rng.normal(0, 0.15, 2), rng.normal(-0.5, 0.5)
        reach = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.45, 0.75)
        lines.append(np.stack([middle - reach, middle + reach]))
    return _any_digit(rng) + lines


NON_DIGITS: dict[Callable[[np.random.Generator], Strokes], int] = {  # and their shares
    _symbol: 12, _scribble: 2, _waves: 2, _dot: 1, _overlaid: 3, _side_by_side: 2, _touching: 3,
    _with_fragment: 2, _half: 2, _grid: 2, _turned: 4, _first_part: 1, _crossed_out: 1,
}  # fmt: skip
