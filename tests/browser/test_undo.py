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

# In the page: counts how often the script presses the canvas component's button.
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
    for _ in range(2):  # the second time, the canvas must return to the same drawing
        draw(page, HASH[:1])
        expect_answer(page, "^(?!.*I see a 3)")
        press(page, "Undo")
        expect_digit(page, 3)
    press(page, "Undo")
    expect_invitation(page)
    press(page, "Undo")  # there is nothing left to undo
    draw_by_mouse(page, written(5))
    expect_digit(page, 5)
    press(page, "Clear")
    expect_invitation(page)
    press(page, "Clear")  # an empty canvas: there is nothing to undo
    press(page, "Undo")
    expect_digit(page, 5)
    expect_seen(page, written(5))
    press(page, "Clear")
    draw_by_mouse(page, written(1))  # also after something else was drawn
    expect_digit(page, 1)
    press(page, "Undo")
    expect_invitation(page)
    press(page, "Undo")
    expect_digit(page, 5)
    press(page, "Undo")  # stroke by stroke, as before
    expect_seen(page, written(5)[:-1])
    for key in ("Control+Shift+z", "Control+y", "Meta+Shift+Z"):  # the hat, the empty canvas, the 1
        page.keyboard.press(key)
    expect_digit(page, 1)
    page.keyboard.press("Meta+z")
    expect_invitation(page)
    page.keyboard.press("Control+z")
    expect_digit(page, 5)
    expect_seen(page, written(5))


def test_undo_and_clear_handle_many_strokes_and_never_wait(visit):
    page = visit()
    dots = [
        np.array([(x, y)] * 2) for y in np.linspace(0.1, 0.9, 10) for x in np.linspace(0.1, 0.9, 11)
    ]
    assert len(dots) > 100, "which are as many as the canvas remembers"
    draw(page, written(3))
    open_panel(page, "fool")  # which reads all ink as a single symbol, with any dots
    draw(page, dots)
    expect_seen(page, [*written(3), *dots])
    press_at_once(page, len(dots), key="z", ctrlKey=True)
    expect_seen(page, written(3))
    press_at_once(page, 30, key="Z", ctrlKey=True, shiftKey=True)
    expect_seen(page, [*written(3), *dots[:30]])
    draw(page, HASH[:1])  # once the canvas, too, is in that state
    expect_seen(page, [*written(3), *dots[:30], *HASH[:1]])
    close_panel(page)
    # An empty canvas must not wait for an answer, however late: here, none comes. Health checks
    # pass, because the page of a slow machine sends them.
    page.route(re.compile("^(?!.*/_stcore/health)"), lambda route: route.abort())
    page.evaluate(COUNT_UNDOS)
    for digit in (6, 9):
        press(page, "Clear")
        draw_by_mouse(page, written(digit))  # no stroke is lost, however late the answer
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
    """Press the same keys many times, as if they were held down."""
    page.evaluate(
        """([times, key]) => {
          for (; times; times--)
            document.body.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true }));
        }""",
        [times, key],
    )
