"""Browsers that block the canvas's pixels, block the session storage, or drop the drawing."""

import pytest

from tests.helpers.firefox import firefox
from tests.helpers.page import (
    CANVAS,
    FIND_CANVAS,
    PHONE,
    draw,
    draw_by_mouse,
    expect_digit,
    expect_invitation,
    expect_seen,
    leave_alone,
    press,
    written,
)
from tests.helpers.servers import serve_app

# As some extensions do. Firefox returns another picture instead: see below.
THROWS = """
  for (const [kind, name] of [
    [HTMLCanvasElement, "toDataURL"], [HTMLCanvasElement, "toBlob"],
    [CanvasRenderingContext2D, "getImageData"]])
    kind.prototype[name] = () => { throw new DOMException("refused", "SecurityError"); };
"""
NO_STORAGE = """Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("Access is denied", "SecurityError"); },
});"""


def test_reads_where_the_pixels_of_the_canvas_are_withheld(visit):
    page = visit()
    page.add_init_script(THROWS)
    page.reload()
    page.locator(CANVAS).wait_for()
    draw(page, written(5))
    expect_seen(page, written(5))
    expect_digit(page, 5)
    press(page, "Undo")
    expect_seen(page, written(5)[:1])


@pytest.mark.slow
@pytest.mark.browser
def test_reads_in_a_firefox_that_resists_fingerprinting(server):
    with firefox(privacy__resistFingerprinting=True) as browser:
        browser.open(server)
        browser.wait_for("document.documentElement.dataset.reader")
        pixel = f"{FIND_CANVAS}.getContext('2d').getImageData(0, 0, 1, 1).data.join()"
        assert browser.evaluate(pixel) != "0,0,0,0", "it does not withhold the canvas"
        browser.draw(written(5))
        browser.wait_for("/I see a\\s+5/.test(document.querySelector('.st-key-answer').innerText)")


def test_the_kiosk_starts_without_a_session_storage(visit, server):
    page = visit(clock=True, **PHONE)
    page.add_init_script(NO_STORAGE)
    page.goto(f"{server}/?kiosk")
    page.locator(f"[data-kiosk]{CANVAS}").wait_for()
    draw_by_mouse(page, written(2))  # with real events
    expect_digit(page, 2)
    page.evaluate("window.mine = true")
    leave_alone(page)
    page.wait_for_function("!window.mine && 'kiosk' in document.documentElement.dataset")
    leave_alone(page)
    page.wait_for_function("'attract' in document.documentElement.dataset")


async def another_site(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"<h1>Another site</h1>"})


def test_the_back_button_brings_the_drawing_back_from_another_site(visit):
    page = visit()
    draw(page, written(5))
    expect_digit(page, 5)
    with serve_app(another_site) as elsewhere:
        page.goto(elsewhere)
        page.go_back()
        page.locator(CANVAS).wait_for()
        expect_seen(page, written(5))
        press(page, "Undo")
        expect_seen(page, written(5)[:1])
    page.reload()
    page.locator(CANVAS).wait_for()
    expect_invitation(page)  # a visitor who reloads wants an empty canvas


def test_where_websockets_are_blocked_the_page_says_so(visit):
    page = visit()
    sentence = page.get_by_text("may be blocking WebSockets")
    assert sentence.count() == 1 and not sentence.is_visible()
    page.route_web_socket("**/_stcore/stream", lambda socket: socket.close())
    page.reload()
    sentence.wait_for()
