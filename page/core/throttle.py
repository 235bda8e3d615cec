"""Who is answered first when many people draw at once: whoever lifted the pen."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2  # pictures of moving pens: more at a time only hold up each other, and the answers
WAIT_S = 0.3  # at most: after it, the same visitor's pen may have been lifted

_moving = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn(moving: bool) -> Iterator[None]:
    """Does what is in the block, for a pen that moves only where few others' do.

    Threads share the GIL: of thirty pictures in work at once, each takes thirty times as long.

    Args:
        moving: whether the picture is of a pen that moves: nobody waits for its answer.
    """
    got = moving and _moving.acquire(timeout=WAIT_S)
    try:
        yield
    finally:
        if got:
            _moving.release()
