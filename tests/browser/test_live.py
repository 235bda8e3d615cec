"""Answers while the pen moves."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.helpers.page import (
    FIND_CANVAS,
    draw,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    on_screen,
    open_panel,
    press,
    press_down,
    written,
)
from tests.helpers.servers import TIMEOUT, serve, serve_page

# In the page: goes on drawing, a bit in each frame, until `enough()`. Records each drawing that is
# sent, each answer that is shown, its words, and how long the pen rested.
DRAW_ON = """async ([line, enough]) => {
  const canvas = CANVAS;
  const pen = (type, [clientX, clientY]) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerType: "mouse", pointerId: 1, isPrimary: true, clientX, clientY,
    buttons: type === "pointerup" ? 0 : 1, bubbles: true, composed: true, cancelable: true,
  }));
  const root = document.documentElement;
  const shown = () => Number(document.querySelector("[data-reading]").dataset.reading);
  const words = () => document.querySelector(".says").textContent;
  const notes = {sent: [], shown: [], words: [], rested: 0};
  const sent = new MutationObserver(() => {
    notes.sent.push([Number(root.dataset.drawing), shown()]);
  });
  sent.observe(root, {attributeFilter: ["data-drawing"]});
  addEventListener("patched", event => {
    if (!event.target.querySelector("[data-reading]")) return;
    notes.shown.push(shown());
    if (notes.words.at(-1) !== words()) notes.words.push(words());
  });
  notes.words.push(words());
  pen("pointerdown", line[0]);
  let last = performance.now();
  for (let step = 0; notes.shown.length < enough; step++) {
    await new Promise(requestAnimationFrame);
    notes.rested = Math.max(notes.rested, performance.now() - last);
    pen("pointermove", line[step % line.length]);
    last = performance.now();
  }
  notes.duringStroke = notes.words.length;
  sent.disconnect(); // before the picture of the finished stroke
  pen("pointerup", line.at(-1));
  return notes;
}""".replace("CANVAS", FIND_CANVAS)


def wiggle(page) -> list[list[float]]:
    """The points of a long zigzag on the canvas, in screen coordinates."""
    steps = np.linspace(0, 1, 60)
    line = np.stack([0.2 + 0.6 * steps, 0.5 + 0.3 * np.sin(9 * steps)], axis=1)
    (there,) = on_screen(page, [line])
    return [*there.tolist(), *there[::-1].tolist()]


def test_answers_while_the_pen_is_down(visit):
    page = visit()
    press_down(page, on_screen(page, written(3))[0])
    expect_seen(page, written(3))
    best = page.locator(".st-key-probabilities .best .name")
    expect(best).to_have_text("3", timeout=TIMEOUT * 1000)
    expect_digit(page, 3)  # in words, too, as the pen rests
    page.mouse.up()
    expect_digit(page, 3)


def test_one_picture_at_a_time_and_no_new_words_while_the_pen_moves(visit):
    page = visit()
    for _ in range(5):
        if page.locator("[data-untouched]").count() == 0:  # the button is visible
            press(page, "Clear")
        expect_invitation(page)
        notes = page.evaluate(DRAW_ON, [wiggle(page), 6])
        for (sent, _), (_, shown) in pairwise(notes["sent"]):
            assert shown >= sent, "a picture was sent before the last one was answered"
        assert notes["shown"] == sorted(notes["shown"])
        expect_answer(page, "^(?!Draw)")
        if notes["rested"] < 140:  # after a longer rest, the words may change
            assert notes["duringStroke"] == 1, notes["words"]
            return
    pytest.skip("This machine is too busy to draw without a rest.")


def test_a_long_drawing_costs_no_more_at_each_movement(visit):
    page = visit()
    page.evaluate(
        """() => {
          const { hypot } = Math; // once for each point that is packed to be sent
          window.packed = 0;
          Math.hypot = (...sides) => (window.packed++, hypot(...sides));
        }"""
    )
    line = np.linspace((0.2, 0.2), (0.8, 0.8), 300)
    draw(page, [line, line])
    expect_answer(page, "^(?!Draw)")
    assert 0 < page.evaluate("window.packed") < 50 * 600, "all points were packed at each movement"


def test_the_live_region_and_the_bars_stay_and_move(visit):
    page = visit()
    expect_invitation(page)
    nodes = page.locator(".says, .bars .bar").element_handles()
    for digit in (3, 6):
        draw(page, written(digit))
        expect_digit(page, digit)
        assert all(node.evaluate("node => node.isConnected") for node in nodes)
        press(page, "Clear")
        expect_invitation(page)
    duration = "element => getComputedStyle(element).transitionDuration"
    assert page.locator(".bars .bar").first.evaluate(duration) == "0.08s"
    page.emulate_media(reduced_motion="reduce")
    for part in (".bars .bar", ".says", ".seen"):
        assert page.locator(part).first.evaluate(duration) == "0s"


def test_a_stroke_that_ends_before_the_last_one_is_painted_is_added_once(visit):
    page = visit()
    taken_in = page.evaluate(
        """() => {
          const set = CSSStyleDeclaration.prototype.setProperty;
          let times = 0;
          CSSStyleDeclaration.prototype.setProperty = function (name, value) {
            times += name === "--drawn";
            set.call(this, name, value);
          };
          const canvas = CANVAS;
          const box = canvas.getBoundingClientRect();
          for (const side of [0.45, 0.55])
            for (const type of ["pointerdown", "pointerup"])
              canvas.dispatchEvent(new PointerEvent(type, {
                pointerType: "mouse", pointerId: 1, isPrimary: true, bubbles: true, composed: true,
                buttons: type === "pointerup" ? 0 : 1,
                clientX: box.x + side * box.width, clientY: box.y + box.height / 2,
              }));
          CSSStyleDeclaration.prototype.setProperty = set;
          return times;
        }""".replace("CANVAS", FIND_CANVAS)
    )
    assert taken_in == 2, "once for each stroke"
    expect_answer(page, "^(?!Draw)")


def test_a_setting_disables_live_answers(visit):
    with serve(DIGITS_LIVE="0") as url:
        page = visit(url)
        expect_invitation(page)
        notes = page.evaluate(
            DRAW_ON.replace("notes.shown.length < enough", "step < 60"), [wiggle(page), 0]
        )
        sent = page.evaluate("Number(document.documentElement.dataset.drawing)")
        assert (len(notes["sent"]), sent) == (0, 1)
        expect_answer(page, "^(?!Draw)")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_the_server_loads_no_data_frames(visit):
    """Streamlit imports pandas to send a dictionary, and the first visitor would wait for that."""
    with serve_page() as (url, process):
        page = visit(url)
        open_panel(page, "inside")  # the canvas moves
        draw(page, written(3))
        expect_digit(page, 3)
        page.locator(".st-key-looked img").wait_for()
        loaded = Path(f"/proc/{process.pid}/maps").read_text()
        assert "litert" in loaded
        assert not re.findall(r"\S*(?:pandas|pyarrow)\S*", loaded)[:1]
