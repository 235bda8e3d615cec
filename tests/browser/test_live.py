"""Answers while the pen moves, and the page without an answer."""

import io
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from handwriting.pen import render
from tests.helpers.page import (
    CANVAS,
    FIND_CANVAS,
    draw,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    go_to_learned,
    number,
    on_screen,
    open_panel,
    press,
    written,
)
from tests.helpers.servers import TIMEOUT, serve, serve_page

GONE = "I’ve lost my connection. It will come back by itself."

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


def press_down(page, stroke) -> None:
    """Draw a stroke, and keep the pen down."""
    page.mouse.move(*stroke[0])
    page.mouse.down()
    for point in stroke[1:]:
        page.mouse.move(*point)


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
        expect_answer(page, "^(?!Draw)")
        sent = page.evaluate("Number(document.documentElement.dataset.drawing)")
        assert (len(notes["sent"]), sent) == (0, 1)


# Without an answer


@pytest.fixture(scope="module")
def mortal():
    """A server with a fixed address: its URL, `start()`, `stop()`, and whether it runs."""
    running = []

    def start(**environment):
        context = serve_page(port, **environment)
        url, process = context.__enter__()
        running.append((context, process))
        return url

    def stop():
        context, process = running.pop()
        process.kill()
        context.__exit__(None, None, None)

    port = 0
    url = start()
    port = int(url.rpartition(":")[2])
    yield url, start, stop, running
    while running:
        stop()


@pytest.fixture
def server_to_kill(mortal):
    """A server, and its `start()` and `stop()`."""
    url, start, stop, running = mortal
    if not running:  # after a test that failed
        start()
    return url, start, stop


def expect_gone(page, blank: bool = False) -> None:
    """The sentence is shown and an outdated answer is hidden; an invitation stays."""
    expect(page.locator(".connection-gone")).to_have_text(GONE, timeout=TIMEOUT * 1000)
    expect(page.locator(".says")).to_be_visible(visible=blank)


def healthy(page) -> None:
    """There is no error box, traceback or dialog of Streamlit."""
    for foreign in ("stException", "stDialog", "stConnectionStatus"):
        assert page.get_by_test_id(foreign).count() == 0, foreign
    assert not re.search("Traceback|Error", page.locator("body").inner_text())


# In the page: records when each drawing is sent, in ms after the connection came back.
NOTE_PICTURES = """() => {
  const root = document.documentElement;
  let back = Infinity;
  window.afterwards = [];
  addEventListener("connection", () => {
    if (!root.dataset.connection) back = performance.now();
  });
  new MutationObserver(() => {
    if (performance.now() > back) window.afterwards.push(performance.now() - back);
  }).observe(root, {attributeFilter: ["data-drawing"]});
}"""


def test_a_lost_connection_is_reported_and_restored(visit, server_to_kill):
    url, start, stop = server_to_kill
    page = visit(url)
    page.evaluate(NOTE_PICTURES)
    draw(page, written(3))
    expect_digit(page, 3)
    stop()
    press(page, "Clear")
    draw(page, written(5)[:1])
    expect_gone(page)
    # Now Streamlit's dialog would appear, and take the next stroke.
    tries = len(page.requested)
    while sum("_stcore/health" in one for one in page.requested[tries:]) < 12:
        page.wait_for_timeout(100)
    healthy(page)
    draw(page, written(5)[1:])
    expect_gone(page)
    start()
    expect_digit(page, 5)
    expect_seen(page, written(5))
    healthy(page)
    # A second update would reach the server during its first run, and be lost.
    assert all(after > 4900 for after in page.evaluate("afterwards")), "it was sent again at once"
    press(page, "Undo")
    expect_seen(page, written(5)[:1])
    press(page, "Clear")
    expect_invitation(page)
    draw(page, written(6))
    expect_digit(page, 6)
    healthy(page)


def test_a_connection_that_died_unnoticed_is_replaced(visit):
    """Like after a computer slept: the connection stays open, but nothing gets through."""
    page, sockets, dead = visit(), [], []

    def connect(socket) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: socket in dead or server.send(message))
        server.on_message(lambda message: socket in dead or socket.send(message))
        sockets.append(socket)

    page.route_web_socket("**/_stcore/stream", connect)
    page.add_init_script(
        """const { setInterval } = window; // quick until the page is loaded anew
        const factor = sessionStorage.getItem("loaded") ? 1 : 0.02;
        window.setInterval = (run, ms) => setInterval(run, ms * factor);
        sessionStorage.setItem("loaded", "1");"""
    )
    page.reload()
    page.wait_for_function("document.documentElement.dataset.canvas === 'ready'")
    dead += sockets
    draw(page, written(3))
    expect_digit(page, 3)
    assert len(sockets) > len(dead)


@pytest.mark.parametrize("opened", ["fool", "story"])
def test_a_lost_connection_is_reported_beside_any_panel(visit, server_to_kill, opened):
    url, start, stop = server_to_kill
    page = visit(url)
    draw(page, written(3))
    expect_digit(page, 3)
    open_panel(page, opened)
    shown = page.locator(".st-key-play .hint, .st-key-story")
    expect(shown).to_have_css("opacity", "1")
    if opened == "story":
        page.get_by_role("button", name="6. My answer").click()
        expect(page.locator(".story .sentence")).to_contain_text("Highest: 3")
    stop()
    words = page.locator(".connection-gone")
    expect(words).to_be_visible()
    expect(words).to_have_text(GONE)
    button = page.get_by_role("button", name="How do you know?")
    if opened == "fool":
        expect(button).to_be_disabled()
        expect(button).not_to_have_css("color", "rgb(255, 255, 255)")  # on the bare page
    else:
        expect(shown).to_have_css("opacity", "1")  # it still belongs to the drawing
    press(page, "Clear")
    draw(page, written(6))
    expect(shown).to_be_hidden()
    healthy(page)
    start()
    expect(words).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-reader", "answered")
    healthy(page)
    expect(shown).to_have_css("opacity", "1")
    if opened == "story":
        expect(page.locator(".story .sentence")).to_contain_text("Highest: 6")
        page.keyboard.press("Escape")
        expect(shown).to_have_count(0)
        expect_digit(page, 6)


def test_a_link_pressed_without_a_connection_is_followed_when_it_is_back(visit, server_to_kill):
    url, start, stop = server_to_kill
    page = visit(url, until="[data-connection] .st-key-links a")
    stop()
    expect(page.locator("html")).to_have_attribute("data-connection", "gone")
    go_to_learned(page)
    start()
    expect(page.locator(".st-key-learned")).to_be_visible()
    expect(page).to_have_url(f"{url}/learned")
    page.get_by_role("link", name="Draw a digit").click()
    page.locator(CANVAS).wait_for()
    expect_invitation(page)
    healthy(page)


def test_a_photograph_is_read_again_after_a_server_restart(visit, server_to_kill):
    url, start, stop = server_to_kill
    page = visit(f"{url}/photo", until=".st-key-ways")
    picture = render([stroke * 400 for stroke in number("26")], 26, 400)
    file = io.BytesIO()
    Image.fromarray(255 - picture).save(file, "PNG")
    page.locator("input[type=file]").set_input_files(
        {"name": "digits.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    text = page.locator(".st-key-photo .number .text")
    expect(text).to_have_text("26")
    page.locator(".picture [data-symbol='1']").click()
    expect(page.locator(".one .says")).to_contain_text("I see a 6.")
    stop()
    expect(page.locator("html")).to_have_attribute("data-connection", "gone")
    start()
    expect(page.locator("html")).to_have_attribute("data-connection", "")
    expect(page.locator(".one .says")).to_contain_text("I see a 2.")
    expect(text).to_have_text("26")
    healthy(page)
    page.locator(".picture [data-symbol='1']").click()
    expect(page.locator(".one .says")).to_contain_text("I see a 6.")
    # It also survives a reload by connection.js.
    page.evaluate("document.documentElement.dataset.connection = 'lost'")
    page.evaluate("['connection', 'healing'].forEach((name) => dispatchEvent(new Event(name)))")
    page.reload()
    expect(page.locator(".one .says")).to_contain_text("I see a 2.")
    # It is dropped when the visitor goes to another page.
    page.get_by_role("link", name="Draw a digit").click()
    page.locator(CANVAS).wait_for()
    page.get_by_role("link", name="Photo").click()
    page.locator("input[type=file]").wait_for(state="attached")
    expect(page.locator(".picture")).to_have_count(0)


def test_a_restart_before_the_first_stroke_or_in_the_middle_of_one(visit, server_to_kill):
    url, start, stop = server_to_kill
    page = visit(url, until="[data-connection] canvas.upper-canvas")
    expect_invitation(page)
    stop()
    expect_gone(page, blank=True)
    start()
    expect_invitation(page)
    draw(page, written(8))
    expect_digit(page, 8)
    healthy(page)
    press(page, "Clear")
    expect_invitation(page)
    (stroke,) = on_screen(page, written(3))
    press_down(page, stroke[: len(stroke) // 2])
    stop()
    expect_gone(page)
    start()
    page.locator("html:not([data-reader=gone])").wait_for(state="attached")
    for point in stroke[len(stroke) // 2 :]:
        page.mouse.move(*point)
    page.mouse.up()
    expect_digit(page, 3)
    expect_seen(page, written(3))
    healthy(page)


def test_a_server_that_dies_during_the_first_run_is_noticed(visit):
    with serve() as url:
        page = visit(url)  # the canvas is there; the first visitor waits for the model
        expect(page.locator(".connection-gone")).to_have_count(1)


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
