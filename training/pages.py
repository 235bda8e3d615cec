"""Composes pages of numbers that `training.layout` learns from, with a label for each cell."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import cv2
import numpy as np

from digits.numbers.layout import CELL, HEIGHT, LINE, SYMBOLS
from handwriting import pen, rows
from handwriting.rows import DIGITS, MARKS, UNKNOWN, Hand, Row
from training import unipen, writers

NOTHING = 255  # the class of a cell without ink
PAGE = (192, 96)  # pixels: numbers stand on pages of this width and height
DETAIL = 3  # they are drawn this much larger first
MAX_TRIES, MAX_WAITING = 8, 12  # numbers for one page; numbers that wait for room on another one
APART = (2, 16)  # pixels between two of them
SCALES = 0.22  # standard deviation of the logarithm of the digits' height
REDRAWN = 0.6  # how differently drawings are redrawn at most
OFFSET = 2  # offsets are stored in pixels times this, as int8
# Letters that nobody would take for a digit or a mark.
LETTERS = writers.NO_DIGITS - set("-_~^\"'cCrv")


class Pages(NamedTuple):
    """What the network learns from; each array has one entry for each page."""

    images: np.ndarray  # uint8 (n, height, width)
    classes: np.ndarray  # uint8 (n, cells down, cells across), LINE or NOTHING included
    offsets: np.ndarray  # int8 (n, down, across, 2): x, y to the symbol's middle, see OFFSET
    weights: np.ndarray  # uint8 (n, down, across): less for each cell, the larger a symbol is
    middles: np.ndarray  # uint8 (n, down, across), 255 at the middle of a symbol, then a Gaussian


def hands(drawings: Iterable[unipen.Drawing], part: str, fewest: int = 6) -> list[Hand]:
    """The writers of one part, each with what they wrote.

    Marks, letters, and digits that a writer did not write come from others of the same part.

    Args:
        drawings: by any number of writers.
        part: `training.writers.TRAIN`, VALIDATION or TEST.
        fewest: writers with fewer kinds of digits are left out.
    """
    own: dict[str, Hand] = {}
    common: Hand = {label: [] for label in SYMBOLS}
    for drawing in drawings:
        label = UNKNOWN if drawing.label in LETTERS else drawing.label
        if writers.split(drawing.writer) != part or label not in SYMBOLS:
            continue
        common[label].append(drawing.strokes)
        own.setdefault(drawing.writer, {}).setdefault(label, []).append(drawing.strokes)
    return [common | hand for hand in own.values() if len(hand.keys() & set(DIGITS)) >= fewest]


# Composing


def random_text(rng: np.random.Generator) -> str:
    """What people write: numbers, decimals, dates, times and the like."""

    def digits(least: int, most: int) -> str:
        return "".join(rng.choice(list(DIGITS), rng.integers(least, most + 1)))

    point = str(rng.choice(list(".,")))
    kind = rng.choice(12, p=[0.25, 0.2, 0.05, 0.11, 0.08, 0.08, 0.05, 0.06, 0.03, 0.03, 0.04, 0.02])
    match int(kind):
        case 0:
            return digits(1, 6)
        case 1:
            return ("-" if rng.random() < 0.15 else "") + digits(1, 4) + point + digits(1, 3)
        case 2:
            return (
                digits(1, 3)
                + point
                + digits(3, 3)
                + (".,"[point == "."] + digits(2, 2)) * int(rng.integers(2))
            )
        case 3:
            between = str(rng.choice(list("..-/")))
            return digits(1, 2) + between + digits(1, 2) + between + digits(2, 4)
        case 4:
            return digits(1, 2) + ":" + digits(2, 2) + (":" + digits(2, 2)) * int(rng.integers(2))
        case 5:
            return digits(1, 3) + "/" + digits(1, 4)
        case 6:
            return "-" + digits(1, 4)
        case 7:
            return "(" + random_text(rng)[:8].strip() + ")"
        case 8:
            return digits(1, 4) + " " + digits(1, 4)
        case 9:
            return digits(1, 4) + "-" + digits(1, 4)
        case 10:
            text = np.array(list(digits(1, 5)))
            text[rng.random(len(text)) < 0.5] = UNKNOWN
            return "".join(text)
        case _:
            return str(rng.choice(list(MARKS))) + digits(0, 1)


def composed(hand: Hand, rng: np.random.Generator) -> Row:
    """A number, or several below one another, as people write them and draw lines round them."""
    wild = rng.uniform(0, REDRAWN)

    lean = np.array([[np.exp(rng.normal(0, 0.12)), 0], [rng.normal(0, 0.12), 1]])

    def redraw(strokes: pen.Strokes) -> pen.Strokes:
        if len(strokes) == 1 and len(strokes[0]) < 3:  # a dot
            return strokes
        if rng.random() < 0.4:
            strokes = writers.in_another_mood(writers.loosened(strokes, rng), rng, wild)
        return pen.unit([stroke @ lean for stroke in strokes])

    size = HEIGHT * DETAIL * float(np.exp(np.clip(rng.normal(0, SCALES), -0.5, 0.5)))
    how: dict[str, Any] = {
        "redraw": redraw, "size": size,
        "width": max(2.0, size * float(np.exp(rng.uniform(np.log(0.035), np.log(0.2))))),
        "uneven": rng.choice([0.08, 0.18]), "drift": rng.choice([0.04, 0.1]),
    }  # fmt: skip

    def row(text: str | None = None, **other: Any) -> Row:
        spacing = rows.SPACINGS[rng.choice(len(rows.SPACINGS), p=[0.25, 0.25, 0.35, 0.15])]
        return rows.write(hand, text or random_text(rng), rng, spacing, **{**how, **other})

    def number(least: int = 1, most: int = 5) -> str:
        return "".join(rng.choice(list(DIGITS), rng.integers(least, most + 1)))

    kind = rng.random()
    if kind < 0.52:
        return row()
    if kind < 0.60:
        return rows.underlined(row(steepest=4), rng, above=rng.random() < 0.1)
    if kind < 0.67:
        text = number(2, 7) if rng.random() < 0.7 else random_text(rng).replace(" ", "")
        comb, uprights = rng.random(2) < 0.35
        return rows.boxed(hand, text, rng, comb=comb, uprights=uprights, **how)
    if kind < 0.74:
        one = row(steepest=5)
        place = int(rng.integers(len(one.symbols))) if rng.random() < 0.7 else None
        return rows.circled(one, rng, place)
    if kind < 0.76:
        return rows.framed(row(steepest=2), rng)
    if kind < 0.81:
        return rows.struck_out(row(number(2, 5)), rng)
    if kind < 0.84:
        return rows.ticked(row(), rng)
    if kind < 0.87:
        return rows.ruled(row(steepest=3), rng, squared=rng.random() < 0.4)
    flat = {"steepest": 3}
    if kind < 0.93:  # a column of single digits, or of short numbers
        longest = int(rng.choice([1, 1, 2, 4]))
        some = [row(number(1, longest), **flat) for _ in range(rng.integers(2, 4))]
        return rows.below(some, rng, (0.02, 0.7), rng.choice([0, 0.5, 1]))
    if kind < 0.97:  # a sum
        top = [row(number(1, 3), **flat) for _ in range(2)]
        if rng.random() < 0.4:
            top[1] = row(str(rng.choice(["-", UNKNOWN])) + number(1, 3), **flat)
        two = rows.below(top, rng, (0.1, 0.6), 1)
        return rows.below(
            [rows.underlined(two, rng), row(number(1, 4), **flat)], rng, (0.05, 0.5), 1
        )
    over = rows.underlined(row(number(1, 3), **flat), rng)
    return rows.below([over, row(number(1, 3), **flat)], rng, (0.05, 0.5), 0.5)


class Page:
    """A page that numbers are put on, side by side and one below the other, until it is full."""

    def __init__(self) -> None:
        width, height = (side * DETAIL for side in PAGE)
        self.names = np.zeros((height, width), np.uint8)  # what each pixel belongs to; 0: nothing
        self.shades = [0.0]
        self.labels = [NOTHING]
        self.boxes = [(0.0, 0.0, 0.0, 0.0)]
        self.filled = np.zeros(width, int)  # how far down each column is

    def add(self, row: Row, rng: np.random.Generator) -> bool:
        """Draws the row if there is room."""
        left, top, right, bottom = row.box(symbols=False)
        room = DETAIL * rng.uniform(*APART) / 2 + row.width
        width, height = right - left + 2 * room, bottom - top + 2 * room
        if width > len(self.filled):
            return False
        windows = np.lib.stride_tricks.sliding_window_view(self.filled, int(width))[::8]
        deepest = windows.max(axis=1)
        x, y = 8 * int(deepest.argmin()), int(deepest.min())
        if y + height > len(self.names):
            return False
        if len(self.labels) + len(row.labels) + len(row.lines) > 255:
            return False
        self._draw(row.moved(x + room - left, y + room - top), rng)
        self.filled[x : x + int(width)] = y + height
        return True

    def _draw(self, row: Row, rng: np.random.Generator) -> None:
        for line in sorted(row.lines, key=lambda line: line.shade):
            self._name(line.strokes, line.width, LINE, line.shade)
        # Where two symbols touch, the one with the later name owns the cell.
        for place in rng.permutation(len(row.symbols)):
            label = SYMBOLS.index(row.labels[place])
            self._name(row.symbols[place], row.width, label, 1.0)

    def _name(self, strokes: pen.Strokes, width: float, label: int, shade: float) -> None:
        paths = [np.rint(stroke * 16).astype(np.int32) for stroke in strokes]
        thickness = max(1, round(width))
        cv2.polylines(self.names, paths, False, len(self.labels), thickness, cv2.LINE_8, 4)
        points = np.concatenate(strokes)
        low, high = points.min(axis=0) - width / 2, points.max(axis=0) + width / 2
        self.labels.append(label)
        self.shades.append(shade)
        self.boxes.append(tuple(np.concatenate([low, high]) / DETAIL))

    def finished(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """One entry of each array of `Pages`."""
        ink = np.rint(255 * np.array(self.shades)).astype(np.uint8)[self.names]
        pixels = cv2.resize(ink, PAGE, interpolation=cv2.INTER_AREA).astype(np.float32)
        if rng.random() < 0.5:
            pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.25, 1.0))
        pixels *= 255 / max(1, pixels.max())
        if rng.random() < 0.5:
            pixels = 255 * (pixels / 255) ** np.float32(rng.uniform(0.5, 1.5))
        if rng.random() < 0.3:
            pixels += rng.normal(0, rng.uniform(0, 25), pixels.shape) * (pixels > 8)
        labels, boxes = np.array(self.labels, np.uint8), np.array(self.boxes)
        # A symbol's name goes before a line's: lines were drawn first.
        side = CELL * DETAIL
        order = np.argsort(labels == LINE, kind="stable")[::-1]
        order = np.concatenate([[0], order[order > 0]]).astype(np.uint8)
        rank = np.argsort(order).astype(np.uint8)
        ranks = rank[self.names]
        ranks = ranks.reshape(len(ranks) // side, side, -1).max(axis=1)
        names = order[ranks.reshape(len(ranks), -1, side).max(axis=2)]
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        is_symbol = labels < LINE
        down, across = np.indices(names.shape)
        cells = (np.stack([across, down], axis=-1) + 0.5) * CELL
        offsets = np.where(is_symbol[names][..., None], middles[names] - cells, 0) * OFFSET
        counts = np.bincount(names.ravel(), minlength=len(labels)).clip(1)
        counts[labels == LINE] = counts[labels == LINE].clip(40)
        weights = 255 * counts[names] ** -0.7 * (names > 0)
        heat = np.zeros(names.shape)
        for (x, y), box in zip(middles[is_symbol], boxes[is_symbol], strict=True):
            sigma = CELL * np.clip(0.025 * (box[2] - box[0] + box[3] - box[1]), 0.6, 1.2)
            first = np.maximum(0, (np.array([y, x]) / CELL - 4).astype(int))
            near = np.s_[first[0] : first[0] + 9, first[1] : first[1] + 9]
            square = ((cells[near] - (x, y)) ** 2).sum(axis=-1)
            heat[near] = np.maximum(heat[near], np.exp((square.min() - square) / (2 * sigma**2)))
        return (
            np.rint(pixels).clip(0, 255).astype(np.uint8), labels[names],
            np.rint(offsets).clip(-127, 127).astype(np.int8),
            np.rint(weights).astype(np.uint8), np.rint(255 * heat).astype(np.uint8),
        )  # fmt: skip


def write_pages(hands: list[Hand], count: int, seed: int | np.random.SeedSequence) -> Pages:
    """Composes `count` pages in random hands."""
    rng = np.random.default_rng(seed)
    finished: list[Any] = []
    waiting: list[Row] = []  # for a page on which there is room
    while len(finished) < count:
        page = Page()
        waiting = [row for row in waiting if not page.add(row, rng)]
        for _ in range(MAX_TRIES):
            row = composed(hands[rng.integers(len(hands))], rng)
            if not page.add(row, rng) and len(waiting) < MAX_WAITING:
                waiting.append(row)
        finished.append(page.finished(rng))
    return Pages(*(np.stack(part) for part in zip(*finished, strict=True)))
