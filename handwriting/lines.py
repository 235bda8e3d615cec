"""Draws the lines that people draw around numbers: underlines, boxes, rings, rulings, ticks."""

from dataclasses import replace
from typing import Any

import numpy as np

from digits.types import UNKNOWN
from handwriting import allographs, pen
from handwriting.pen import Strokes
from handwriting.rows import Bounds, Line, Row, Writer, bounds, write


def drawn_line(
    start: tuple[float, float], stop: tuple[float, float], rng: np.random.Generator, shaky: float
) -> np.ndarray:
    """Draw a bent line whose ends are slightly off, float (n, 2).

    Args:
        start, stop: where the ends should be.
        rng: chooses the bend and the ends.
        shaky: how far the line strays; 0 for a straight line.
    """
    ends = np.array([start, stop], float)
    length = float(np.hypot(*(ends[1] - ends[0])))
    ends = ends + rng.normal(0, 0.01 * shaky * length, (2, 2))
    t = np.linspace(0, 1, 12)[:, None]
    bend = rng.normal(0, 0.012 * shaky) * length * np.sin(np.pi * t)
    wave = (
        rng.normal(0, 0.006 * shaky) * length * np.sin(rng.uniform(4, 12) * t + rng.uniform(0, 6))
    )
    normal = np.array([ends[0, 1] - ends[1, 1], ends[1, 0] - ends[0, 0]]) / max(length, 1e-6)
    return ends[0] + t * (ends[1] - ends[0]) + (bend + wave) * normal


def underlined(row: Row, rng: np.random.Generator, above: bool = False) -> Row:
    """Draw one line, sometimes two, below the row, or above it."""
    left, top, right, bottom = row.box()
    ends = left - rng.uniform(-0.1, 0.5) * row.size, right + rng.uniform(-0.1, 0.5) * row.size
    count = 2 if rng.random() < 0.15 else 1
    gap = row.width + row.size * rng.choice([rng.uniform(-0.08, 0.15), rng.uniform(0.1, 0.6)])
    lines = []
    for number in range(count):
        y = top - gap if above else bottom + gap
        y += number * row.size * rng.uniform(0.12, 0.25)
        lines.append(drawn_line((ends[0], y), (ends[1], y), rng, rng.choice([0, 1])))
    return row.with_line(Line(lines, row.width * rng.uniform(0.5, 1.2)))


def struck_out(row: Row, rng: np.random.Generator) -> Row:
    """Draw one or more lines through the whole row; every label becomes "?"."""
    left, top, right, bottom = row.box()
    height = bottom - top
    lines = []
    kind = rng.choice(["line", "lines", "cross", "zigzag"], p=[0.5, 0.2, 0.15, 0.15])
    ends = left - rng.uniform(0, 0.4) * row.size, right + rng.uniform(0, 0.4) * row.size
    if kind == "zigzag":
        x = np.linspace(*ends, int(rng.integers(4, 6) + 2 * len(row.symbols)))
        y = np.where(np.arange(len(x)) % 2, top, bottom) + rng.normal(0, 0.1 * height, len(x))
        lines.append(np.column_stack([x, y]))
    elif kind == "cross":
        lines += [
            drawn_line((ends[0], y), (ends[1], other), rng, 1)
            for y, other in ((top, bottom), (bottom, top))
        ]
    else:
        for _ in range(1 if kind == "line" else rng.integers(2, 4)):
            y = top + height * rng.uniform(0.3, 0.7, 2)
            lines.append(drawn_line((ends[0], y[0]), (ends[1], y[1]), rng, 1))
    struck = row.with_line(Line(lines, row.width * rng.uniform(0.7, 1.2)))
    return replace(struck, labels=[UNKNOWN] * len(row.labels), text=UNKNOWN * len(row.labels))


def ring(box: Bounds, rng: np.random.Generator, room: float) -> np.ndarray:
    """Draw a ring around a box, not quite closed or overlapping, float (n, 2).

    Args:
        box: what is inside.
        rng: chooses the shape.
        room: pixels between the box and the ring, roughly.
    """
    left, top, right, bottom = box
    middle = np.array([(left + right) / 2, (top + bottom) / 2]) + rng.normal(0, 0.1 * room, 2)
    reach = np.array([right - left, bottom - top]) / 2
    # Rounder than the box: the ring around a 1 would be a slit.
    reach = np.maximum(reach * rng.uniform(1.1, 1.4) + room, 0.6 * reach.max())
    start = rng.uniform(0, 2 * np.pi)
    turn = 2 * np.pi + rng.uniform(-0.3, 0.6)
    t = np.linspace(0, turn, 40)
    off = 1 + rng.normal(0, 0.04) * np.sin(t / 2 + rng.uniform(0, 6)) + rng.normal(0, 0.02) * t
    tilt = rng.normal(0, 0.15)
    points = np.stack([np.cos(start + t), np.sin(start + t)], axis=1) * off[:, None] * reach
    return middle + (points @ pen.rotation(tilt) if reach.max() < 1.5 * reach.min() else points)


def circled(row: Row, rng: np.random.Generator, index: int | None = None) -> Row:
    """Draw a ring around the whole row, or around one symbol and move the others aside."""
    width = row.width * rng.uniform(0.6, 1.1)
    if index is None:
        points = ring(row.box(), rng, row.size * rng.uniform(0.05, 0.4))
        return row.with_line(Line([points], width))
    points = ring(bounds(row.symbols[index]), rng, row.size * rng.uniform(0.1, 0.35))
    symbols = list(row.symbols)
    gap = row.width + row.size * rng.uniform(-0.02, 0.3)
    for side, others in ((1, range(index + 1, len(symbols))), (-1, range(index - 1, -1, -1))):
        if others:
            near = np.concatenate(symbols[others[0]])[:, 0] * side
            shift = max(0, (points[:, 0] * side).max() + gap - near.min())
            for other in others:
                symbols[other] = pen.place(symbols[other], 1, (side * shift, 0))
    return replace(row, symbols=symbols).with_line(Line([points], width))


def framed(row: Row, rng: np.random.Generator) -> Row:
    """Draw a rectangle around the row."""
    left, top, right, bottom = row.box()
    room = row.width + row.size * rng.uniform(0.08, 0.5, 4)
    corners = [
        (left - room[0], top - room[1]), (right + room[2], top - room[1]),
        (right + room[2], bottom + room[3]), (left - room[0], bottom + room[3]),
    ]  # fmt: skip
    shaky = rng.choice([0, 0.5])
    sides = [drawn_line(corners[k], corners[(k + 1) % 4], rng, shaky) for k in range(4)]
    width, shade = row.width * rng.uniform(0.3, 1), rng.choice([1, rng.uniform(0.25, 1)])
    return row.with_line(Line(sides, width, shade))


def boxed(
    writer: Writer,
    text: str,
    rng: np.random.Generator,
    comb: bool = False,
    uprights: bool = False,
    **style: Any,
) -> Row:
    """Write into the boxes of a form, or on a comb.

    Args:
        writer, text, rng: as in `write`.
        comb: a line below with short upright ones between the symbols, instead of boxes.
        uprights: only the upright sides of the boxes, which remain when long lines are removed from
            a photograph.
        style: other arguments of `write`.
    """
    pitch = rng.uniform(1.0, 1.6)
    gap = 0.0 if rng.random() < 0.5 else rng.uniform(0.05, 0.5)
    gap = 0.0 if comb else gap  # between two boxes, in heights of a digit
    row = write(writer, text, rng, pitch=pitch + gap, **style)
    size = row.size
    row = replace(row, symbols=[_fitted(symbol, 0.9 * pitch * size) for symbol in row.symbols])
    top = -size * (1 + rng.uniform(0.08, 0.45))
    bottom = size * rng.uniform(0.05, 0.4)
    edges = [
        ((k * (pitch + gap) - pitch / 2) * size, (k * (pitch + gap) + pitch / 2) * size)
        for k in range(len(row.symbols))
    ]
    shift = rng.normal(0, 0.04) * size
    strokes = _comb(edges, size, rng) if comb else _boxes(edges, top, bottom, uprights)
    width = max(1.0, size * rng.uniform(0.012, 0.05))
    shade = rng.choice([1, rng.uniform(0.25, 1)])
    return row.with_line(Line(pen.place(strokes, 1, (shift, 0)), width, shade))


def _comb(edges: list[tuple[float, float]], size: float, rng: np.random.Generator) -> Strokes:
    bottom = size * rng.uniform(0.02, 0.3)
    top = bottom - size * rng.uniform(0.15, 1.1)
    has_ends = rng.random() < 0.7
    teeth = [left for left, _ in edges]
    teeth = [*teeth, edges[-1][1]] if has_ends else teeth[1:]
    baseline = np.array([(edges[0][0], bottom), (edges[-1][1], bottom)])
    return [baseline, *(np.array([(x, bottom), (x, top)]) for x in teeth)]


def _boxes(edges: list[tuple[float, float]], top: float, bottom: float, uprights: bool) -> Strokes:
    if uprights:
        return [
            np.array(side)
            for left, right in edges
            for side in ([(right, top), (right, bottom)], [(left, bottom), (left, top)])
        ]
    return [
        np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
        for left, right in edges
    ]


def _fitted(strokes: Strokes, max_width: float) -> Strokes:
    """Squeeze a symbol that is too wide for its box."""
    x = np.concatenate(strokes)[:, 0]
    middle, squeeze = (x.min() + x.max()) / 2, min(1, max_width / max(1e-6, np.ptp(x)))
    return [(stroke - (middle, 0)) * (squeeze, 1) + (middle, 0) for stroke in strokes]


def ruled(row: Row, rng: np.random.Generator, squared: bool = False) -> Row:
    """Draw lined or squared paper behind the row."""
    left, top, right, bottom = row.box(with_lines=True)
    step = row.size * (rng.uniform(0.35, 0.9) if squared else rng.uniform(1.1, 2.2))
    reach = row.size * rng.uniform(0.2, 0.8)
    offset = rng.uniform(-0.1, 0.3) * row.size  # of a ruling below the baseline
    low = int(np.floor((top - reach - offset) / step))
    ys = [offset + k * step for k in range(low, int((bottom + reach - offset) // step) + 1)]
    strokes = [np.array([(left - reach, y), (right + reach, y)]) for y in ys]
    if squared:
        xs = np.arange(left - reach, right + reach, step)
        strokes += [np.array([(x, top - reach), (x, bottom + reach)]) for x in xs]
    width = max(1.0, row.size * rng.uniform(0.01, 0.04))
    return row.with_line(Line(strokes, width, rng.uniform(0.2, 0.8)))


def ticked(row: Row, rng: np.random.Generator) -> Row:
    """Draw a tick after the row; its label is "?"."""
    skeleton = pen.strokes_from_skeleton(allographs.SYMBOLS["tick"], rng, shake=rng.uniform(0.5, 4))
    tick = pen.place(pen.by_hand(skeleton, rng, wild=0.6), row.size * rng.uniform(0.7, 1.5), (0, 0))
    _, top, right, bottom = row.box()
    points = np.concatenate(tick)
    x = right + row.width * 1.5 + row.size * rng.uniform(0, 0.5) - points[:, 0].min()
    y = (top + bottom) / 2 + rng.normal(0, 0.15) * row.size
    return replace(
        row,
        symbols=[*row.symbols, pen.place(tick, 1, (x, y))],
        labels=[*row.labels, UNKNOWN],
        text=row.text + UNKNOWN,
    )
