"""Undo and Clear."""

import re

import numpy as np

from tests.helpers.page import (
    HASH,
    close_panel,
    draw,
    draw_by_mouse,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    open_panel,
    press,
    written,
)

# In the page: how often the script presses the canvas component's own button.
COUNT_UNDOS = """() => {
  window.undos = 0;
  addEventListener("click", (event) => {
    window.undos += event.composedPath()[0].ariaLabel === "Undo";
  }, true);
}"""


def test_undo_takes_strokes_back_and_brings_cleared_drawings_back(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    for _ in range(2):  # the second time the canvas is to go back to the very same drawing
        draw(page, HASH[:1])
        expect_answer(page, "^(?!.*I see a 3)")
        press(page, "Undo")
        expect_digit(page, 3)
    press(page, "Undo")
    expect_invitation(page)
    press(page, "Undo")  # nothing is left to take back
    draw_by_mouse(page, written(5))
    expect_digit(page, 5)
    press(page, "Clear")
    expect_invitation(page)
    press(page, "Clear")  # of an empty canvas: nothing to take back
    press(page, "Undo")
    expect_digit(page, 5)
    expect_seen(page, written(5))
    press(page, "Clear")
    draw_by_mouse(page, written(1))  # and after something else was drawn, too
    expect_digit(page, 1)
    press(page, "Undo")
    expect_invitation(page)
    press(page, "Undo")
    expect_digit(page, 5)
    press(page, "Undo")  # stroke by stroke, as if it had never been away
    expect_seen(page, written(5)[:-1])
    for key in ("Control+Shift+z", "Control+y", "Meta+Shift+Z"):  # the hat, the empty canvas, the 1
        page.keyboard.press(key)
    expect_digit(page, 1)
    page.keyboard.press("Meta+z")
    expect_invitation(page)
    page.keyboard.press("Control+z")
    expect_digit(page, 5)
    expect_seen(page, written(5))


def test_undo_and_clear_remember_many_strokes_and_wait_for_nobody(visit):
    page = visit()
    dots = [
        np.array([(x, y)] * 2) for y in np.linspace(0.1, 0.9, 10) for x in np.linspace(0.1, 0.9, 11)
    ]
    assert len(dots) > 100, "which are as many as the canvas remembers"
    draw(page, written(3))
    open_panel(page, "fool")  # where all ink is a single symbol, whatever dots are elsewhere
    draw(page, dots)
    expect_seen(page, [*written(3), *dots])
    press_at_once(page, len(dots), key="z", ctrlKey=True)
    expect_seen(page, written(3))
    press_at_once(page, 30, key="Z", ctrlKey=True, shiftKey=True)
    expect_seen(page, [*written(3), *dots[:30]])
    close_panel(page)
    # The utmost of a late answer is none: an empty canvas must not wait for any. Whether the server
    # is there may be asked: a slow machine's page does.
    page.route(re.compile("^(?!.*/_stcore/health)"), lambda route: route.abort())
    page.evaluate(COUNT_UNDOS)
    for digit in (6, 9):
        press(page, "Clear")
        draw_by_mouse(page, written(digit))  # nothing of it is lost, however late the answer
        expect_digit(page, digit)
        expect_seen(page, written(digit))
    assert page.evaluate("window.undos") <= 10, "each undo draws all strokes that are left"
    draw(page, HASH[:1])
    press(page, "Undo")
    press(page, "Undo")
    draw_by_mouse(page, written(2))
    expect_digit(page, 2)
    expect_seen(page, written(2))


def press_at_once(page, times: int, **key) -> None:
    """Many times the same keys, as when they are held."""
    page.evaluate(
        """([times, key]) => {
          for (; times; times--)
            document.body.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true }));
        }""",
        [times, key],
    )
