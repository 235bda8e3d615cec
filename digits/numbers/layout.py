"""Locates the symbols on a page and predicts their labels.

The input of the layout network, which is fully convolutional, is the ink, scaled so that digits are
about `HEIGHT` pixels tall. For each cell of 2×2 pixels it predicts the label of the symbol that the
ink there belongs to, or that it is part of a line to ignore, and where the middle of that symbol
is. The outputs for two scales are averaged. Cells that point at the same middle are one symbol:
instance segmentation as in Panoptic-DeepLab (Cheng et al. 2020, https://arxiv.org/abs/1911.10194).
`training.layout` trains the network.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from digits.ink.components import label
from digits.numbers.rows import typical_height
from digits.types import DIGITS, MARKS, UNKNOWN, Box

SYMBOLS = DIGITS + MARKS + UNKNOWN  # the labels: the first classes of the network
LINE = len(SYMBOLS)  # the last class: ink that belongs to no symbol
HEADS = ("classes", "offsets", "middles")  # the outputs of the network, in the order of `Predict`
# In pixels of the network's input:
HEIGHT, CELL = 20, 2  # of a digit, of a cell
LARGER = 1.4  # the scale of the first input; digits are HEIGHT tall in the second
STRIDE = 16  # the sides of the input are multiples of this
MARGIN = 16  # background around the ink
TILE, OVERLAP = 768, 64  # larger inputs are cut into tiles of this side, with this margin

# Limits on pictures, beyond which they are textures or take too long:
MAX_COMPONENTS = 6000  # twice as many as on a dense page of digits
MAX_REGIONS = 500
MAX_PAIRS = 4_000_000  # of components and symbols
MAX_INPUT = 4_000_000  # pixels of the network's first input, all regions together

# In heights of a digit:
MIN_SIDE = 0.04  # the longer side of a symbol; anything smaller is dust
MAX_MARK_SIDE = 0.5  # the longer side of a full stop, comma or dash
MAX_FRAGMENT_SIDE = 0.15  # of a square with the area of a fragment
MAX_DISTANCE = 0.32  # from the place that a cell points at to the middle of its symbol

MIN_INK = 0.3  # 0-1: fainter ink doesn't connect strokes
MIN_CELL_INK = 65  # 0-255: fainter cells belong to the symbol beside them
MIN_MIDDLE = 0.42  # probability that a cell is the middle of a symbol
MIN_SPACING = 2  # cells, across and down: middles are farther apart
SMALL_MARKS = slice(SYMBOLS.index("."), SYMBOLS.index("-") + 1)
MIN_SMALL_MARK = 0.4  # probability of one of these
MAX_FILLED = 0.7  # of a box; only a 1 may contain more ink
MAX_ONE_RATIO = 0.5  # of width to height: the box of a 1 is narrower
MAX_SCALE_ERROR = 1.3  # of HEIGHT to the height of digits; beyond it, the scale is corrected

# The layout network: an image, uint8 (height, width), to float32 (height / CELL, width / CELL,
# LINE + 4). The last axis holds the logits of the classes; the distance right and down to the
# middle of the symbol, in heights of a digit; and the logit that the cell is such a middle.
Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(eq=False)
class LocatedSymbol:
    """A located symbol with the prediction of the layout network."""

    box: Box  # in pixels of the ink
    mask: np.ndarray  # bool, over the box: the symbol's own pixels
    probabilities: np.ndarray  # float32 (SYMBOLS,), of the labels; sums to 1

    @property
    def label(self) -> str:
        """The likeliest label."""
        return SYMBOLS[int(self.probabilities.argmax())]


def find_symbols(ink: np.ndarray, predict: Predict) -> list[LocatedSymbol]:
    """Find the symbols in ink; ignore lines.

    Args:
        ink: float32 (height, width), 0 background to 1 ink.
        predict: the layout network.
    """
    regions = find_regions(ink)
    area = max(1, sum(region.mask.size for region in regions))
    max_scale = (MAX_INPUT / area) ** 0.5 / LARGER
    return [
        symbol
        for region in regions
        for symbol in _symbols_in_region(ink, region, predict, max_scale)
    ]


# Regions


@dataclass(eq=False)
class Region:
    """A part of the page that is surrounded by background."""

    box: Box
    mask: np.ndarray  # bool, over the box: the ink of this region
    height: float  # of a digit in pixels, roughly


def find_regions(ink: np.ndarray) -> list[Region]:
    """Find the parts of the page with gaps of more than about the height of a digit between them.

    Writing in different sizes is thus scaled separately, and empty parts cost no time.
    """
    strong = ink > MIN_INK
    _, boxes = label(strong)
    if not 0 < len(boxes) <= MAX_COMPONENTS:
        return []
    step = max(1, int(0.7 * typical_height(boxes)))
    rows, columns = (-(-side // step) for side in ink.shape)
    padded = np.zeros((rows * step, columns * step), bool)
    padded[: ink.shape[0], : ink.shape[1]] = strong
    coarse = padded.reshape(rows, step, columns, step).max(axis=(1, 3))
    names, parts = label(grown(coarse))
    if len(parts) > MAX_REGIONS:
        return []
    # Squares that a component crosses are connected, so that it lies in a single region.
    middles = (boxes[:, :2] + boxes[:, 2:] - 1) // 2
    regions = []
    for name in range(1, names.max() + 1):
        squares = names == name
        inked = squares & coarse
        down, across = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
        if not len(down):
            continue
        left, top = int(across[0]) * step, int(down[0]) * step
        right = min(ink.shape[1], (int(across[-1]) + 1) * step)
        bottom = min(ink.shape[0], (int(down[-1]) + 1) * step)
        part = squares[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
        mask = part.repeat(step, axis=0).repeat(step, axis=1)[: bottom - top, : right - left]
        inside = (middles >= (left, top)).all(axis=1) & (middles < (right, bottom)).all(axis=1)
        if inside.any():
            height = typical_height(boxes[inside])
            regions.append(Region((left, top, right, bottom), mask, height))
    return regions


# Symbols


def _symbols_in_region(
    ink: np.ndarray, region: Region, predict: Predict, max_scale: float
) -> list[LocatedSymbol]:
    """Find the symbols of a region; boxes are in pixels of `ink`."""
    left, top, right, bottom = region.box
    part = ink[top:bottom, left:right] * region.mask
    is_narrow = right - left <= MAX_ONE_RATIO * (bottom - top)
    if (part > MIN_INK).mean() > MAX_FILLED and not is_narrow:
        is_unknown = np.eye(len(SYMBOLS), dtype=np.float32)[SYMBOLS.index(UNKNOWN)]
        return [LocatedSymbol(region.box, part > 0, is_unknown)]
    components, boxes = label(part > MIN_INK)
    scale = min(HEIGHT / region.height, max_scale)
    found: list[LocatedSymbol] = []
    for _ in range(3):
        found = _symbols_at(part, components, boxes, scale, predict)
        heights = [s.box[3] - s.box[1] for s in found if s.label.isdigit()]
        heights = heights or [s.box[3] - s.box[1] for s in found]
        if not heights:
            break
        error = float(np.median(heights)) * scale / HEIGHT
        better = min(scale / error, max_scale)
        if 1 / MAX_SCALE_ERROR < scale / better < MAX_SCALE_ERROR:
            break
        scale = better
    for symbol in found:
        x, y, end, foot = symbol.box
        symbol.box = x + left, y + top, end + left, foot + top
    return found


def _symbols_at(
    ink: np.ndarray, components: np.ndarray, boxes: np.ndarray, scale: float, predict: Predict
) -> list[LocatedSymbol]:
    """Find the symbols of a region at a scale; boxes are in pixels of the region.

    Args:
        ink: float32 (height, width), of the region.
        components, boxes: its connected components; see `digits.ink.components.label`.
        scale: pixels of the network's input for one of the region.
        predict: the layout network.
    """
    image, rows, columns = _as_input(ink, LARGER * scale)
    outputs = predict_scales(image, predict)
    probabilities = softmax(outputs)
    names, means = segment(image, outputs, probabilities)
    pixels = names[rows[:, None], columns] * (components > 0)
    height = HEIGHT / scale
    small = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) < MAX_MARK_SIDE * height
    added = [*means]
    for number in np.flatnonzero(small):
        left, top, right, bottom = boxes[number]
        component = components[top:bottom, left:right] == number + 1
        ys, xs = np.nonzero(component)
        mean = probabilities[rows[top + ys], columns[left + xs]].mean(axis=0)
        if mean[SMALL_MARKS].max() > MIN_SMALL_MARK:
            # One symbol, whatever middles its cells point at.
            added.append(mean)
            pixels[top:bottom, left:right][component] = len(added)
    _join_fragments(pixels, components, (MAX_FRAGMENT_SIDE * height) ** 2)
    found = []
    for name, (box, mean) in enumerate(zip(_boxes(pixels, len(added)), added, strict=True), 1):
        left, top, right, bottom = box
        if max(right - left, bottom - top) < MIN_SIDE * height:
            continue
        mask = pixels[top:bottom, left:right] == name
        labels = mean[:LINE]
        found.append(LocatedSymbol(box, mask, labels / max(1e-6, float(labels.sum()))))
    return found


def _as_input(ink: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale ink and add a margin.

    Returns:
        The input of the network, uint8 (height, width); and int (height,) and (width,), the row and
        column of the cell that each row and column of `ink` belongs to.
    """
    height, width = ink.shape
    size = [max(1, round(side * scale)) for side in (width, height)]
    scaled = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR))
    across, down = (-(-(side + 2 * MARGIN) // STRIDE) * STRIDE for side in size)
    image = np.zeros((down, across), np.uint8)
    image[MARGIN : MARGIN + size[1], MARGIN : MARGIN + size[0]] = np.rint(
        scaled * (255 / max(1e-3, scaled.max()))
    )
    rows = ((np.arange(height) + 0.5) * size[1] / height + MARGIN).astype(int) // CELL
    columns = ((np.arange(width) + 0.5) * size[0] / width + MARGIN).astype(int) // CELL
    return image, rows, columns


def _join_fragments(pixels: np.ndarray, components: np.ndarray, area: float) -> None:
    """Add fragments of a component to the symbol, or the line, that has most of it.

    Args:
        pixels: int (height, width), the name of the symbol of each pixel; changed in place.
        components: int (height, width), the name of the component of each pixel.
        area: in pixels; a fragment is smaller.
    """
    names = int(pixels.max(initial=0)) + 1
    pair_count = (int(components.max()) + 1) * names
    if pair_count > MAX_PAIRS:
        return
    pairs = components.astype(np.int64) * names + pixels
    counts = np.bincount(pairs.ravel(), minlength=pair_count).reshape(-1, names)
    most, main = counts.max(axis=1, keepdims=True), counts.argmax(axis=1)[:, None]
    is_fragment = (counts < area) & (4 * counts < most)
    is_fragment[0] = False  # not ink
    main[2 * most < counts.sum(axis=1, keepdims=True)] = 0  # many symbols, joined by a line
    owners = np.where(is_fragment, main, np.arange(names))
    pixels[...] = owners.ravel()[pairs]


def _boxes(names: np.ndarray, count: int) -> list[Box]:
    """Return the box of each name from 1 to `count`; empty if the name does not occur."""
    ys, xs = np.nonzero(names)
    boxes = np.zeros((count + 1, 4), int)
    boxes[:, :2] = max(names.shape)
    for side, (extreme, at) in enumerate(
        ((np.minimum, xs), (np.minimum, ys), (np.maximum, xs + 1), (np.maximum, ys + 1))
    ):
        extreme.at(boxes[:, side], names[ys, xs], at)
    return [tuple(box) for box in boxes[1:].tolist()]


def predict_scales(image: np.ndarray, predict: Predict) -> np.ndarray:
    """Average the outputs of the network for an image and for a smaller copy of it."""
    outputs = predict_tiles(image, predict)
    down, across = (round(side / LARGER / CELL) * CELL for side in image.shape)
    smaller = cv2.resize(image, (across, down), interpolation=cv2.INTER_AREA)
    smaller = np.pad(smaller, ((0, -down % STRIDE), (0, -across % STRIDE)))
    outputs_of_smaller = predict_tiles(smaller, predict)[: down // CELL, : across // CELL]
    outputs_of_smaller[..., LINE + 1 : LINE + 3] *= LARGER
    return (outputs + cv2.resize(outputs_of_smaller, outputs.shape[1::-1])) / 2


def predict_tiles(image: np.ndarray, predict: Predict) -> np.ndarray:
    """Run the network on an image of any size, tile by tile if it is large."""
    height, width = image.shape
    if max(height, width) <= TILE + 2 * OVERLAP:
        return predict(image)
    # Where tiles are blank, no cell is a middle.
    outputs = np.full((height // CELL, width // CELL, LINE + 4), -10, np.float32)
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            y, x = max(0, top - OVERLAP), max(0, left - OVERLAP)
            tile = image[y : top + TILE + OVERLAP, x : left + TILE + OVERLAP]
            if not tile.any():
                continue
            part = predict(tile)[(top - y) // CELL :, (left - x) // CELL :]
            part = part[: TILE // CELL, : TILE // CELL]
            outputs[
                top // CELL : top // CELL + part.shape[0],
                left // CELL : left // CELL + part.shape[1],
            ] = part
    return outputs


def segment(
    image: np.ndarray, outputs: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Group the cells that contain ink into symbols.

    Args:
        image: uint8 (height, width), the input of the network.
        outputs: its output; see `Predict`.
        probabilities: of the classes for each cell, as `softmax` returns them.

    Returns:
        The name of the symbol of each cell, int (height / CELL, width / CELL): 1, 2, …, or 0 for
        background and lines. And the mean probabilities of the classes over the cells of each
        symbol, float32 (symbols, LINE + 1).
    """
    down, across = outputs.shape[:2]
    blocks = image.reshape(down, CELL, across, CELL)
    strongest = blocks.max(axis=(1, 3))
    inked = strongest >= MIN_CELL_INK
    of_symbol = inked & (probabilities[..., LINE] < 0.5)
    cells = np.argwhere(of_symbol)
    names = np.zeros((down, across), np.int32)
    if not len(cells):
        return names, np.zeros((0, LINE + 1), np.float32)
    offsets = outputs[of_symbol][:, [LINE + 2, LINE + 1]] * (HEIGHT / CELL)
    reach = MAX_DISTANCE * LARGER * HEIGHT / CELL
    owner, distance = nearest(cells + offsets, peaks(outputs[..., -1]), reach)
    names[of_symbol] = np.where(distance <= reach, owner + 1, 0)
    # Connected cells that point at no middle are a new symbol, unless they touch another one.
    stray, _ = label(of_symbol & (names == 0))
    for name in range(1, stray.max() + 1):
        component = stray == name
        beside = names[grown(component)]
        beside = beside[beside > 0]
        names[component] = np.bincount(beside).argmax() if len(beside) else names.max() + 1
    count = int(names.max())
    total = np.zeros((count + 1, LINE + 1), np.float32)
    np.add.at(total, names[of_symbol], probabilities[of_symbol])
    fringe = (strongest > 0) & ~inked
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        names = np.where(fringe & (names == 0), np.roll(names, shift, (0, 1)), names)
    return names, total[1:] / np.maximum(1e-6, total[1:].sum(axis=1, keepdims=True))


def softmax(outputs: np.ndarray) -> np.ndarray:
    """Return the probabilities of the classes for each cell, float32 (down, across, LINE + 1)."""
    logits = outputs[..., : LINE + 1]
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def peaks(logits: np.ndarray) -> np.ndarray:
    """Find where symbols have their middle: float (n, 2), row and column of a cell.

    No other cell within MIN_SPACING is likelier. If neighbours are equally likely, it is between
    them.
    """
    side = 2 * MIN_SPACING + 1
    highest = cv2.dilate(logits, np.ones((side, side), np.uint8))
    _, boxes = label((logits == highest) & (logits > np.log(MIN_MIDDLE / (1 - MIN_MIDDLE))))
    return (boxes[:, [1, 0]] + boxes[:, [3, 2]] - 1) / 2


def nearest(points: np.ndarray, middles: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the nearest middle for each point, and the distance to it.

    Args:
        points, middles: (n, 2), row and column; the points roughly from top to bottom.
        reach: middles that are farther above or below may be missed. If there are no others, the
            distance is infinite.
    """
    owner, distance = np.zeros(len(points), int), np.full(len(points), np.inf)
    order = np.argsort(middles[:, 0], kind="stable")
    rows = middles[order, 0]
    for start in range(0, len(points), 1024):
        part = slice(start, start + 1024)
        top, bottom = points[part, 0].min() - reach, points[part, 0].max() + reach
        near = order[slice(*np.searchsorted(rows, (top, bottom)))]
        if len(near):
            squares = ((points[part, None] - middles[near]) ** 2).sum(axis=-1)
            owner[part] = near[squares.argmin(axis=1)]
            distance[part] = np.sqrt(squares.min(axis=1))
    return owner, distance


def grown(mask: np.ndarray) -> np.ndarray:
    """Add the eight neighbours of each cell to a mask."""
    return cv2.dilate(mask.astype(np.uint8), None) > 0
