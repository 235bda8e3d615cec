"""Runs drawing functions in one process per processor."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from typing import Any

import numpy as np

from digits.normalize import SIDE

PART_SIZE = 500  # drawings that share a seed


def images(
    draw: Callable[[Any, np.random.Generator], np.ndarray],
    items: Sequence[Any] | np.ndarray,
    seed: int,
) -> np.ndarray:
    """Draw an image of each item on all processors, the same for the same seed.

    Args:
        draw: takes an item, returns uint8 (28, 28).
        items: n of them.
        seed: not negative.

    Returns:
        uint8 (n, 28, 28).
    """
    if len(items) == 0:
        return np.zeros((0, SIDE, SIDE), np.uint8)
    return np.concatenate(in_processes(partial(_draw_part, draw), items, seed))


def _draw_part(
    draw: Callable[[Any, np.random.Generator], np.ndarray],
    part: Sequence[Any],
    seed: np.random.SeedSequence,
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([draw(item, rng) for item in part])


def in_processes(
    draw: Callable[[Any, np.random.SeedSequence], Any], items: Sequence[Any] | np.ndarray, seed: int
) -> list[Any]:
    """Call `draw` with parts of the items in other processes, and return its results in order.

    The results depend on the seed, but not on the number of processors.

    Args:
        draw: takes up to PART_SIZE items, and a seed of their own.
        items: at least one.
        seed: not negative.

    Raises:
        Exception: whatever `draw` raises.
    """
    parts = [items[start : start + PART_SIZE] for start in range(0, len(items), PART_SIZE)]
    seeds = np.random.SeedSequence(seed).spawn(len(parts))
    processes = min(len(parts), os.cpu_count() or 1, 61)  # Windows takes no more
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_end_with_parent)
    try:
        return list(pool.map(draw, parts, seeds))
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt ends the drawing


def _end_with_parent() -> None:
    """End this process if its parent is killed; otherwise it would wait for work forever."""

    def wait() -> None:
        parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
