"""Finds where symbols, marks and lines are on a page.

A fully convolutional network sees the ink, scaled so that digits are `HEIGHT` pixels tall. For each
cell of 2×2 pixels it predicts which symbol the ink there belongs to, or that it is part of a line
to ignore, and where the middle of that symbol is. Cells that point at the same middle are one
symbol: instance segmentation as in Panoptic-DeepLab (Cheng et al. 2020,
https://arxiv.org/abs/1911.10194). `training.layout` trains the network.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from digits.ink.components import label
from digits.numbers.rows import usual_height
from digits.types import DIGITS, MARKS, UNKNOWN, Box

SYMBOLS = DIGITS + MARKS + UNKNOWN  # the classes of the network, and one more:
LINE = len(SYMBOLS)  # ink that belongs to no symbol
HEADS = ("classes", "offsets", "middles")  # the outputs of the network, in the order of `See`
HEIGHT, CELL = 20, 2  # pixels as the network sees them: of a digit, of a cell
STRIDE = 16  # the sides of the network's input are multiples of this
MARGIN = 16  # pixels of background round the ink
TILE, OVERLAP = 768, 64  # pixels: larger inputs are cut into tiles of this side, with this margin
RESCALED = 1.3  # digits that are larger or smaller by this factor are read again at another scale

INK = 0.3  # 0-1: ink at least this strong connects strokes to components
MAX_COMPONENTS = 20_000  # more are a texture, not writing
MAX_PAIRS = 4_000_000  # of components and symbols: more are a texture
MAX_INPUT = 4_000_000  # pixels that the network sees of one picture, all regions together
MIN_SIZE = 0.04  # of the height of a digit: anything smaller is dust
WEAK = 64  # of 255: cells with weaker ink only go with those beside them
PEAK = 0.3  # the least probability of a cell to be the middle of a symbol
APART = 2  # cells: middles are farther apart
FAR = 0.45  # heights of a digit: ink that points this far from each middle belongs to none of them
FRAGMENT = 0.15  # of the height of a digit: a square of this side is as large as a fragment
MARKS_ALONE, ALONE = slice(10, 13), 0.4  # full stop, comma, dash; the least probability of one
FULL = 0.7  # of a box: more ink is not writing, unless it is as narrow as a 1
SMALL = 0.5  # of the height of a row: marks may be smaller, digits not

# The network for layout: an image, uint8 (height, width), to float32 (height / CELL, width / CELL,
# LINE + 4): logits of the classes, distance right and down to the middle of the symbol in heights
# of a digit, and the logit that the cell is such a middle.
See = Callable[[np.ndarray], np.ndarray]


@dataclass(eq=False)
class LocatedSymbol:
    """A located symbol that has not been labelled yet."""

    box: Box  # left, top, right, bottom in pixels of the ink; right and bottom exclusive
    mask: np.ndarray  # bool, over the box: the symbol's own pixels
    shares: np.ndarray  # float32 (SYMBOLS,), the probabilities of the labels; sums to 1

    @property
    def label(self) -> str:
        """The likeliest label."""
        return SYMBOLS[int(self.shares.argmax())]


def find_symbols(ink: np.ndarray, see: See) -> list[LocatedSymbol]:
    """Finds the symbols; ink of lines is in none of them.

    Args:
        ink: float32 (height, width), 0 background to 1 ink.
        see: the layout network.
    """
    regions = find_regions(ink)
    room = MAX_INPUT / max(1, sum(region.mask.size for region in regions))
    return [found for region in regions for found in _in_region(ink, region, see, room**0.5)]


# Where there is writing


@dataclass(eq=False)
class Region:
    """A part of the page, apart from all other ink."""

    box: Box
    mask: np.ndarray  # bool, over the box: the ink of this region
    height: float  # of a digit in pixels, roughly


def find_regions(ink: np.ndarray) -> list[Region]:
    """Finds the parts of the page that are apart by more than about the height of a digit."""
    strong = ink > INK
    _, boxes = label(strong)
    if not 0 < len(boxes) <= MAX_COMPONENTS:
        return []
    step = max(1, int(0.7 * usual_height(boxes)))
    rows, columns = (-(-side // step) for side in ink.shape)
    padded = np.zeros((rows * step, columns * step), bool)
    padded[: ink.shape[0], : ink.shape[1]] = strong
    coarse = np.zeros((rows + 2, columns + 2), bool)
    coarse[1:-1, 1:-1] = padded.reshape(rows, step, columns, step).any(axis=(1, 3))
    near = coarse.copy()  # and the cells beside and diagonal
    near[1:] |= coarse[:-1]
    near[:-1] |= coarse[1:]
    near[:, 1:] |= near[:, :-1].copy()
    near[:, :-1] |= near[:, 1:].copy()
    names, _ = label(near)
    names = names[1:-1, 1:-1]
    # A component may cross regions only by way of cells with ink: each lies in one region.
    middles = (boxes[:, :2] + boxes[:, 2:] - 1) // 2
    regions = []
    for name in range(1, names.max() + 1):
        mine = names == name
        inked = mine & coarse[1:-1, 1:-1]
        down, across = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
        if not len(down):
            continue
        left, top = int(across[0]) * step, int(down[0]) * step
        right = min(ink.shape[1], (int(across[-1]) + 1) * step)
        bottom = min(ink.shape[0], (int(down[-1]) + 1) * step)
        part = mine[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
        mask = part.repeat(step, axis=0).repeat(step, axis=1)[: bottom - top, : right - left]
        inside = (middles >= (left, top)).all(axis=1) & (middles < (right, bottom)).all(axis=1)
        own = boxes[inside]
        if len(own):
            regions.append(Region((left, top, right, bottom), mask, usual_height(own)))
    return regions


# Which symbols are there


def _in_region(ink: np.ndarray, region: Region, see: See, max_scale: float) -> list[LocatedSymbol]:
    """Finds the symbols of a region, which the network sees enlarged by `max_scale` at most."""
    left, top, right, bottom = region.box
    own = ink[top:bottom, left:right] * region.mask
    if (own > INK).mean() > FULL and right - left > SMALL * (bottom - top):
        # Blackened: there is no writing to be seen.
        return [LocatedSymbol(region.box, own > 0, np.eye(len(SYMBOLS), dtype=np.float32)[-1])]
    scale = HEIGHT / region.height
    found: list[LocatedSymbol] = []
    for _ in range(3):
        scale = min(scale, max_scale)
        found = _symbols_at(own, scale, see)
        heights = [s.box[3] - s.box[1] for s in found if s.label.isdigit()]
        heights = heights or [s.box[3] - s.box[1] for s in found]
        if not heights:
            break
        off = float(np.median(heights)) * scale / HEIGHT
        if 1 / RESCALED < off < RESCALED:
            break
        scale /= off
    for symbol in found:
        x, y, end, foot = symbol.box
        symbol.box = x + left, y + top, end + left, foot + top
    return found


def _symbols_at(ink: np.ndarray, scale: float, see: See) -> list[LocatedSymbol]:
    """The symbols of a region at a scale; boxes are in pixels of `ink`."""
    height, width = ink.shape
    size = [max(1, round(side * scale)) for side in (width, height)]
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR))
    across, down = (-(-(side + 2 * MARGIN) // STRIDE) * STRIDE for side in size)
    image = np.zeros((down, across), np.uint8)
    image[MARGIN : MARGIN + size[1], MARGIN : MARGIN + size[0]] = np.rint(
        small * (255 / max(1e-3, small.max()))
    )
    outputs = see_tiles(image, see)
    names, shares = segment(image, outputs)
    # Each pixel of ink belongs to the symbol of its cell.
    rows = ((np.arange(height) + 0.5) * size[1] / height + MARGIN).astype(int) // CELL
    columns = ((np.arange(width) + 0.5) * size[0] / width + MARGIN).astype(int) // CELL
    pixels = names[rows[:, None], columns] * (ink > INK)
    components, boxes = label(ink > INK)
    # A small component that looks like a mark is one symbol, whatever its cells point at.
    cells, added = probabilities(outputs), [*shares]
    small = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) < SMALL * HEIGHT / scale
    for number in np.flatnonzero(small):
        left, top, right, bottom = boxes[number]
        own = components[top:bottom, left:right] == number + 1
        ys, xs = np.nonzero(own)
        mean = cells[rows[top + ys], columns[left + xs]].mean(axis=0)
        if mean[MARKS_ALONE].max() > ALONE:
            added.append(mean)
            pixels[top:bottom, left:right][own] = len(added)
    shares = np.array(added)
    _join_fragments(pixels, components, (FRAGMENT * HEIGHT / scale) ** 2)
    found = []
    for name, box in enumerate(_boxes(pixels, len(shares)), 1):
        left, top, right, bottom = box
        if max(right - left, bottom - top) < MIN_SIZE * HEIGHT / scale:
            continue
        own = shares[name - 1, :LINE]
        mask = pixels[top:bottom, left:right] == name
        found.append(LocatedSymbol(box, mask, own / max(1e-6, float(own.sum()))))
    return found


def _join_fragments(pixels: np.ndarray, components: np.ndarray, area: float) -> None:
    """Gives a fragment of a component to the symbol that most of the component belongs to.

    Args:
        pixels: int (height, width), the name of the symbol of each pixel; changed in place.
        components: int (height, width), the name of the component of each pixel.
        area: in pixels; a fragment is smaller.
    """
    of_symbol = pixels > 0
    names = int(pixels.max(initial=0)) + 1
    pairs = components[of_symbol].astype(np.int64) * names + pixels[of_symbol]
    if (int(components.max()) + 1) * names > MAX_PAIRS:
        return  # a texture
    counts = np.bincount(pairs, minlength=(int(components.max()) + 1) * names).reshape(-1, names)
    most, main = counts.max(axis=1, keepdims=True), counts.argmax(axis=1)[:, None]
    is_fragment = (counts < area) & (4 * counts < most)
    owners = np.where(is_fragment, main, np.arange(names))
    pixels[of_symbol] = owners.ravel()[pairs]


def _boxes(names: np.ndarray, count: int) -> list[Box]:
    """The box of each name from 1 to `count`; of one that does not occur it is empty."""
    ys, xs = np.nonzero(names)
    boxes = np.zeros((count + 1, 4), int)
    boxes[:, :2] = max(names.shape)
    for side, (extreme, at) in enumerate(
        ((np.minimum, xs), (np.minimum, ys), (np.maximum, xs + 1), (np.maximum, ys + 1))
    ):
        extreme.at(boxes[:, side], names[ys, xs], at)
    return [tuple(box) for box in boxes[1:].tolist()]


def see_tiles(image: np.ndarray, see: See) -> np.ndarray:
    """Runs the network on an image of any size, part by part if it is large."""
    height, width = image.shape
    if max(height, width) <= TILE + 2 * OVERLAP:
        return see(image)
    outputs = np.zeros((height // CELL, width // CELL, LINE + 4), np.float32)
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            y, x = max(0, top - OVERLAP), max(0, left - OVERLAP)
            tile = image[y : top + TILE + OVERLAP, x : left + TILE + OVERLAP]
            if not tile.any():
                continue
            part = see(tile)[(top - y) // CELL :, (left - x) // CELL :]
            part = part[: TILE // CELL, : TILE // CELL]
            outputs[
                top // CELL : top // CELL + part.shape[0],
                left // CELL : left // CELL + part.shape[1],
            ] = part
    return outputs


def segment(image: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Groups the cells that hold ink into symbols.

    Args:
        image: uint8 (height, width), as the network sees it.
        outputs: of the network: see `See`.

    Returns:
        int (height / CELL, width / CELL), 0 for background and lines, else 1, 2, ... by symbol; and
        float32 (symbols, LINE + 1), the mean probabilities of the classes over the cells of each.
    """
    down, across = outputs.shape[:2]
    blocks = image.reshape(down, CELL, across, CELL)
    strongest = blocks.max(axis=(1, 3))
    inked = strongest > WEAK
    shares = probabilities(outputs)
    of_symbol = inked & (shares[..., LINE] < 0.5)
    cells = np.argwhere(of_symbol)
    names = np.zeros((down, across), np.int32)
    if not len(cells):
        return names, np.zeros((0, LINE + 1), np.float32)
    offsets = outputs[of_symbol][:, [LINE + 2, LINE + 1]] * (HEIGHT / CELL)
    votes = cells + offsets
    middles = peaks(outputs[..., -1])
    owner, distance = nearest(votes, middles)
    names[of_symbol] = np.where(distance <= FAR * HEIGHT / CELL, owner + 1, 0)
    # Ink that points nowhere is a symbol of its own, unless it touches another one.
    stray, _ = label(of_symbol & (names == 0))
    for name in range(1, stray.max() + 1):
        mine = stray == name
        beside = names[grown(mine)]
        beside = beside[beside > 0]
        names[mine] = np.bincount(beside).argmax() if len(beside) else names.max() + 1
    count = int(names.max())
    total = np.zeros((count + 1, LINE + 1), np.float32)
    np.add.at(total, names[of_symbol], shares[of_symbol])
    # The fringe of a stroke, too faint to count, goes with the symbol beside it.
    fringe = (strongest > 0) & ~inked
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        names = np.where(fringe & (names == 0), np.roll(names, shift, (0, 1)), names)
    return names, total[1:] / np.maximum(1e-6, total[1:].sum(axis=1, keepdims=True))


def probabilities(outputs: np.ndarray) -> np.ndarray:
    """The probabilities of the classes for each cell, float32 (down, across, LINE + 1)."""
    logits = outputs[..., : LINE + 1]
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def peaks(logits: np.ndarray) -> np.ndarray:
    """Cells that are the middle of a symbol: float (n, 2), row and column."""
    padded = np.pad(logits, 1, constant_values=-np.inf)
    height, width = logits.shape
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    limit = np.log(PEAK / (1 - PEAK))
    found = np.argwhere((logits == np.max(around, axis=0)) & (logits > limit)).astype(float)
    # The strongest first; of equals beside one another the first one.
    found = found[np.argsort(-logits[tuple(found.astype(int).T)], kind="stable")]
    near = ((found[:, None] - found) ** 2).sum(axis=-1) <= APART**2
    return found[~np.tril(near, -1).any(axis=1)]


def nearest(points: np.ndarray, middles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each point the index of the nearest middle, and the distance to it."""
    owner, distance = np.zeros(len(points), int), np.full(len(points), np.inf)
    for start in range(0, len(points) if len(middles) else 0, 4096):
        part = slice(start, start + 4096)
        squares = ((points[part, None] - middles) ** 2).sum(axis=-1)
        owner[part] = squares.argmin(axis=1)
        distance[part] = np.sqrt(squares.min(axis=1))
    return owner, distance


def grown(mask: np.ndarray) -> np.ndarray:
    """The mask and the cells around it."""
    padded = np.pad(mask, 1)
    height, width = mask.shape
    return np.any([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], 0)
