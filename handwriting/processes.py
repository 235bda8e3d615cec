"""Draws on all processors."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from typing import Any

import numpy as np

from digits.normalize import SIDE

PART_SIZE = 500  # drawings that share a seed


def images(
    draw: Callable[[Any, np.random.Generator], np.ndarray],
    what: Sequence[Any] | np.ndarray,
    seed: int,
) -> np.ndarray:
    """Draws an image of each of `what` on all processors, the same for the same seed.

    Args:
        draw: returns uint8 (28, 28).
        what: the first arguments of `draw`.
        seed: not negative.

    Returns:
        uint8 (n, 28, 28).
    """
    if len(what) == 0:
        return np.zeros((0, SIDE, SIDE), np.uint8)
    with in_processes(partial(_draw_part, draw), what, seed) as drawn:
        return np.concatenate(drawn())


def _draw_part(
    draw: Callable[[Any, np.random.Generator], np.ndarray],
    part: Sequence[Any],
    seed: np.random.SeedSequence,
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([draw(one, rng) for one in part])


@contextmanager
def in_processes(
    draw: Callable[[Any, np.random.SeedSequence], Any], what: Sequence[Any] | np.ndarray, seed: int
) -> Iterator[Callable[[], list[Any]]]:
    """Calls `draw` with parts of `what` in other processes during a with-block.

    The results depend on the seed, but not on the number of processors. Yields a function that
    waits for the results, in order. Drawing stops at the end of the with-block.
    """
    parts = [what[start : start + PART_SIZE] for start in range(0, len(what), PART_SIZE)]
    seeds = np.random.SeedSequence(seed).spawn(len(parts))
    processes = min(len(parts), os.cpu_count() or 1, 61)  # Windows takes no more
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_end_with_parent)
    drawn = pool.map(draw, parts, seeds)

    def results() -> list[Any]:
        with pool:  # ends the processes
            return list(drawn)

    try:
        yield results
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Ends this process if its parent is killed; otherwise it would wait for work for ever."""

    def wait() -> None:
        parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
