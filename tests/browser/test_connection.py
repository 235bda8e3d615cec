"""The page without an answer: a connection that is lost, and a server that starts anew."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from handwriting.pen import render
from tests.browser.test_photo_page import hand_in, photographed
from tests.helpers.page import (
    CANVAS,
    PEN_WIDTH,
    draw,
    expect_digit,
    expect_invitation,
    expect_seen,
    go_to_learned,
    number,
    on_screen,
    open_panel,
    press,
    press_down,
    written,
)
from tests.helpers.servers import TIMEOUT, serve, serve_page

GONE = "I’ve lost my connection. It will come back by itself."


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
    page = visit(url, until=f"[data-connection]{CANVAS}")
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
    page.wait_for_function("document.documentElement.dataset.reader")
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
    picture = render([stroke * 400 for stroke in number("26")], PEN_WIDTH, 400)
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
    page.evaluate(
        """() => { // at once, because connection.js corrects the mark
          document.documentElement.dataset.connection = "lost";
          for (const name of ["connection", "healing"]) dispatchEvent(new Event(name));
        }"""
    )
    page.reload()
    expect(page.locator(".one .says")).to_contain_text("I see a 2.")
    # It is dropped when the visitor goes to another page.
    page.get_by_role("link", name="Draw a digit").click()
    page.locator(CANVAS).wait_for()
    page.get_by_role("link", name="Photo").click()
    page.locator("input[type=file]").wait_for(state="attached")
    expect(page.locator(".picture")).to_have_count(0)


def test_a_photograph_survives_a_connection_that_is_lost_again(visit, server_to_kill):
    """The second time, before the new server has received it."""
    url, start, stop = server_to_kill
    page = visit(f"{url}/photo", until=".st-key-ways")
    connections = lose_again(page)
    page.reload()
    hand_in(page, photographed("26"))
    text = page.locator(".st-key-photo .number .text")
    expect(text).to_have_text("26")
    stop()
    expect(page.locator("html")).to_have_attribute("data-connection", "gone")
    start()
    # The second connection ends after a run without the photograph, which may be brief.
    while len(connections) < 3:
        page.wait_for_timeout(50)
    expect(text).to_have_text("26")


def lose_again(page) -> list[object]:
    """Close the connection after the first one when the page sends its photograph.

    Returns:
        The connections, also those that are opened later.
    """
    connections = []

    def route(browser) -> None:
        connections.append(browser)
        number, server = len(connections), browser.connect_to_server()
        finished, refused = False, False

        def close() -> None:
            if number == 2 and finished and refused:
                browser.close()

        def send(message) -> None:
            nonlocal refused
            refused = refused or b'"picture"' in message
            if number == 2 and refused:
                close()
            else:
                server.send(message)

        def receive(message) -> None:
            nonlocal finished
            browser.send(message)
            kind = ForwardMsg.FromString(message).WhichOneof("type")
            finished = finished or kind == "script_finished"
            close()

        browser.on_message(send)
        server.on_message(receive)

    page.route_web_socket("**/_stcore/stream", route)
    return connections


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
