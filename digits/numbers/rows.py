"""Groups symbols into rows by their boxes."""

import numpy as np

MIN_SHARED = 0.35  # of the shorter of two symbols in a row: the part beside the other one
MAX_REACH = 3  # heights of a row: how far it continues at its slope beyond its last symbol


def typical_height(boxes: np.ndarray) -> float:
    """Return the median height of boxes, weighted by height: dots and lines hardly count.

    Args:
        boxes: (n, 4), n > 0, as `Box`.
    """
    heights = np.sort(np.maximum(boxes[:, 3] - boxes[:, 1], 0.3 * (boxes[:, 2] - boxes[:, 0])))
    half = np.searchsorted(heights.cumsum(), heights.sum() / 2)
    return float(heights[min(half, len(heights) - 1)])


def find_rows(boxes: np.ndarray) -> list[list[int]]:
    """Group symbols into rows.

    Args:
        boxes: float (n, 4), n > 0, as `Box`.

    Returns:
        The indices of the symbols of each row, from left to right; the rows from top to bottom.
    """
    heights = boxes[:, 3] - boxes[:, 1]
    typical = typical_height(boxes)
    order = np.argsort(boxes[:, 0], kind="stable")
    rows = _tall_rows(boxes, [k for k in order if heights[k] >= 0.5 * typical])
    _add_small(boxes, rows, [k for k in order if heights[k] < 0.5 * typical], 0.6 * typical)
    middles = boxes.reshape(-1, 2, 2).mean(axis=1)
    rows.sort(key=lambda row: middles[row, 1].mean())
    return [sorted(row, key=lambda k: middles[k, 0]) for row in rows]


def _tall_rows(boxes: np.ndarray, order: list[int]) -> list[list[int]]:
    """Append each symbol, from left to right, to the row that continues at its height.

    Args:
        boxes: (n, 4), as `Box`.
        order: the indices of tall symbols, from left to right.

    Returns:
        Their indices, by row.
    """
    rows: list[list[int]] = []
    ends: list[tuple[float, ...]] = []  # of each row, from `_end`
    for k in order:
        left, top, right, bottom = boxes[k]
        best = len(rows)
        if rows:
            x, tops, bottoms, slopes = np.transpose(ends)
            reach = MAX_REACH * (bottoms - tops)
            shift = slopes * np.minimum((left + right) / 2 - x, reach)
            shared = np.minimum(bottoms + shift, bottom) - np.maximum(tops + shift, top)
            shares = shared / np.maximum(1, np.minimum(bottoms - tops, bottom - top))
            if shares.max() > MIN_SHARED:
                best = int(shares.argmax())
        if best == len(rows):
            rows.append([])
            ends.append(())
        rows[best].append(k)
        ends[best] = _end(boxes[rows[best][-4:]])
    return rows


def _end(last: np.ndarray) -> tuple[float, ...]:
    """Return the middle, top and bottom of the last of a few symbols, and the slope of them all.

    Args:
        last: (n, 4), as `Box`, from left to right.
    """
    slope = 0.0
    middles = (last[:, 0] + last[:, 2]) / 2
    if np.ptp(middles) > 1.5 * (last[:, 3] - last[:, 1]).max():
        slope = float(np.polyfit(middles, (last[:, 1] + last[:, 3]) / 2, 1)[0])
        slope = min(0.25, max(-0.25, slope))
    return middles[-1], last[-1, 1], last[-1, 3], slope


def _add_small(
    boxes: np.ndarray, rows: list[list[int]], small: list[int], max_distance: float
) -> None:
    """Add each small symbol to the row of the nearest symbol, or to a new row if all are far."""
    row_of = np.full(len(boxes), -1)
    for number, row in enumerate(rows):
        row_of[row] = number
    for k in small:
        left, top, right, bottom = boxes[k]
        across = np.maximum(boxes[:, 0] - right, left - boxes[:, 2]).clip(0)
        down = np.maximum(boxes[:, 1] - bottom, top - boxes[:, 3]).clip(0)
        distances = np.where(row_of < 0, np.inf, down + 0.3 * across)
        nearest = int(distances.argmin())
        is_near = distances[nearest] < max_distance
        row_of[k] = row_of[nearest] if is_near else len(rows)
        if not is_near:
            rows.append([])
        rows[row_of[k]].append(k)
