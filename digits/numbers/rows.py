"""Groups symbols into rows by their boxes."""

import numpy as np


def typical_height(boxes: np.ndarray) -> float:
    """The median height of boxes, weighted by height: dots and lines hardly count.

    Args:
        boxes: (n, 4), n > 0, as `Box`.
    """
    heights = np.sort(np.maximum(boxes[:, 3] - boxes[:, 1], 0.3 * (boxes[:, 2] - boxes[:, 0])))
    half = np.searchsorted(heights.cumsum(), heights.sum() / 2)
    return float(heights[min(half, len(heights) - 1)])


def find_rows(boxes: np.ndarray) -> list[list[int]]:
    """Groups symbols into rows.

    Args:
        boxes: float (n, 4), n > 0, as `Box`.

    Returns:
        The indices of the symbols of each row, from left to right; the rows from top to bottom.
    """
    heights = boxes[:, 3] - boxes[:, 1]
    typical = typical_height(boxes)
    order = np.argsort(boxes[:, 0], kind="stable")
    rows = _tall_rows(boxes, [k for k in order if heights[k] >= 0.5 * typical])
    for k in order:
        if heights[k] < 0.5 * typical:
            _add_to_nearest(boxes, rows, k, 0.6 * typical)
    middles = boxes.reshape(-1, 2, 2).mean(axis=1)
    rows.sort(key=lambda row: middles[row, 1].mean())
    return [sorted(row, key=lambda k: middles[k, 0]) for row in rows]


def _tall_rows(boxes: np.ndarray, order: list[int]) -> list[list[int]]:
    """Appends each symbol, from left to right, to the row that continues at its height.

    Args:
        boxes: (n, 4), as `Box`.
        order: the indices of tall symbols, from left to right.

    Returns:
        Their indices, by row.
    """
    rows: list[list[int]] = []
    for k in order:
        best, most = None, 0.35
        for row in rows:
            top, bottom = _band(boxes, row, (boxes[k, 0] + boxes[k, 2]) / 2)
            shared = min(bottom, boxes[k, 3]) - max(top, boxes[k, 1])
            share = shared / max(1, min(bottom - top, boxes[k, 3] - boxes[k, 1]))
            if share > most:
                best, most = row, share
        if best is None:
            rows.append([k])
        else:
            best.append(k)
    return rows


def _band(boxes: np.ndarray, row: list[int], x: float) -> tuple[float, float]:
    """The top and bottom of a row's last symbol, moved to x along the slope of the row."""
    last = boxes[row[-4:]]
    slope = 0.0
    middles = (last[:, 0] + last[:, 2]) / 2
    heights = last[:, 3] - last[:, 1]
    if np.ptp(middles) > 1.5 * heights.max():
        slope = float(np.polyfit(middles, (last[:, 1] + last[:, 3]) / 2, 1)[0])
        slope = min(0.25, max(-0.25, slope))
    shift = slope * (x - middles[-1])
    return last[-1, 1] + shift, last[-1, 3] + shift


def _add_to_nearest(boxes: np.ndarray, rows: list[list[int]], k: int, max_distance: float) -> None:
    """Adds a small symbol to the nearest row; if all are too far away, to a new one."""
    best, least = None, max_distance
    for row in rows:
        others = boxes[row]
        across = np.maximum(others[:, 0] - boxes[k, 2], boxes[k, 0] - others[:, 2]).clip(0)
        down = np.maximum(others[:, 1] - boxes[k, 3], boxes[k, 1] - others[:, 3]).clip(0)
        distance = float((down + 0.3 * across).min())
        if distance < least:
            best, least = row, distance
    if best is None:
        rows.append([k])
    else:
        best.append(k)
