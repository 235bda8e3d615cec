"""Takes ink apart at the places where touching symbols may be cut."""

from dataclasses import dataclass

import numpy as np

GROUND_COST = 0.03  # of a step over ground, where ink costs 1: cuts are short
FAR_COST = 0.2  # as far from where symbols seem to meet as a cut may go


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
