"""Reads numbers: rows of symbols.

A network finds marks, rows, and lines to ignore (`digits.numbers.layout`). The ink between two
marks is read like this: another network slides over it and tells where the middles of symbols are
and how far each reaches. Ink is taken apart into connected pieces, and a piece that holds several
middles is cut between them. Every way to put neighbouring pieces together again to symbols is a
path through a lattice. On each symbol there the network that reads single digits has a say, and so
has the one for rows, which sees what is around it; a log-linear model weighs that against sizes,
gaps and cuts. It is a semi-Markov conditional random field (Sarawagi and Cohen 2004), so that each
path has a probability: where the best one is not clearly better than the others, the reading says
"?". `training.numbers` fits the weights.

After R. G. Casey and E. Lecolinet, "A survey of methods and strategies in character segmentation",
1996.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import numpy as np
from PIL import Image

from digits.ink.components import label
from digits.normalize import centre
from digits.numbers import layout
from digits.numbers.components import seam
from digits.numbers.layout import Part, See
from digits.types import UNKNOWN, Box

NONE, SKIP = 10, 11  # labels of an arc besides 0 to 9: no digit, and a speck
INK = 0.3  # 0-1: from here on ink holds a piece together
SPECK = 0.08  # of the height of a symbol: a piece smaller than this both ways is left out at once
MOST_PIECES = 4000  # more are a texture, not writing
MOST_UNKNOWN = 12  # symbols without a digit among them: more are a pattern, such as dot-grid paper
MOST_JOINED = 5  # pieces in one symbol
MOST_UNCUT = 4  # cuts not made in what is no digit that speak for it
WIDEST, TALLEST = 1.4, 1.6  # of the row's height: no symbol is larger
FARTHEST = 0.45  # of the row's height: parts of a symbol are no farther apart
CLEAR = 0.97  # the network's probability from which on a single piece is one digit
SINGLE = 0.95  # of its height: a wider piece may be several
BESIDE = 0.8  # how sure the network for rows is of two symbols that stand without a place between
ROUND = 0.2  # of the row's height: how far round where two symbols meet the cut is looked for
SMALL = 0.45  # of the row's height: only smaller pieces may be specks
FAINTEST = 1e-4  # the least probability of a class: no single opinion vetoes

# What the model weighs for each symbol, and how much; fitted by `python -m training.numbers --fit`.
# What is said of parts that were cut counts by itself: there ink is lost and added.
FEATURES = (
    "digit", "opinion", "opinion on a part", "in the row", "in the row, of a part", "edges",
    "low", "tall", "wide", "off the line", "gap inside", "pieces joined", "cut not made",
    "cut made", "ink cut", "overlap", "no digit", "opinion on that", "in the row, of that",
    "speck", "size of speck",
)  # fmt: skip
WEIGHTS = np.array(
    [0.58, 0.68, 0.12, 0.3, 0.68, -2.14, -0.14, -0.54, -1.97, -1.67, -1.99, -1.08, -2.02, -1.07,
     2.31, -3.52, -2.27, 0.62, 1.36, 0.86, -5.42]
)  # fmt: skip
STRIP_HEIGHT, STRIP_SIGN = 32, 20  # pixels: of a row as the network for rows sees it; of a symbol
STRIP_ROOM, STRIP_STEP = 8, 16  # pixels: of ground at both ends; widths come in such steps
WIDEST_STRIP = 4096  # pixels: a line without height would make one without end
STRIDE = 2  # pixels of it from one place that the network tells of to the next
STRAY = 0.1  # of all ink: as much may be dust beside a single symbol
SURE = 0.6  # a symbol's probability from which on the text says its digit


@dataclass(eq=False)
class Found:
    """A symbol that was found, before anybody makes a `Prediction` of it."""

    box: Box
    mask: np.ndarray  # bool, over the box: the symbol's own pixels
    pixels: np.ndarray | None  # (28, 28) uint8; None for marks
    outputs: np.ndarray | None  # (11,) float32, of the network: see `Look`; None for marks
    digit: int | None  # None: no digit, or not sure
    certainty: float  # as `Symbol.confidence`
    label: str  # as `Symbol.label`

    def covers(self, ink: np.ndarray) -> bool:
        """Whether hardly any ink belongs to something else."""
        left, top, right, bottom = self.box
        own = float((ink[top:bottom, left:right] * self.mask).sum())
        return own > (1 - STRAY) * float(ink.sum())


@dataclass(eq=False)
class Line:
    """A row as it was read."""

    text: str
    symbols: list[Found]


# What the network says of pictures, uint8 (n, 28, 28): float32 (n, 11), the probabilities of the
# ten digits, which sum to 1, and that of "none of these".
Look = Callable[[np.ndarray], np.ndarray]
# What the network for rows says of a strip, uint8 (STRIP_HEIGHT, width): of each STRIDE's place the
# probabilities that a digit, another symbol or none has its middle there, float32 (places, 12); and
# how far that symbol reaches to the left and right, in heights of a symbol, float32 (places, 2).
Scan = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(eq=False)
class Arcs:
    """All the symbols that a row may hold: an arc each, from the piece it begins with to its
    end."""

    nodes: int  # the number of pieces, plus one
    start: np.ndarray  # (arcs,) the first piece
    stop: np.ndarray  # (arcs,) the first piece of what follows
    label: np.ndarray  # (arcs,) 0-9, NONE or SKIP
    features: np.ndarray  # (arcs, FEATURES)
    shown: list[tuple[int, ...]]  # (arcs,) which labelled pieces the symbol is made of


@dataclass(eq=False)
class Row:
    """Pieces that stand side by side."""

    boxes: np.ndarray  # (n, 4)
    names: list[int]  # each one's label in the label image, from left to right
    height: float  # of a symbol
    slope: float  # of the line, down for one pixel right
    level: float  # the middle of the line at x = 0
    pen: float  # the width of the strokes
    cuts: list[tuple[int, int, float]] = field(default_factory=list)  # names of two parts; ink
    origin: dict[int, int] = field(default_factory=dict)  # of a part: the piece it was cut from


@dataclass(eq=False)
class Strip:
    """A row as the network for rows sees it: level, its symbols about STRIP_SIGN high."""

    pixels: np.ndarray  # uint8 (STRIP_HEIGHT, width)
    left: float  # where it begins on the sheet
    scale: float  # pixels of the strip for one of the sheet

    def places(self, x: np.ndarray) -> np.ndarray:
        """Where columns of the sheet are on the strip."""
        return (x - self.left) * self.scale


class Scanned:
    """A strip, and what the network for rows says of it."""

    def __init__(self, strip: Strip, scan: Scan):
        self.strip = strip
        self.classes, self.edges = scan(strip.pixels)

    def symbol(self, left: float, right: float) -> tuple[np.ndarray, np.ndarray, float]:
        """What is said of a symbol that reaches from one column of the sheet to another.

        Returns:
            float32 (11,), the probabilities of the digits and of none, at the place near its middle
            that is surest of a symbol; float32 (11,), the greatest of each near its middle; and by
            how much its edges are not where they should be, in heights of a symbol, at most 1.
        """
        ends = self.strip.places(np.array([left, right]))
        place = int(ends.mean() / STRIDE)
        near = self.classes[max(0, place - 1) : place + 2]
        surest = near[near[:, -1].argmin()]
        greatest = near.max(axis=0)
        reach = np.abs(ends - (place + 0.5) * STRIDE) / STRIP_SIGN
        off = float(np.abs(reach - self.edges[place]).sum())
        joined = [np.append(one[:10], one[10:].sum().clip(0, 1)) for one in (surest, greatest)]
        return joined[0], joined[1], min(1.0, off)

    def symbols(self) -> list[tuple[int, int]]:
        """Where it finds symbols: each one's first place, and the one after its last."""
        likeliest = self.classes.argmax(axis=1)
        edges = [0, *(np.flatnonzero(np.diff(likeliest)) + 1).tolist(), len(likeliest)]
        found: list[tuple[int, int, float]] = []
        for start, stop in pairwise(edges):
            sure = float(self.classes[start:stop, likeliest[start]].max())
            if likeliest[start] == self.classes.shape[1] - 1:
                continue
            if found and found[-1][1] == start and min(sure, found[-1][2]) < BESIDE:
                found[-1] = found[-1][0], stop, max(sure, found[-1][2])
            else:
                found.append((start, stop, sure))
        return [(start, stop) for start, stop, _ in found]

    def borders(self) -> np.ndarray:
        """Where one symbol may end and the next begin.

        Returns:
            float (n, 3), columns of the sheet: the middle of the one, where they meet, and the
            middle of the other.
        """
        found = self.symbols()
        places = (np.arange(len(self.classes)) + 0.5) * STRIDE
        ends = places[:, None] + [-STRIP_SIGN, STRIP_SIGN] * self.edges
        middles = np.array([places[a:b].mean() for a, b in found])
        starts, stops = np.array([ends[a:b].mean(axis=0) for a, b in found]).reshape(-1, 2).T
        meet = ((stops[:-1] + starts[1:]) / 2).clip(middles[:-1] + 1, middles[1:] - 1)
        borders = np.stack([middles[:-1], meet, middles[1:]], axis=1)
        return borders / self.strip.scale + self.strip.left


class Sheet:
    """Ink with its labelled pieces, and what the network has said of some of them."""

    def __init__(self, ink: np.ndarray, look: Look, scan: Scan):
        self.ink = ink
        self.look = look
        self.scan = scan
        self.labels, boxes = label(ink > INK)
        self.boxes = {name: box for name, box in enumerate(boxes.tolist(), 1)}
        # By the names of pieces: what is shown, and the network's outputs.
        self.views: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}
        # By the names of parts that were cut: what the network for rows says, like `Look`.
        self.parts: dict[tuple[int, ...], np.ndarray] = {}

    def box(self, names: Sequence[int]) -> Box:
        left, top, right, bottom = zip(*(self.boxes[name] for name in names), strict=True)
        return min(left), min(top), max(right), max(bottom)

    def mask(self, names: Sequence[int]) -> np.ndarray:
        """Where these pieces are, bool, over their box."""
        left, top, right, bottom = self.box(names)
        labels = self.labels[top:bottom, left:right]
        return labels == names[0] if len(names) == 1 else np.isin(labels, names)

    def crop(self, names: Sequence[int]) -> np.ndarray:
        """The ink of these pieces alone, float32 (height, width)."""
        left, top, right, bottom = self.box(names)
        ink: np.ndarray = self.ink[top:bottom, left:right] * self.mask(names)
        return ink

    def show(self, many: Sequence[tuple[int, ...]]) -> None:
        """Has the network look at each group of pieces that it has not yet seen, in one go."""
        new = [names for names in dict.fromkeys(many) if names not in self.views]
        if new:
            pixels = np.stack([centre(self.crop(names)) for names in new])
            self.views |= dict(zip(new, zip(pixels, self.look(pixels), strict=True), strict=True))

    def opinion(self, names: tuple[int, ...]) -> np.ndarray:
        """The eleven probabilities as one distribution."""
        outputs = self.views[names][1]
        return np.append(outputs[:10] * (1 - outputs[10]), outputs[10])

    def cut(self, name: int, borders: np.ndarray, reach: float) -> list[tuple[int, int, float]]:
        """Cuts a piece; gives the pairs of neighbouring parts, with the ink between them.

        Args:
            name: of the piece.
            borders: where to cut, from left to right, as of `Scanned.borders`.
            reach: how near to that, in pixels.
        """
        left, top, right, bottom = self.boxes[name]
        ink = self.crop([name])
        labels = self.labels[top:bottom, left:right]
        mine = labels == name
        found = [
            seam(ink, x - left, max(x - reach, one) - left, min(x + reach, other) - left)
            for one, x, other in borders
            if left + 2 < x < right - 2
        ]
        if not found:
            return []
        columns = np.arange(right - left)
        part = sum((columns >= cut.columns[:, None]).astype(np.int32) for cut in found)
        regions = [mine & (part == number) for number in range(len(found) + 1)]
        filled = [number for number, region in enumerate(regions) if region.any()]
        if len(filled) < 2:
            return []
        names = []
        for number in filled:
            region = regions[number]
            rows, cols = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
            names.append(max(self.boxes) + 1)
            labels[region] = names[-1]
            self.boxes[names[-1]] = [
                left + int(cols[0]), top + int(rows[0]), left + int(cols[-1]) + 1,
                top + int(rows[-1]) + 1,
            ]  # fmt: skip
        del self.boxes[name]
        inks = [found[number].ink for number in filled[:-1]]
        return [(*pair, ink) for pair, ink in zip(pairwise(names), inks, strict=True)]


def read_ink(ink: np.ndarray, look: Look, scan: Scan, see: See) -> list[Line]:
    """Reads all that is written.

    Args:
        ink: float32 (height, width), 0 ground to 1 ink.
        look: the network for single digits.
        scan: the one for rows.
        see: the one for layout, which finds marks and rows, and lines to ignore.

    Returns:
        The rows that hold any symbol, from top to bottom; none where all is but a pattern.
    """
    lines = []
    for row in layout.find_rows(layout.find_parts(ink, see)):
        symbols: list[Found] = []
        height = layout.usual_height(np.array([part.box for part in row]))
        for is_digit, parts in groupby(row, key=lambda part: part.is_digit(height)):
            if is_digit:
                symbols += read_digits(ink, list(parts), look, scan)
            else:
                symbols += map(mark, parts)
        if symbols:
            lines.append(Line(spell(symbols), symbols))
    digits = [symbol.digit for line in lines for symbol in line.symbols]
    return [] if len(digits) > MOST_UNKNOWN and not any(d is not None for d in digits) else lines


def mark(part: Part) -> Found:
    """A mark, or a "?" where that is not certain."""
    label = part.label if part.confidence >= layout.SURE else UNKNOWN
    return Found(part.box, part.mask, None, None, None, part.confidence, label)


def read_digits(ink: np.ndarray, parts: list[Part], look: Look, scan: Scan) -> list[Found]:
    """Reads the ink of neighbouring parts of a row, from left to right."""
    left, top, right, bottom = zip(*(part.box for part in parts), strict=True)
    x, y = min(left), min(top)
    mask = np.zeros((max(bottom) - y, max(right) - x), bool)
    for part in parts:
        mask[part.box[1] - y : part.box[3] - y, part.box[0] - x : part.box[2] - x] |= part.mask
    sheet = Sheet(ink[y : y + mask.shape[0], x : x + mask.shape[1]] * mask, look, scan)
    found = [
        symbol
        for row in find_rows(sheet)
        for symbol in best_path(sheet, lattice(sheet, row), WEIGHTS)
    ]
    for symbol in found:
        one, above, other, below = symbol.box
        symbol.box = one + x, above + y, other + x, below + y
    return sorted(found, key=lambda symbol: symbol.box[0] + symbol.box[2])


def spell(symbols: list[Found]) -> str:
    """The row's text: a space where the gap is clearly wider than the others."""
    boxes = np.array([symbol.box for symbol in symbols], float)
    height = layout.usual_height(boxes)
    # A 1 is narrow: the gap beside it is counted from where a wider digit would end.
    spare = np.maximum(0, 0.45 * height - (boxes[:, 2] - boxes[:, 0])) / 2
    gaps = (boxes[1:, 0] - spare[1:]) - (boxes[:-1, 2] + spare[:-1])
    text = symbols[0].label
    for number, symbol in enumerate(symbols[1:]):
        others = np.delete(gaps, number)
        usual = max(0.0, float(np.median(others))) if len(others) else 0.5 * height
        if gaps[number] > max(0.7 * height, 2.2 * usual + 0.2 * height):
            text += " "
        text += symbol.label
    return text


# Rows


def find_rows(sheet: Sheet) -> list[Row]:
    """Groups the pieces in rows, from top to bottom; what is too small to be of use is left out."""
    names = np.array(list(sheet.boxes))
    if not 0 < len(names) <= MOST_PIECES:
        return []
    boxes = np.array([sheet.boxes[name] for name in names])
    sizes = boxes[:, 2:] - boxes[:, :2]
    largest = sizes.max(axis=1)
    # The height of a symbol: that of the middle one, when small pieces don't count.
    tall = np.maximum(sizes[:, 1], 0.5 * sizes[:, 0].clip(0, sizes[:, 1].max()))
    usual = float(np.median(tall[tall >= 0.4 * tall.max()]))
    worth = largest >= SPECK * usual
    names, boxes, sizes = names[worth], boxes[worth], sizes[worth]
    order = np.argsort(boxes[:, 0], kind="stable")
    main = [k for k in order if sizes[k, 1] >= 0.5 * usual]
    rest = [k for k in order if sizes[k, 1] < 0.5 * usual]
    chains = _chains(boxes, main)
    _join_halves(boxes, chains)
    for k in rest:
        _to_nearest(boxes, chains, k, usual)
    rows = [_row(sheet, boxes[chain], names[chain]) for chain in chains]
    middle = np.mean([(row.boxes[:, 0].min() + row.boxes[:, 2].max()) / 2 for row in rows])
    return sorted(rows, key=lambda row: row.level + row.slope * middle)


def _chains(boxes: np.ndarray, order: list[int]) -> list[list[int]]:
    """From left to right each piece follows the row at whose height it is."""
    chains: list[list[int]] = []
    for k in order:
        best, most = None, 0.35
        for chain in chains:
            top, bottom = _band(boxes, chain, (boxes[k, 0] + boxes[k, 2]) / 2)
            shared = min(bottom, boxes[k, 3]) - max(top, boxes[k, 1])
            share = shared / max(1, min(bottom - top, boxes[k, 3] - boxes[k, 1]))
            if share > most:
                best, most = chain, share
        if best is None:
            chains.append([k])
        else:
            best.append(k)
    return chains


def _band(boxes: np.ndarray, chain: list[int], x: float) -> tuple[float, float]:
    """Where the row goes on: its last pieces' top and bottom, further along its slope."""
    last = boxes[chain[-4:]]
    slope = 0.0
    middles = (last[:, 0] + last[:, 2]) / 2
    heights = last[:, 3] - last[:, 1]
    if np.ptp(middles) > 1.5 * heights.max():
        slope = float(np.polyfit(middles, (last[:, 1] + last[:, 3]) / 2, 1)[0])
        slope = min(0.25, max(-0.25, slope))
    shift = slope * (x - middles[-1])
    return last[-1, 1] + shift, last[-1, 3] + shift


def _join_halves(boxes: np.ndarray, chains: list[list[int]]) -> None:
    """A row that lies within another's height is of the same one: the two rings of an 8."""
    changed = True
    while changed:
        changed = False
        for one in chains:
            for other in chains:
                if one is not other and _belongs(boxes, one, other):
                    one += other
                    one.sort(key=lambda k: boxes[k, 0])
                    chains.remove(other)
                    changed = True
                    break
            if changed:
                break


def _belongs(boxes: np.ndarray, one: list[int], other: list[int]) -> bool:
    """Whether a piece of one row stands right on a piece of the other, and is no taller with it."""
    heights = boxes[:, 3] - boxes[:, 1]
    for k in other:
        for j in one:
            shared = min(boxes[k, 2], boxes[j, 2]) - max(boxes[k, 0], boxes[j, 0])
            narrow = min(boxes[k, 2] - boxes[k, 0], boxes[j, 2] - boxes[j, 0])
            gap = max(boxes[k, 1], boxes[j, 1]) - min(boxes[k, 3], boxes[j, 3])
            together = heights[k] + heights[j] + gap
            tallest = heights[[m for m in one + other if m not in (j, k)]].max(initial=0)
            if (
                shared > 0.5 * narrow
                and gap < 0.12 * together
                and (tallest == 0 or together < 1.3 * tallest)
            ):
                return True
    return False


def _to_nearest(boxes: np.ndarray, chains: list[list[int]], k: int, usual: float) -> None:
    """A small piece goes to the row whose nearest piece is nearest, if that is near at all."""
    best, least = None, 0.6 * usual
    for chain in chains:
        others = boxes[chain]
        across = np.maximum(others[:, 0] - boxes[k, 2], boxes[k, 0] - others[:, 2]).clip(0)
        down = np.maximum(others[:, 1] - boxes[k, 3], boxes[k, 1] - others[:, 3]).clip(0)
        distance = float((down + 0.3 * across).min())
        if distance < least:
            best, least = chain, distance
    if best is None:
        chains.append([k])
    else:
        best.append(k)


def _row(sheet: Sheet, boxes: np.ndarray, names: np.ndarray) -> Row:
    heights = boxes[:, 3] - boxes[:, 1]
    height = float(np.median(heights[heights >= 0.5 * heights.max()]))
    left, top, right, bottom = sheet.box(names.tolist())
    labels = sheet.labels[top:bottom, left:right]
    mask = labels > 0 if len(names) == len(sheet.boxes) else np.isin(labels, names)
    # A line through all ink: its slope says nothing of a few symbols, and more the more there are.
    mass = mask.sum(axis=0)
    columns = np.flatnonzero(mass)
    weights = mass[columns].astype(float)
    means = np.arange(bottom - top) @ mask[:, columns] / weights
    middle = np.average(columns, weights=weights)
    spread = np.average((columns - middle) ** 2, weights=weights)
    slope = np.average((columns - middle) * means, weights=weights) / (spread + 0.3 * height**2)
    slope = min(0.25, max(-0.25, float(slope)))
    level = top + float(np.average(means, weights=weights)) - slope * (left + middle)
    # The median length of the runs of ink along the rows is about the width of the pen.
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))).ravel())
    runs = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    pen = float(np.median(runs)) if len(runs) else 1.0
    if len(names) == 1:  # a slope makes a piece of several symbols taller than they are
        height = max(0.5 * height, height - abs(slope) * max(0.0, right - left - height))
    row = Row(boxes, names.tolist(), height, slope, level, pen)
    _sort(row)
    return row


def _sort(row: Row) -> None:
    order = np.argsort(row.boxes[:, 0] + row.boxes[:, 2], kind="stable")
    row.boxes = row.boxes[order]
    row.names = [row.names[k] for k in order]


def strip(sheet: Sheet, row: Row) -> Strip:
    """Makes a row level, and its symbols of one size."""
    left, top, _, _ = sheet.box(row.names)
    ink = sheet.crop(row.names)
    scale = min(STRIP_SIGN / row.height, WIDEST_STRIP / ink.shape[1])
    size = max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR))
    # Columns move up or down by whole pixels, until the line runs through the middle.
    columns = np.arange(size[0])
    line = (row.level - top + row.slope * (left + (columns + 0.5) / scale)) * scale
    source = np.arange(STRIP_HEIGHT)[:, None] + np.rint(line - STRIP_HEIGHT / 2).astype(int)
    inside = (source >= 0) & (source < size[1])
    pixels = np.zeros(
        (STRIP_HEIGHT, -(-size[0] // STRIP_STEP) * STRIP_STEP + 2 * STRIP_ROOM), np.uint8
    )
    level = np.where(inside, small[source.clip(0, size[1] - 1), columns], 0)
    pixels[:, STRIP_ROOM : STRIP_ROOM + size[0]] = np.rint(
        level * (255 / max(1e-3, level.max()))
    ).clip(0, 255)
    return Strip(pixels, left - STRIP_ROOM / scale, scale)


# The lattice


def lattice(sheet: Sheet, row: Row) -> Arcs:
    """All symbols that the row may hold, with what the network says of each."""
    scanned = Scanned(strip(sheet, row), sheet.scan)
    spans = _spans(row)
    sheet.show([tuple(row.names[i:j]) for i, j in spans])
    best = np.zeros(len(row.names))
    for i, j in spans:
        names = tuple(row.names[i:j])
        left, _, right, _ = sheet.box(names)
        if right - left <= SINGLE * row.height:
            best[i:j] = np.maximum(best[i:j], sheet.opinion(names)[:10].max())
    borders = scanned.borders()
    for k in np.flatnonzero(best < CLEAR):
        cuts = sheet.cut(row.names[k], borders, ROUND * row.height)
        row.origin |= dict.fromkeys((part for cut in cuts for part in cut[:2]), row.names[k])
        row.cuts += cuts
    if row.cuts:
        parts = [name for cut in row.cuts for name in cut[:2]]
        whole = [name for name in row.names if name in sheet.boxes]
        row.names = whole + list(dict.fromkeys(parts))
        row.boxes = np.array([sheet.boxes[name] for name in row.names])
        _sort(row)
        spans = _spans(row)
        sheet.show([tuple(row.names[i:j]) for i, j in spans])
    return _arcs(sheet, row, spans, scanned)


def _spans(row: Row) -> list[tuple[int, int]]:
    """Which neighbouring pieces may be one symbol, as the first and the one after the last.

    However many parts a piece was cut into, the whole of it may be one.
    """
    spans = []
    boxes = row.boxes
    origins = [row.origin.get(name, name) for name in row.names]
    starts = [k for k in range(len(origins)) if not k or origins[k] != origins[k - 1]]
    number = np.searchsorted(starts, range(len(origins)), side="right")
    edges = {*starts, len(origins)}
    for i in range(len(boxes)):
        left, top, right, bottom = boxes[i]
        spans.append((i, i + 1))
        for j in range(i + 1, len(boxes)):
            if boxes[j, 0] - right > FARTHEST * row.height:
                break
            left, top = min(left, boxes[j, 0]), min(top, boxes[j, 1])
            right, bottom = max(right, boxes[j, 2]), max(bottom, boxes[j, 3])
            if right - left > WIDEST * row.height:
                break
            whole = i in edges and j + 1 in edges and number[j] - number[i] < MOST_JOINED
            if bottom - top <= TALLEST * row.height and (whole or j - i < MOST_JOINED):
                spans.append((i, j + 1))
    return spans


def _arcs(sheet: Sheet, row: Row, spans: list[tuple[int, int]], scanned: Scanned) -> Arcs:
    place = {name: k for k, name in enumerate(row.names)}
    cuts = [(*sorted((place[a], place[b])), ink / row.pen) for a, b, ink in row.cuts]
    joined_by_cut = {(a, b) for a, b, _ in cuts}
    count = len(row.names)
    min_left = np.append(np.minimum.accumulate(row.boxes[::-1, 0])[::-1], np.inf)
    start: list[int] = []
    stop: list[int] = []
    labels: list[int] = []
    features: list[list[float]] = []
    shown: list[tuple[int, ...]] = []
    for i, j in spans:
        names = tuple(row.names[i:j])
        left, top, right, bottom = sheet.box(names)
        surest, in_row, misfit = scanned.symbol(left, right)
        is_part = any((i <= a < j) != (i <= b < j) for a, b, _ in cuts)
        if is_part:
            digits = np.maximum(surest[:10], np.finfo(np.float32).tiny)
            sheet.parts[names] = np.append(digits / digits.sum(), surest[10])
        outputs = np.log(np.maximum(sheet.opinion(names), FAINTEST))
        in_row = np.log(np.maximum(in_row, FAINTEST))
        size = max(bottom - top, 1) / row.height
        line = row.level + row.slope * (left + right) / 2
        off = ((top + bottom) / 2 - line) / row.height
        reach = np.maximum.accumulate(row.boxes[i:j, 2])[:-1]
        gaps = (row.boxes[i + 1 : j, 0] - reach).clip(0) / row.height
        inside = [(a, b) for a, b, _ in cuts if a >= i and b < j]
        joins = sum((k, k + 1) not in joined_by_cut for k in range(i, j - 1))
        used = [ink for a, b, ink in cuts if i <= a < j <= b]
        overlap = min(0.6, max(0.0, (right - min_left[j]) / row.height)) if j < count else 0.0
        shared = [
            gaps.sum(), joins, len(inside), len(used), sum(min(4, ink) for ink in used), overlap
        ]  # fmt: skip
        geometry = [
            max(0.0, -np.log(size)), max(0.0, np.log(size)),
            max(0.0, (right - left) / row.height - 0.8), min(1.0, off**2),
        ]  # fmt: skip
        whole, part = float(not is_part), float(is_part)
        for digit in range(10):
            own, other = outputs[digit], in_row[digit]
            features.append(
                [1, whole * own, part * own, whole * other, part * other, misfit,
                 *geometry, *shared, 0, 0, 0, 0, 0]
            )  # fmt: skip
        shared[2] = min(MOST_UNCUT, len(inside))
        features.append([0] * 10 + shared + [1, outputs[10], in_row[10], 0, 0])
        labels += range(11)
        larger = max(right - left, bottom - top) / row.height
        if j == i + 1 and larger < SMALL:
            features.append([0] * 19 + [1, larger])
            labels.append(SKIP)
        new = len(features) - len(start)
        start += [i] * new
        stop += [j] * new
        shown += [names] * new
    return Arcs(
        count + 1, np.array(start), np.array(stop), np.array(labels), np.array(features, float),
        shown,
    )  # fmt: skip


def marginals(arcs: Arcs, score: np.ndarray) -> tuple[np.ndarray, float]:
    """Forward-backward: the probability that each arc is on the path, and the log partition."""
    forward = np.full(arcs.nodes, -np.inf)
    backward = np.full(arcs.nodes, -np.inf)
    forward[0] = backward[-1] = 0
    by_stop = [np.flatnonzero(arcs.stop == node) for node in range(arcs.nodes)]
    by_start = [np.flatnonzero(arcs.start == node) for node in range(arcs.nodes)]
    for node in range(1, arcs.nodes):
        own = by_stop[node]
        forward[node] = _log_sum(forward[arcs.start[own]] + score[own])
    for node in range(arcs.nodes - 2, -1, -1):
        own = by_start[node]
        backward[node] = _log_sum(backward[arcs.stop[own]] + score[own])
    total = forward[-1]
    return np.exp(forward[arcs.start] + score + backward[arcs.stop] - total), float(total)


def _log_sum(values: np.ndarray) -> float:
    if not len(values):
        return -np.inf
    most = float(values.max())
    return most if most == -np.inf else most + float(np.log(np.exp(values - most).sum()))


def best_path(sheet: Sheet, arcs: Arcs, weights: np.ndarray) -> list[Found]:
    """The likeliest symbols (Viterbi 1967), each with its probability."""
    score = arcs.features @ weights
    best = np.full(arcs.nodes, -np.inf)
    best[0] = 0
    came: list[int] = [-1] * arcs.nodes
    for node in range(1, arcs.nodes):
        own = np.flatnonzero(arcs.stop == node)
        values = best[arcs.start[own]] + score[own]
        top = int(values.argmax())
        best[node], came[node] = values[top], int(own[top])
    path: list[int] = []
    node = arcs.nodes - 1
    while node:
        path.append(came[node])
        node = int(arcs.start[came[node]])
    share, _ = marginals(arcs, score)
    found = []
    for arc in reversed(path):
        kind = int(arcs.label[arc])
        if kind == SKIP:
            continue
        # The same symbol with or without a small part is the same answer.
        mine = (np.minimum(arcs.stop, arcs.stop[arc]) - np.maximum(arcs.start, arcs.start[arc])) / (
            np.maximum(arcs.stop, arcs.stop[arc]) - np.minimum(arcs.start, arcs.start[arc])
        )
        certainty = min(1.0, float(share[(arcs.label == kind) & (mine >= 0.5)].sum()))
        pixels, outputs = sheet.views[arcs.shown[arc]]
        if arcs.shown[arc] in sheet.parts:
            outputs = sheet.parts[arcs.shown[arc]]
        sure = kind < NONE and certainty >= SURE and kind == outputs[:10].argmax()
        digit = kind if sure else None
        names = arcs.shown[arc]
        box, mask = sheet.box(names), sheet.mask(names)
        label = UNKNOWN if digit is None else str(digit)
        found.append(Found(box, mask, pixels, outputs, digit, certainty, label))
    return found
