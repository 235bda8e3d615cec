"""Groups boxes into rows."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from digits.types import Box


class Boxed(Protocol):
    @property
    def box(self) -> Box: ...


T = TypeVar("T", bound=Boxed)


def usual_height(boxes: np.ndarray) -> float:
    """The height of most symbols: the median of the components, each weighted by its height."""
    heights = np.sort(np.maximum(boxes[:, 3] - boxes[:, 1], 0.3 * (boxes[:, 2] - boxes[:, 0])))
    half = np.searchsorted(heights.cumsum(), heights.sum() / 2)
    return float(heights[min(half, len(heights) - 1)])


def find_rows(symbols: Sequence[T]) -> list[list[T]]:
    """Groups symbols in rows, from top to bottom; each row from left to right."""
    if not symbols:
        return []
    boxes = np.array([symbol.box for symbol in symbols], float)
    heights = boxes[:, 3] - boxes[:, 1]
    usual = usual_height(boxes)
    order = np.argsort(boxes[:, 0], kind="stable")
    chains = _chains(boxes, [k for k in order if heights[k] >= 0.5 * usual])
    for k in order:
        if heights[k] < 0.5 * usual:
            _to_nearest(boxes, chains, k, usual)
    middles = boxes.reshape(-1, 2, 2).mean(axis=1)
    chains.sort(key=lambda chain: middles[chain, 1].mean())
    return [[symbols[k] for k in sorted(chain, key=lambda k: middles[k, 0])] for chain in chains]


def _chains(boxes: np.ndarray, order: list[int]) -> list[list[int]]:
    """From left to right, each symbol continues the row at whose height it is."""
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
    """Where the row continues: the top and bottom of its last symbols, further along its slope."""
    last = boxes[chain[-4:]]
    slope = 0.0
    middles = (last[:, 0] + last[:, 2]) / 2
    heights = last[:, 3] - last[:, 1]
    if np.ptp(middles) > 1.5 * heights.max():
        slope = float(np.polyfit(middles, (last[:, 1] + last[:, 3]) / 2, 1)[0])
        slope = min(0.25, max(-0.25, slope))
    shift = slope * (x - middles[-1])
    return last[-1, 1] + shift, last[-1, 3] + shift


def _to_nearest(boxes: np.ndarray, chains: list[list[int]], k: int, usual: float) -> None:
    """Adds a small symbol to the row whose nearest symbol is nearest, if one is near at all."""
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
