"""Composes handwritten numbers from people's digits and marks, with the lines drawn around them.

A `Row` holds symbols and lines in pixels, the baseline at y = 0. `write` sets one row; the other
functions add an underline, boxes, a comb, a ring, or a line through it, or arrange rows one below
the other. `on_page` gives the `Writing`, which renders as a picture or as labels of its pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image, ImageDraw

from handwriting import pen
from handwriting.pen import Strokes

DIGITS = "0123456789"
MARKS = ".,-:/()"
UNKNOWN = "?"  # any other symbol: a letter, a tick, a digit that is struck out
Hand = dict[str, list[Strokes]]  # one writer's drawings by label, as of `pen.unit`
Spacing = Literal["wide", "close", "touching", "mixed"]
SPACINGS: tuple[Spacing, ...] = get_args(Spacing)

UNEVEN, DRIFT = 0.08, 0.04  # how much digits of one row differ in size, and stray from the line
# Of a mark: the smallest and largest longer side, where its anchor stands above the baseline, and
# which part of the mark that is; all in heights of a digit, or of the mark.
PLACES = {
    ".": (0.02, 0.12, 0.0, 1.0), ",": (0.14, 0.42, 0.1, 0.0), "-": (0.22, 0.65, 0.48, 0.5),
    ":": (0.35, 0.75, 0.42, 0.5), "/": (1.0, 1.45, 0.48, 0.5), "(": (1.0, 1.45, 0.48, 0.5),
    ")": (1.0, 1.45, 0.48, 0.5),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Line:
    """A line that belongs to no symbol."""

    strokes: Strokes
    width: float  # pixels
    shade: float = 1.0  # 0-1, of the ink of the symbols


@dataclass(frozen=True, eq=False)
class Row:
    """Symbols from left to right, or several rows of them, and lines; y = 0 is the baseline."""

    symbols: list[Strokes]
    labels: list[str]  # one for each symbol
    text: str  # as `digits.numbers.reader.Reading.text`
    size: float  # height of a digit in pixels
    width: float  # of the pen in pixels
    lines: list[Line] = field(default_factory=list)

    def box(self, symbols: bool = True) -> tuple[float, float, float, float]:
        """Left, top, right, and bottom of the symbols' strokes, or of everything."""
        strokes = [stroke for symbol in self.symbols for stroke in symbol]
        if not symbols:
            strokes += [stroke for line in self.lines for stroke in line.strokes]
        points = np.concatenate(strokes)
        return (*points.min(axis=0), *points.max(axis=0))

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> "Row":
        """The row with each stroke's points, float (n, 2), changed."""
        return replace(
            self,
            symbols=[[change(stroke) for stroke in symbol] for symbol in self.symbols],
            lines=[replace(line, strokes=[change(s) for s in line.strokes]) for line in self.lines],
        )

    def moved(self, x: float, y: float) -> "Row":
        return self.map(lambda points: points + np.array([x, y]))

    def with_lines(self, *lines: Line) -> "Row":
        return replace(self, lines=[*self.lines, *lines])


@dataclass(frozen=True, eq=False)
class Writing:
    """A row, or several, on a page."""

    row: Row
    page: tuple[int, int]  # width and height in pixels

    @property
    def text(self) -> str:
        return self.row.text

    @property
    def image(self) -> np.ndarray:
        """uint8 (height, width), ink 255 on 0."""
        page = Image.new("L", self.page)
        draw = ImageDraw.Draw(page)
        for line in sorted(self.row.lines, key=lambda line: line.shade):
            pen.draw(draw, line.strokes, line.width, round(255 * line.shade))
        for symbol in self.row.symbols:
            pen.draw(draw, symbol, self.row.width, 255)
        return np.asarray(page)


def write(
    hand: Hand,
    text: str,
    rng: np.random.Generator,
    spacing: Spacing = "wide",
    size: float | None = None,
    width: float | None = None,
    uneven: float = UNEVEN,
    drift: float = DRIFT,
    steepest: float = 10,
    pitch: float | None = None,
    redraw: Callable[[Strokes], Strokes] = lambda strokes: strokes,
) -> Row:
    """Writes one row in one writer's hand.

    Args:
        hand: the writer's drawings of each symbol in the text.
        text: digits, marks, "?" for any other symbol, spaces.
        rng: the source of chance.
        spacing: "wide", "close" (a gap of about the width of the pen), "touching" (at least two
            neighbours share ink, the others stand close), or "mixed" (all three).
        size, width: of the digits and the pen in pixels; by default random.
        uneven: standard deviation of the logarithm of each symbol's size.
        drift: standard deviation of each symbol's shift up or down, in heights.
        steepest: degrees by which the line rises or falls at most.
        pitch: if given, the distance from one symbol's middle to the next one's, in heights.
        redraw: called with each drawing that is used.
    """
    size = size or rng.uniform(50, 170)
    width = width or max(2.5, size * np.exp(rng.uniform(np.log(0.035), np.log(0.16))))
    slope = rng.uniform(-steepest, steepest)
    shear = 0.0 if pitch else float(np.tan(np.radians(slope)))
    turned = rng.random() < 0.5  # the symbols lean with the line, or stay upright
    steady = rng.uniform(0.2, 0.6)  # a wide writer's gap, much the same throughout a number
    labels = [label for label in text if label != " "]
    kinds = _gaps(len(labels) - 1, spacing, rng)
    spaces = {len(part.replace(" ", "")) for part in _heads(text)}
    placed: list[Strokes] = []
    for number, label in enumerate(labels):
        own = hand[label]
        strokes = redraw(own[rng.integers(len(own))])
        strokes = _on_baseline(strokes, label, size * np.exp(rng.normal(0, uneven)), drift, rng)
        x = 0.0
        if pitch:
            x = number * pitch * size + rng.normal(0, 0.03) * size
        elif placed:
            kind = kinds[number - 1]
            if kind == "touching" and (label in MARKS or labels[number - 1] in MARKS):
                kind = "close"
            gap = {
                "wide boxes": size * steady * np.exp(rng.normal(0, 0.2)) + width,
                "boxes": size * rng.uniform(0.02, 0.12) + width,
                "close": size * rng.uniform(0.02, 0.12) + width,
                "touching": width * rng.uniform(0.6, 0.95),
            }[kind]
            if number in spaces:
                kind, gap = "boxes", size * rng.uniform(0.9, 1.6)
            if not turned:  # the next symbol stands that much higher or lower
                shift = shear * _advance(placed[-1], strokes, gap)
                strokes = pen.place(strokes, 1, (0, shift))
            x = _advance(placed[-1], strokes, gap, None if "box" in kind else width)
        placed.append(pen.place(strokes, 1, (x, 0)))
    row = Row(placed, labels, text, size, width)
    return _rotated(row, slope) if turned and not pitch else row


def _heads(text: str) -> list[str]:
    return [text[:place] for place, label in enumerate(text) if label == " "]


def _on_baseline(
    strokes: Strokes, label: str, size: float, drift: float, rng: np.random.Generator
) -> Strokes:
    above, part = 0.0, 1.0
    if label in PLACES:
        least, most, above, part = PLACES[label]
        size *= rng.uniform(least, most)
        above = (above + rng.normal(0, 0.03)) * size / np.sqrt(least * most)
    elif label == UNKNOWN:
        size *= rng.uniform(0.6, 1.2)
    strokes = [stroke * size for stroke in strokes]
    y = np.concatenate(strokes)[:, 1]
    anchor = y.min() + part * np.ptp(y)
    return [stroke - (0, anchor + above + rng.normal(0, drift) * size) for stroke in strokes]


def _gaps(count: int, spacing: Spacing, rng: np.random.Generator) -> list[str]:
    if spacing == "wide":
        return ["wide boxes"] * count
    if spacing == "mixed":
        kinds = ["wide boxes", "boxes", "close", "touching"]
        return list(rng.choice(kinds, count, p=[0.2, 0.4, 0.3, 0.1]))
    if spacing == "close":
        return list(rng.choice(["boxes", "close"], count))
    kinds = list(rng.choice(["touching", "close"], max(0, count)))
    if count > 0:
        kinds[rng.integers(count)] = "touching"
    return kinds


def _advance(left: Strokes, right: Strokes, gap: float, width: float | None = None) -> float:
    """Where the next symbol's origin goes, so that there is `gap` between the two.

    Args:
        left: the symbol before, where it stands.
        right: the next one, not yet moved to the right.
        gap: in pixels; between their boxes, or the middles of their strokes.
        width: of the pen. If it is given they are slid together until strokes are `gap` apart.
    """
    before, after = np.concatenate(left), np.concatenate(right)
    boxes = float(before[:, 0].max() - after[:, 0].min() + gap)
    if width is None:
        return boxes
    before, after = _dense(left, width / 3), _dense(right, width / 3)
    apart = np.abs(before[:, None, 1] - after[None, :, 1])
    near = apart < gap
    if not near.any():
        return boxes
    across = np.sqrt(np.maximum(0, gap**2 - apart**2))
    needed = before[:, None, 0] - after[None, :, 0] + across
    return float(needed[near].max())


def _dense(strokes: Strokes, step: float) -> np.ndarray:
    """Points along the strokes, no further apart than `step`."""
    parts = []
    for stroke in strokes:
        way = np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
        at = np.linspace(0, way[-1], int(way[-1] / step) + 2)
        parts.append(np.column_stack([np.interp(at, way, stroke[:, k]) for k in (0, 1)]))
    return np.concatenate(parts)


def _rotated(row: Row, degrees: float) -> Row:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.array([[cos, sin], [-sin, cos]])
    return row.map(lambda points: points @ matrix)


# Lines


def drawn_line(
    start: tuple[float, float], stop: tuple[float, float], rng: np.random.Generator, shaky: float
) -> np.ndarray:
    """A line by hand, float (n, 2): bent, and not quite where it should be."""
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
    """Draws one line, sometimes two, below the row, or above it."""
    left, top, right, bottom = row.box()
    ends = left - rng.uniform(-0.1, 0.5) * row.size, right + rng.uniform(-0.1, 0.5) * row.size
    count = 2 if rng.random() < 0.15 else 1
    gap = row.width + row.size * rng.choice([rng.uniform(-0.08, 0.15), rng.uniform(0.1, 0.6)])
    lines = []
    for number in range(count):
        y = top - gap if above else bottom + gap
        y += number * row.size * rng.uniform(0.12, 0.25)
        lines.append(drawn_line((ends[0], y), (ends[1], y), rng, rng.choice([0, 1])))
    return row.with_lines(Line(lines, row.width * rng.uniform(0.5, 1.2)))


def struck_out(row: Row, rng: np.random.Generator) -> Row:
    """Draws one or more lines through all of the row: no symbol of it counts any longer."""
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
    struck = row.with_lines(Line(lines, row.width * rng.uniform(0.7, 1.2)))
    return replace(struck, labels=[UNKNOWN] * len(row.labels), text=UNKNOWN * len(row.labels))


def ring(
    box: tuple[float, float, float, float], rng: np.random.Generator, room: float
) -> np.ndarray:
    """A ring by hand round a box: not quite closed, or overlapping; float (n, 2)."""
    left, top, right, bottom = box
    middle = np.array([(left + right) / 2, (top + bottom) / 2]) + rng.normal(0, 0.1 * room, 2)
    reach = np.array([right - left, bottom - top]) / 2
    # An ellipse through the corners of the box would leave no stroke outside.
    reach = np.maximum(reach * rng.uniform(1.1, 1.4) + room, 0.6 * reach.max())
    start = rng.uniform(0, 2 * np.pi)
    turn = 2 * np.pi + rng.uniform(-0.3, 0.6)
    t = np.linspace(0, turn, 40)
    off = 1 + rng.normal(0, 0.04) * np.sin(t / 2 + rng.uniform(0, 6)) + rng.normal(0, 0.02) * t
    tilt = rng.normal(0, 0.15)
    points = np.stack([np.cos(start + t), np.sin(start + t)], axis=1) * off[:, None] * reach
    matrix = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    return middle + (points @ matrix if reach.max() < 1.5 * reach.min() else points)


def circled(row: Row, rng: np.random.Generator, place: int | None = None) -> Row:
    """Draws a ring round one symbol, or round the whole row; symbols beside it make room."""
    width = row.width * rng.uniform(0.6, 1.1)
    if place is None:
        points = ring(row.box(), rng, row.size * rng.uniform(0.05, 0.4))
        return row.with_lines(Line([points], width))
    one = np.concatenate(row.symbols[place])
    box = (*one.min(axis=0), *one.max(axis=0))
    points = ring(box, rng, row.size * rng.uniform(0.1, 0.35))
    symbols = list(row.symbols)
    gap = row.width + row.size * rng.uniform(-0.02, 0.3)
    for side, others in ((1, range(place + 1, len(symbols))), (-1, range(place - 1, -1, -1))):
        if others:
            near = np.concatenate(symbols[others[0]])[:, 0] * side
            shift = max(0, (points[:, 0] * side).max() + gap - near.min())
            for other in others:
                symbols[other] = pen.place(symbols[other], 1, (side * shift, 0))
    return replace(row, symbols=symbols).with_lines(Line([points], width))


def framed(row: Row, rng: np.random.Generator) -> Row:
    """Draws a rectangle round the row."""
    left, top, right, bottom = row.box()
    room = row.width + row.size * rng.uniform(0.08, 0.5, 4)
    corners = [
        (left - room[0], top - room[1]), (right + room[2], top - room[1]),
        (right + room[2], bottom + room[3]), (left - room[0], bottom + room[3]),
    ]  # fmt: skip
    shaky = rng.choice([0, 0.5])
    sides = [drawn_line(corners[k], corners[(k + 1) % 4], rng, shaky) for k in range(4)]
    width, shade = row.width * rng.uniform(0.3, 1), rng.choice([1, rng.uniform(0.25, 1)])
    return row.with_lines(Line(sides, width, shade))


def boxed(
    hand: Hand,
    text: str,
    rng: np.random.Generator,
    comb: bool = False,
    gap: float | None = None,
    uprights: bool = False,
    **how: Any,
) -> Row:
    """Writes into the boxes of a form, or on a comb.

    Args:
        hand, text, rng: as in `write`.
        comb: a line below with short upright ones between the symbols, instead of boxes.
        gap: between two boxes, in heights of a digit; by default random.
        uprights: only the upright sides of the boxes, which are all that is left of them where
            long lines were removed from a photograph.
        how: as in `write`.
    """
    pitch = rng.uniform(1.0, 1.6)
    if gap is None:
        gap = 0.0 if rng.random() < 0.5 else rng.uniform(0.05, 0.5)
    gap = 0.0 if comb else gap
    row = write(hand, text, rng, pitch=pitch + gap, **how)
    # A wide symbol is squeezed, as people do.
    row = replace(row, symbols=[_fitted(s, 0.9 * pitch * row.size) for s in row.symbols])
    size = row.size
    top = -size * (1 + rng.uniform(0.08, 0.45))
    bottom = size * rng.uniform(0.05, 0.4)
    edges = [
        ((k * (pitch + gap) - pitch / 2) * size, (k * (pitch + gap) + pitch / 2) * size)
        for k in range(len(row.symbols))
    ]
    shift = rng.normal(0, 0.04) * size
    strokes: Strokes = []
    if comb:
        bottom = size * rng.uniform(0.02, 0.3)
        high = bottom - size * rng.uniform(0.15, 1.1)
        strokes.append(np.array([(edges[0][0], bottom), (edges[-1][1], bottom)]))
        ends = rng.random() < 0.7
        for x in [edge[0] for edge in edges[0 if ends else 1 :]] + [edges[-1][1]] * ends:
            strokes.append(np.array([(x, bottom), (x, high)]))
    else:
        for left, right in edges:
            sides = [[(right, top), (right, bottom)], [(left, bottom), (left, top)]]
            if uprights:
                strokes += [np.array(side) for side in sides]
            else:
                strokes.append(np.array([(left, top), *sides[0], *sides[1]]))
    strokes = pen.place(strokes, 1, (shift, 0))
    width = max(1.0, size * rng.uniform(0.012, 0.05))
    return row.with_lines(Line(strokes, width, rng.choice([1, rng.uniform(0.25, 1)])))


def _fitted(strokes: Strokes, most: float) -> Strokes:
    x = np.concatenate(strokes)[:, 0]
    middle, squeeze = (x.min() + x.max()) / 2, min(1, most / max(1e-6, np.ptp(x)))
    return [(stroke - (middle, 0)) * (squeeze, 1) + (middle, 0) for stroke in strokes]


def ruled(row: Row, rng: np.random.Generator, squared: bool = False) -> Row:
    """Draws the rulings of paper behind the row."""
    left, top, right, bottom = row.box(symbols=False)
    step = row.size * (rng.uniform(0.35, 0.9) if squared else rng.uniform(1.1, 2.2))
    reach = row.size * rng.uniform(0.2, 0.8)
    offset = rng.uniform(-0.1, 0.3) * row.size  # writing stands on a line, more or less
    low = int(np.floor((top - reach - offset) / step))
    ys = [offset + k * step for k in range(low, int((bottom + reach - offset) // step) + 1)]
    strokes = [np.array([(left - reach, y), (right + reach, y)]) for y in ys]
    if squared:
        xs = np.arange(left - reach, right + reach, step)
        strokes += [np.array([(x, top - reach), (x, bottom + reach)]) for x in xs]
    width = max(1.0, row.size * rng.uniform(0.01, 0.04))
    return row.with_lines(Line(strokes, width, rng.uniform(0.2, 0.8)))


def ticked(row: Row, rng: np.random.Generator) -> Row:
    """Puts a tick after the row."""
    skeleton = pen.strokes_from_skeleton(pen.SYMBOLS["tick"], rng, shake=rng.uniform(0.5, 4))
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


# Rows below one another


def below(
    rows: Sequence[Row],
    rng: np.random.Generator,
    gaps: tuple[float, float] = (0.35, 1.0),
    align: float = 0.0,
) -> Row:
    """Arranges rows from top to bottom.

    Args:
        rows: of about the same size.
        rng: the source of chance.
        gaps: the least and the largest gap between two rows, in heights of a digit.
        align: 0 for left, 0.5 for middle, 1 for right.
    """
    placed = [rows[0]]
    for row in rows[1:]:
        left, _, right, bottom = placed[-1].box()
        own = row.box()
        x = left + align * (right - left) - own[0] - align * (own[2] - own[0])
        lowest = max([bottom, *(s[:, 1].max() for line in placed[-1].lines for s in line.strokes)])
        highest = min([own[1], *(s[:, 1].min() for line in row.lines for s in line.strokes)])
        gap = rows[0].size * rng.uniform(*gaps) + rows[0].width
        x += rng.normal(0, 0.06) * row.size
        placed.append(row.moved(x, lowest + gap - highest))
    return Row(
        [symbol for row in placed for symbol in row.symbols],
        [label for row in placed for label in row.labels],
        "\n".join(row.text for row in placed),
        rows[0].size,
        rows[0].width,
        [line for row in placed for line in row.lines],
    )


def on_page(row: Row, rng: np.random.Generator, room: float | None = None) -> Writing:
    """Puts the row on a page with some room round it, in pixels; by default random."""
    left, top, right, bottom = row.box(symbols=False)
    sides = row.width + (rng.uniform(4, 60, 4) if room is None else np.full(4, room))
    size = np.ceil([right - left + sides[0] + sides[2], bottom - top + sides[1] + sides[3]])
    width, height = size.astype(int).tolist()
    return Writing(row.moved(sides[0] - left, sides[1] - top), (width, height))
