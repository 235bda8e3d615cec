"""Who is answered first."""

import threading
from contextlib import ExitStack

from page.core import throttle as turns


def test_whoever_lifted_the_pen_waits_for_nobody(monkeypatch):
    monkeypatch.setattr(turns, "WAIT_S", None)  # for ever
    entered = threading.Event()

    def draw_on() -> None:
        with turns.turn(moving=True):
            entered.set()

    other = threading.Thread(target=draw_on)
    with ExitStack() as busy:
        for _ in range(turns.AT_ONCE):
            busy.enter_context(turns.turn(moving=True))
        other.start()
        with turns.turn(moving=False):
            assert not entered.wait(0.2)
    other.join(10)
    assert entered.is_set()


def test_a_turn_is_given_back_and_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(turns, "WAIT_S", 0.01)
    for _ in range(3 * turns.AT_ONCE):
        with turns.turn(moving=True):
            pass
    with ExitStack() as busy:
        for _ in range(2 * turns.AT_ONCE):
            busy.enter_context(turns.turn(moving=True))
    assert turns._moving._value == turns.AT_ONCE
