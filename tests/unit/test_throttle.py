"""Finished drawings come first when many visitors draw at once."""

import threading
from contextlib import ExitStack

from page.core import throttle
from page.core.throttle import MAX_MOVING, turn


def starts(moving: bool) -> threading.Event:
    """An event that is set as soon as another visitor has a turn."""
    started = threading.Event()

    def take_turn() -> None:
        with turn(moving=moving):
            started.set()

    threading.Thread(target=take_turn, daemon=True).start()
    return started


def test_a_finished_drawing_does_not_wait_for_moving_pens(monkeypatch):
    monkeypatch.setattr(throttle, "MAX_WAIT_S", None)  # forever
    with ExitStack() as busy:
        for _ in range(MAX_MOVING):
            busy.enter_context(turn(moving=True))
        moving = starts(moving=True)
        assert starts(moving=False).wait(10)
        assert not moving.is_set()
    assert moving.wait(10)


def test_a_moving_pen_does_not_wait_for_ever_and_every_turn_is_given_back(monkeypatch):
    monkeypatch.setattr(throttle, "MAX_WAIT_S", 0.01)
    with ExitStack() as busy:
        for _ in range(2 * MAX_MOVING):
            busy.enter_context(turn(moving=True))
    monkeypatch.setattr(throttle, "MAX_WAIT_S", None)
    with ExitStack() as busy:  # as many turns as at first
        for _ in range(MAX_MOVING):
            busy.enter_context(turn(moving=True))
        assert not starts(moving=True).wait(0.1)
