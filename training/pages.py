"""Composes the pages that the layout network learns from, with a target for each cell."""

from typing import Any, NamedTuple

import cv2
import numpy as np

from digits.numbers.layout import CELL, HEIGHT, LINE, SYMBOLS
from handwriting import pen
from handwriting.compose import random_row
from handwriting.rows import Bounds, Row, Writer, bounds

BACKGROUND = 255  # the class of a cell without ink
PAGE = (192, 96)  # pixels: width and height
DETAIL = 3  # pages are drawn this many times as large, then reduced
MAX_TRIES, MAX_WAITING = 8, 12  # numbers tried on a page; numbers that wait for another page
GAPS = (2, 16)  # pixels between two numbers
MAX_PARTS = 255  # of a page: a part's id is a byte, and 0 is the background
OFFSET_SCALE = 2  # offsets are stored in pixels times this, as int8
MIN_LINE_CELLS = 40  # a shorter line has the weight of one of this length


class Pages(NamedTuple):
    """Training data: each array has one entry for each page."""

    images: np.ndarray  # uint8 (n, height, width)
    classes: np.ndarray  # uint8 (n, cells down, cells across), LINE and BACKGROUND included
    offsets: np.ndarray  # int8 (n, down, across, 2): x, y to the symbol's middle, see OFFSET_SCALE
    weights: np.ndarray  # uint8 (n, down, across): less for each cell, the larger a symbol is
    middles: np.ndarray  # uint8 (n, down, across), 255 at the middle of a symbol, then a Gaussian


class Page:
    """A page on which numbers are placed side by side and below one another until it is full.

    A part is a symbol, or the lines of a number with the same pen.
    """

    def __init__(self) -> None:
        width, height = (side * DETAIL for side in PAGE)
        self.ids = np.zeros((height, width), np.uint8)  # the part that each pixel belongs to
        self.filled = np.zeros(width, int)  # how far down each column is occupied
        # By id of the part; the first one is the background.
        self.shades = [0.0]
        self.labels = [BACKGROUND]
        self.boxes: list[Bounds] = [(0.0, 0.0, 0.0, 0.0)]

    def add(self, row: Row, rng: np.random.Generator) -> bool:
        """Draw the row if there is room; return whether there was."""
        left, top, right, bottom = row.box(with_lines=True)
        room = DETAIL * rng.uniform(*GAPS) / 2 + row.width
        width, height = right - left + 2 * room, bottom - top + 2 * room
        if width > len(self.filled):
            return False
        windows = np.lib.stride_tricks.sliding_window_view(self.filled, int(width))[::8]
        lowest = windows.max(axis=1)
        x, y = 8 * int(lowest.argmin()), int(lowest.min())
        if y + height > len(self.ids):
            return False
        if len(self.labels) + len(row.labels) + len(row.lines) > MAX_PARTS:
            return False
        self._draw(row.moved(x + room - left, y + room - top), rng)
        self.filled[x : x + int(width)] = y + height
        return True

    def _draw(self, row: Row, rng: np.random.Generator) -> None:
        for line in sorted(row.lines, key=lambda line: line.shade):
            self._draw_part(line.strokes, line.width, LINE, line.shade)
        # Where two symbols touch, the one with the larger id owns the cell.
        for index in rng.permutation(len(row.symbols)):
            label = SYMBOLS.index(row.labels[index])
            self._draw_part(row.symbols[index], row.width, label, 1.0)

    def _draw_part(self, strokes: pen.Strokes, width: float, label: int, shade: float) -> None:
        paths = [np.rint(stroke * 16).astype(np.int32) for stroke in strokes]
        thickness = max(1, round(width))
        cv2.polylines(self.ids, paths, False, len(self.labels), thickness, cv2.LINE_8, 4)
        left, top, right, bottom = bounds(strokes, width)
        self.boxes.append((left / DETAIL, top / DETAIL, right / DETAIL, bottom / DETAIL))
        self.labels.append(label)
        self.shades.append(shade)

    def finished(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Return one entry of each array of `Pages`."""
        labels, boxes = np.array(self.labels, np.uint8), np.array(self.boxes)
        ids = self._ids_of_cells(labels)
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        is_symbol = labels < LINE
        down, across = np.indices(ids.shape)
        cells = (np.stack([across, down], axis=-1) + 0.5) * CELL
        offsets = np.where(is_symbol[ids][..., None], middles[ids] - cells, 0) * OFFSET_SCALE
        counts = np.bincount(ids.ravel(), minlength=len(labels)).clip(1)
        counts[labels == LINE] = counts[labels == LINE].clip(MIN_LINE_CELLS)
        weights = 255 * counts[ids] ** -0.7 * (ids > 0)
        return (
            self._image(rng),
            labels[ids],
            np.rint(offsets).clip(-127, 127).astype(np.int8),
            np.rint(weights).astype(np.uint8),
            np.rint(255 * heatmap(cells, middles[is_symbol], boxes[is_symbol])).astype(np.uint8),
        )

    def _image(self, rng: np.random.Generator) -> np.ndarray:
        """Return the reduced page, at random blurred, noisy or with another contrast: uint8."""
        ink = np.rint(255 * np.array(self.shades)).astype(np.uint8)[self.ids]
        pixels = cv2.resize(ink, PAGE, interpolation=cv2.INTER_AREA).astype(np.float32)
        if rng.random() < 0.5:
            pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.25, 1.0))
        pixels *= 255 / max(1, pixels.max())
        if rng.random() < 0.5:
            pixels = 255 * (pixels / 255) ** np.float32(rng.uniform(0.5, 1.5))
        if rng.random() < 0.3:
            pixels += rng.normal(0, rng.uniform(0, 25), pixels.shape) * (pixels > 8)
        return np.rint(pixels).clip(0, 255).astype(np.uint8)

    def _ids_of_cells(self, labels: np.ndarray) -> np.ndarray:
        """Return the id of the part that each cell belongs to; symbols come before lines."""
        order = np.argsort(labels == LINE, kind="stable")[::-1]
        order = np.concatenate([[0], order[order > 0]]).astype(np.uint8)
        rank = np.argsort(order).astype(np.uint8)
        side = CELL * DETAIL
        height, width = (length // side for length in self.ids.shape)
        return order[rank[self.ids].reshape(height, side, width, side).max(axis=(1, 3))]


def heatmap(cells: np.ndarray, middles: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Draw a Gaussian around each middle, wider for larger symbols.

    Args:
        cells: float (down, across, 2), x and y of each cell's middle in pixels.
        middles: float (n, 2), x and y.
        boxes: float (n, 4), as `Bounds`.

    Returns:
        float (down, across), 0-1; 1 in the cell that is nearest to a middle.
    """
    heat = np.zeros(cells.shape[:2])
    for (x, y), box in zip(middles, boxes, strict=True):
        sigma = CELL * np.clip(0.025 * (box[2] - box[0] + box[3] - box[1]), 0.6, 1.2)
        first = np.maximum(0, (np.array([y, x]) / CELL - 4).astype(int))
        near = np.s_[first[0] : first[0] + 9, first[1] : first[1] + 9]
        square = ((cells[near] - (x, y)) ** 2).sum(axis=-1)
        heat[near] = np.maximum(heat[near], np.exp((square.min() - square) / (2 * sigma**2)))
    return heat


def write_pages(writers: list[Writer], count: int, seed: int | np.random.SeedSequence) -> Pages:
    """Compose pages of numbers, each number by a random writer.

    Args:
        writers: from `training.writers.by_writer`.
        count: of the pages.
        seed: not negative.
    """
    rng = np.random.default_rng(seed)
    finished: list[Any] = []
    waiting: list[Row] = []  # for a page with room for them
    while len(finished) < count:
        page = Page()
        waiting = [row for row in waiting if not page.add(row, rng)]
        for _ in range(MAX_TRIES):
            row = random_row(writers[rng.integers(len(writers))], rng, HEIGHT * DETAIL)
            if not page.add(row, rng) and len(waiting) < MAX_WAITING:
                waiting.append(row)
        finished.append(page.finished(rng))
    return Pages(*(np.stack(part) for part in zip(*finished, strict=True)))
