"""Give finished drawings priority when many visitors draw at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MAX_MOVING = 2  # unfinished drawings processed at once; more would delay the finished ones
MAX_WAIT_S = 0.3  # by then the visitor may have lifted the pen

_moving = threading.BoundedSemaphore(MAX_MOVING)


@contextmanager
def turn(moving: bool) -> Iterator[None]:
    """Run the block; while the pen moves, first wait until few other such blocks run.

    Threads share the GIL: thirty drawings at once take thirty times as long each.

    Args:
        moving: whether the drawing is unfinished, so that nobody waits for its answer.
    """
    acquired = moving and _moving.acquire(timeout=MAX_WAIT_S)
    try:
        yield
    finally:
        if acquired:
            _moving.release()
