"""Takes ink apart: connected pieces, and the places where touching symbols may be cut."""

from dataclasses import dataclass

import numpy as np

GROUND_COST = 0.03  # of a step over ground, where ink costs 1: cuts are short
FAR_COST = 0.2  # as far from where symbols seem to meet as a cut may go


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

    # float64 (height,): in each row, the ink left of it is parted from the rest
    columns: np.ndarray
    ink: float  # how much ink it goes through, in pixels


def seam(ink: np.ndarray, x: float, least: float, most: float) -> Seam:
    """The cheapest cut through touching symbols near a column.

    A seam goes from top to bottom by at most one column a row (Avidan and Shamir 2007, seam
    carving); its cost is the ink on it. It therefore bends round strokes and crosses at the
    thinnest place, whether symbols touch at the top, in the middle or at the foot.

    Args:
        ink: float32 (height, width), 0-1, of one piece.
        x: the column.
        least, most: the columns between which the seam stays; x is between them.
    """
    height, width = ink.shape
    first, last = max(0, int(least)), min(width, int(most) + 1)
    near = ink[:, first:last]
    away = np.abs(np.arange(first, last) + 0.5 - x) / max(most - least, 1)
    cost = near + (GROUND_COST + FAR_COST * away**2).astype(np.float32)
    total, source = _cheapest(cost)
    path = np.empty(height, int)
    path[-1] = total[-1].argmin()
    for y in range(height - 1, 0, -1):
        path[y - 1] = path[y] + source[y, path[y]]
    return Seam(first + path + 0.5, float(near[np.arange(height), path].sum()))


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
