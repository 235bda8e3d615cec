"""Takes ink apart: connected pieces, and the places where touching signs may be cut."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

SEAM_HEIGHT = 40  # pixels: the height at which cuts are looked for
GROUND_COST = 0.03  # of a step over ground, where ink costs 1: cuts are short
Box = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom exclusive


def label(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels 8-connected pieces by merging the runs of neighbouring rows (union-find).

    He et al. 2008, "A run-based two-scan labeling algorithm". NumPy alone: a drawing need not wait
    for a library of computer vision to load.

    Args:
        mask: bool (height, width).

    Returns:
        int32 (height, width): 0 where the mask is not, else 1, 2, ... by piece; and int64
        (pieces, 4): left, top, right, bottom of each, right and bottom exclusive.
    """
    height, width = mask.shape
    stride = width + 1  # an empty column between the end of a row and the next one
    flat = np.zeros(height * stride + 1, np.int8)
    flat[:-1].reshape(height, stride)[:, :width] = mask
    steps = np.diff(flat, prepend=0)
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    first = np.searchsorted(stops, starts + stride - 1, side="right")
    count = np.maximum(np.searchsorted(starts, stops + stride + 1) - first, 0)
    above = np.repeat(np.arange(len(starts)), count)
    below = np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)
    root = np.arange(len(starts))
    while True:
        one, other = root[above], root[below]
        if (one == other).all():
            break
        low = np.minimum(one, other)
        np.minimum.at(root, one, low)
        np.minimum.at(root, other, low)
        while not np.array_equal(root, root[root]):
            root = root[root]
    _, piece = np.unique(root, return_inverse=True)
    labels = np.zeros(mask.shape, np.int32)
    labels[mask] = np.repeat(piece + 1, stops - starts)
    boxes = np.empty((piece.max(initial=-1) + 1, 4), np.int64)
    boxes[:, :2], boxes[:, 2:] = max(height, width), 0
    np.minimum.at(boxes[:, 0], piece, starts % stride)
    np.minimum.at(boxes[:, 1], piece, starts // stride)
    np.maximum.at(boxes[:, 2], piece, (stops - 1) % stride + 1)
    np.maximum.at(boxes[:, 3], piece, starts // stride + 1)
    return labels, boxes


@dataclass(frozen=True, eq=False)
class Seam:
    """A cut from top to bottom."""

    columns: (
        np.ndarray
    )  # float64 (height,): in each row, the ink left of it is parted from the rest
    ink: float  # how much ink it goes through, in pixels


def seams(ink: np.ndarray, sign_height: float, most_ink: float) -> list[Seam]:
    """The cheapest cuts through touching signs, each the best one near where it passes.

    A seam goes from top to bottom by at most one column a row (Avidan and Shamir 2007, seam
    carving); its cost is the ink on it. It therefore bends round strokes and crosses at the
    thinnest place, whether signs touch at the top, in the middle or at the foot.

    Args:
        ink: float32 (height, width), 0-1, of one piece.
        sign_height: the height of a sign in pixels.
        most_ink: leave out cuts through more ink than this, in pixels.

    Returns:
        The seams from left to right.
    """
    height, width = ink.shape
    scale = max(1.0, sign_height / SEAM_HEIGHT)
    small_height, small_width = max(2, round(height / scale)), max(2, round(width / scale))
    if small_width < 6:
        return []
    small = np.asarray(
        Image.fromarray(ink).resize((small_width, small_height), Image.Resampling.BOX)
    )
    cost = small + np.float32(GROUND_COST)
    down, from_above = _cheapest(cost)
    up, from_below = _cheapest(cost[::-1])
    up, from_below = up[::-1], from_below[::-1]
    found: dict[tuple[int, ...], float] = {}
    for row in {small_height // 4, small_height // 2, 3 * small_height // 4}:
        through = (down + up - cost)[row]
        for x in _minima(through):
            path = _trace(row, x, from_above, from_below)
            found[tuple(path)] = float(small[np.arange(small_height), path].sum()) * scale
    return _distinct(found, most_ink, height, scale)


def _cheapest(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cost of the cheapest path from the first row to each pixel, and where it comes from."""
    total = np.empty_like(cost)
    source = np.zeros(cost.shape, np.int8)
    total[0] = cost[0]
    options = np.full((3, cost.shape[1]), np.inf, cost.dtype)
    columns = np.arange(cost.shape[1])
    slanted = np.float32(0.4 * GROUND_COST)  # a slanted step is longer
    for row in range(1, len(cost)):
        above = total[row - 1]
        options[0] = above
        options[1, 1:] = above[:-1] + slanted
        options[2, :-1] = above[1:] + slanted
        best = options.argmin(axis=0)
        total[row] = cost[row] + options[best, columns]
        source[row] = best
    return total, np.array([0, -1, 1], np.int8)[source]


def _minima(costs: np.ndarray) -> np.ndarray:
    """The middles of local minima, flat ones too, away from the ends."""
    change = np.flatnonzero(np.diff(costs)) + 1
    starts, stops = np.concatenate([[0], change]), np.concatenate([change, [len(costs)]])
    level = costs[starts]
    lower = (level[1:-1] < level[:-2]) & (level[1:-1] < level[2:])
    middles: np.ndarray = (starts[1:-1] + stops[1:-1] - 1) // 2
    return middles[lower]


def _trace(row: int, x: int, from_above: np.ndarray, from_below: np.ndarray) -> np.ndarray:
    path = np.empty(len(from_above), int)
    path[row] = x
    for y in range(row, 0, -1):
        path[y - 1] = path[y] + from_above[y, path[y]]
    for y in range(row, len(path) - 1):
        path[y + 1] = path[y] + from_below[y, path[y]]
    return path


def _distinct(
    found: dict[tuple[int, ...], float], most_ink: float, height: int, scale: float
) -> list[Seam]:
    """Of seams that run close together only the cheapest, from left to right."""
    kept: list[tuple[np.ndarray, float]] = []
    for path, ink in sorted(found.items(), key=lambda item: item[1]):
        columns = np.array(path)
        if ink <= most_ink and all(
            np.abs(columns - other).mean() > 0.06 * SEAM_HEIGHT for other, _ in kept
        ):
            kept.append((columns, ink))
    kept.sort(key=lambda seam: seam[0].mean())
    rows = np.arange(height) + 0.5
    return [
        Seam((np.interp(rows * len(path) / height, _middles(path), path) + 0.5) * scale, ink)
        for path, ink in kept
    ]


def _middles(path: np.ndarray) -> np.ndarray:
    return np.arange(len(path)) + 0.5
