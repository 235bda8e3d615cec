"""Sets one writer's digits and marks in rows, and puts rows on a page.

`write` sets one row, `below` arranges several from top to bottom, and `on_page` makes a page of
them. `handwriting.lines` adds lines, `handwriting.compose` makes random rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from digits.types import MARKS, UNKNOWN
from handwriting import pen
from handwriting.pen import Strokes

# One writer's drawings by label, as `pen.unit` returns them. "?" stands for any other symbol: a
# letter, a tick, a digit that is struck out.
Writer = dict[str, list[Strokes]]
Bounds = tuple[float, float, float, float]  # left, top, right, bottom in pixels
Spacing = Literal["wide", "close", "touching", "mixed"]

# Of each mark: its least and greatest longer side, and the height of its anchor above the baseline,
# in heights of a digit; and where the anchor is in the mark, from 0 (top) to 1 (bottom).
MARK_SHAPES = {
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
    """The symbols of one row, or of several, and lines; y = 0 is the (first) baseline."""

    symbols: list[Strokes]
    labels: list[str]  # one for each symbol
    text: str  # as `digits.types.Reading.text`
    size: float  # height of a digit in pixels
    width: float  # of the pen in pixels
    lines: list[Line] = field(default_factory=list)

    def box(self, with_lines: bool = False) -> Bounds:
        """Return the bounds of the symbols, or of the symbols and the lines."""
        strokes = [stroke for symbol in self.symbols for stroke in symbol]
        if with_lines:
            strokes += [stroke for line in self.lines for stroke in line.strokes]
        return bounds(strokes)

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> "Row":
        """Return the row with the points of each stroke, float (n, 2), changed."""
        return replace(
            self,
            symbols=[[change(stroke) for stroke in symbol] for symbol in self.symbols],
            lines=[replace(line, strokes=[change(s) for s in line.strokes]) for line in self.lines],
        )

    def moved(self, x: float, y: float) -> "Row":
        """Return the row moved by x and y pixels."""
        return self.map(lambda points: points + np.array([x, y]))

    def with_line(self, line: Line) -> "Row":
        """Return the row with one more line."""
        return replace(self, lines=[*self.lines, line])


def bounds(strokes: Strokes, width: float = 0.0) -> Bounds:
    """Return the bounds of strokes drawn with a pen of the given width."""
    points = np.concatenate(strokes)
    return (*(points.min(axis=0) - width / 2), *(points.max(axis=0) + width / 2))


def write(
    writer: Writer,
    text: str,
    rng: np.random.Generator,
    spacing: Spacing = "wide",
    size: float | None = None,
    width: float | None = None,
    uneven: float = 0.08,
    drift: float = 0.04,
    steepest: float = 10,
    pitch: float | None = None,
    redraw: Callable[[Strokes], Strokes] = lambda strokes: strokes,
) -> Row:
    """Write one row with one writer's symbols.

    Args:
        writer: drawings of each symbol in the text.
        text: digits, marks, "?" for any other symbol, spaces.
        rng: chooses among the drawings, and places them.
        spacing: "wide", "close" (a gap of about the width of the pen), "touching" (at least two
            neighbours share ink, the others stand close), or "mixed" (all three).
        size, width: of the digits and the pen in pixels; by default random.
        uneven: standard deviation of the logarithm of each symbol's size.
        drift: standard deviation of each symbol's shift up or down, in heights.
        steepest: the maximum slope of the row, in degrees.
        pitch: if given, the distance from one symbol's middle to the next one's, in heights.
        redraw: called with each drawing that is used.
    """
    size = size or rng.uniform(50, 170)
    width = width or max(2.5, size * np.exp(rng.uniform(np.log(0.035), np.log(0.16))))
    slope = rng.uniform(-steepest, steepest)
    shear = 0.0 if pitch else float(np.tan(np.radians(slope)))
    turned = rng.random() < 0.5  # the symbols are rotated with the row, or stay upright
    mean_gap = rng.uniform(0.2, 0.6)  # of wide writing, in heights
    labels = [label for label in text if label != " "]
    kinds = _gaps(len(labels) - 1, spacing, rng)
    after_spaces = _after_spaces(text)
    placed: list[Strokes] = []
    for number, label in enumerate(labels):
        drawings = writer[label]
        strokes = redraw(drawings[rng.integers(len(drawings))])
        strokes = _on_baseline(strokes, label, size * np.exp(rng.normal(0, uneven)), drift, rng)
        x = 0.0
        if pitch:
            x = number * pitch * size + rng.normal(0, 0.03) * size
        elif placed:
            kind = kinds[number - 1]
            if kind == "touching" and (label in MARKS or labels[number - 1] in MARKS):
                kind = "close"
            gap = _gap(kind, size, width, mean_gap, rng)
            if number in after_spaces:
                kind, gap = "boxes", size * rng.uniform(0.9, 1.6)
            if not turned:
                shift = shear * _advance(placed[-1], strokes, gap)
                strokes = pen.place(strokes, 1, (0, shift))
            x = _advance(placed[-1], strokes, gap, None if "box" in kind else width)
        placed.append(pen.place(strokes, 1, (x, 0)))
    rotation = pen.rotation(np.radians(slope) if turned and not pitch else 0)
    return Row(placed, labels, text, size, width).map(lambda points: points @ rotation)


def _after_spaces(text: str) -> set[int]:
    """Return the indices of the symbols that follow a space."""
    return {len(text[:k].replace(" ", "")) for k, character in enumerate(text) if character == " "}


def _on_baseline(
    strokes: Strokes, label: str, size: float, drift: float, rng: np.random.Generator
) -> Strokes:
    """Scale a symbol, and move it to its height above the baseline."""
    above, part = 0.0, 1.0
    if label in MARK_SHAPES:
        least, most, above, part = MARK_SHAPES[label]
        size *= rng.uniform(least, most)
        above = (above + rng.normal(0, 0.03)) * size / np.sqrt(least * most)
    elif label == UNKNOWN:
        size *= rng.uniform(0.6, 1.2)
    strokes = [stroke * size for stroke in strokes]
    y = np.concatenate(strokes)[:, 1]
    anchor = y.min() + part * np.ptp(y)
    return [stroke - (0, anchor + above + rng.normal(0, drift) * size) for stroke in strokes]


def _gaps(count: int, spacing: Spacing, rng: np.random.Generator) -> list[str]:
    """Choose the kinds of gaps: between boxes, wide or not; between strokes, close or touching."""
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


def _gap(kind: str, size: float, width: float, mean_gap: float, rng: np.random.Generator) -> float:
    return {
        "wide boxes": size * mean_gap * np.exp(rng.normal(0, 0.2)) + width,
        "boxes": size * rng.uniform(0.02, 0.12) + width,
        "close": size * rng.uniform(0.02, 0.12) + width,
        "touching": width * rng.uniform(0.6, 0.95),
    }[kind]


def _advance(left: Strokes, right: Strokes, gap: float, width: float | None = None) -> float:
    """Return the x of the next symbol's origin that leaves a gap between the two.

    Args:
        left: the previous symbol, in place.
        right: the next one, not yet moved to the right.
        gap: in pixels.
        width: of the pen. If given, the gap is between the middles of strokes, else between boxes.
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
    """Return points along the strokes, at most `step` apart."""
    return np.concatenate(
        [pen.evenly(stroke, int(pen.lengths(stroke)[-1] / step) + 2) for stroke in strokes]
    )


def below(
    rows: Sequence[Row],
    rng: np.random.Generator,
    gaps: tuple[float, float],
    align: float = 0.0,
) -> Row:
    """Arrange rows from top to bottom.

    Args:
        rows: of about the same size.
        rng: chooses the gaps.
        gaps: the least and the greatest gap between two rows, in heights of a digit.
        align: 0 for left, 0.5 for middle, 1 for right.
    """
    placed = [rows[0]]
    for row in rows[1:]:
        (left, _, right, _), box = placed[-1].box(), row.box()
        x = left + align * (right - left) - box[0] - align * (box[2] - box[0])
        lowest, highest = placed[-1].box(with_lines=True)[3], row.box(with_lines=True)[1]
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


def on_page(row: Row, rng: np.random.Generator) -> tuple[Row, np.ndarray]:
    """Draw the row on a page with random margins.

    Returns:
        The row, moved to its place; and the page, uint8 (height, width), ink 255 on 0.
    """
    left, top, right, bottom = row.box(with_lines=True)
    sides = row.width + rng.uniform(4, 60, 4)
    size = np.ceil([right - left + sides[0] + sides[2], bottom - top + sides[1] + sides[3]])
    row = row.moved(sides[0] - left, sides[1] - top)
    page = Image.new("L", tuple(size.astype(int).tolist()))
    draw = ImageDraw.Draw(page)
    for line in sorted(row.lines, key=lambda line: line.shade):
        pen.draw(draw, line.strokes, line.width, round(255 * line.shade))
    for symbol in row.symbols:
        pen.draw(draw, symbol, row.width)
    return row, np.asarray(page)
