"""Play: challenges, a symbol of the visitor's, and the count of right answers."""

import re
import time
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import expect

from handwriting import pen
from handwriting.allographs import SYMBOLS
from handwriting.pen import NO_DIGIT
from page.play.challenge import CHALLENGES
from page.tally.counts import Tally
from tests.helpers.page import (
    CANVAS,
    HASH,
    PHONE,
    close_panel,
    draw,
    expect_answer,
    expect_digit,
    expect_end_of_run,
    expect_invitation,
    open_panel,
    press,
    region,
    written,
)
from tests.helpers.servers import TIMEOUT, serve


def heart(seed: int) -> pen.Strokes:
    rng = np.random.default_rng(seed)
    strokes = pen.strokes_from_skeleton(SYMBOLS["heart"], rng, shake=1.5)
    return pen.place(pen.by_hand(strokes, rng, wild=0.5), 0.7, (0.5, 0.5))


def expect_text(locator, pattern: str) -> None:
    expect(locator).to_have_text(re.compile(pattern), timeout=TIMEOUT * 1000)


def expect_focus(page, button: str) -> None:
    """Wait until a button has the keyboard focus."""
    page.wait_for_function("name => document.activeElement.innerText === name", arg=button)


def clear(page) -> None:
    if page.locator("[data-untouched]").count() == 0:
        press(page, "Clear")
    page.locator("[data-blank][data-reader=answered]").wait_for(state="attached")


def settled(page) -> None:
    page.locator("[data-reader=answered]:not([data-blank])").wait_for(state="attached")


def teach_hearts(page, count: int) -> None:
    name = page.get_by_label("What is your symbol called?")
    name.fill("<b>heart")
    name.press("Enter")
    clear(page)
    for seed in range(count):
        draw(page, heart(seed))
        settled(page)
        press(page, "Keep this one")
        page.locator(".examples img").nth(seed).wait_for()
        page.locator("[data-blank][data-reader=answered]").wait_for(state="attached")


def test_a_challenge_is_judged_while_the_visitor_draws(visit):
    page = visit()
    bars = region(page, "probabilities").bounding_box()
    open_panel(page, "fool")
    assert region(page, "probabilities").bounding_box() == bars, "something jumped"
    expect_text(page.locator(".task"), "Draw a 7 that I can’t read!")
    hint = page.locator(".st-key-play .hint")
    draw(page, written(7))
    expect_text(hint, "I can still read it")
    page.locator(".bars .best .share").wait_for()
    assert int(page.get_by_role("progressbar").get_attribute("aria-valuenow")) < 50
    clear(page)
    draw(page, HASH)
    expect_text(hint, "I don’t see that digit")
    press(page, "Another one")
    expect_text(page.locator(".task"), "between a 4 and a 9")
    expect_text(page.locator(".count"), f"0 of {len(CHALLENGES)} fooled")
    close_panel(page)
    clear(page)
    expect_invitation(page)


def test_a_panel_opens_and_closes_while_the_visitor_draws(visit):
    page = visit()
    draw(page, written(7))
    settled(page)
    for state in ("visible", "detached") * 3:
        page.locator(".st-key-open_fool button").evaluate("button => button.click()")
        draw(page, written(7))
        settled(page)
        page.locator(".st-key-play").wait_for(state=state)


def test_a_heart_that_was_taught_is_known_until_it_is_forgotten(visit):
    page = visit()
    open_panel(page, "teach")
    teach_hearts(page, 5)
    expect_text(page.locator(".st-key-play .hint"), "I know it now")
    draw(page, heart(11))
    known = page.locator(".st-key-play .known")  # at once, and large
    expect_text(known, "^<b>heart!$")
    assert known.bounding_box()["height"] > 60
    name = page.get_by_label("What is your symbol called?")
    for renamed in ("leaf", "<b>heart"):
        name.fill(renamed)
        name.press("Enter")
        expect_text(known, f"^{renamed}!$")
        expect_text(page.locator(".bars .taught .name"), renamed)
    for width, height in ((1080, 1920), (820, 1180), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        expect_panel_to_fit(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    close_panel(page)
    expect_answer(page, "I see your symbol: <b>heart")
    expect_text(page.locator(".bars .taught .name"), "<b>heart")
    for digit in (3, 7):
        clear(page)
        draw(page, written(digit))
        expect_digit(page, digit)
    open_panel(page, "teach")
    press(page, "Forget it")
    page.locator(".examples").wait_for(state="detached")
    page.locator(".bars .taught").wait_for(state="detached")
    expect(page.get_by_label("What is your symbol called?")).to_have_value("")
    close_panel(page)
    clear(page)
    draw(page, heart(11))
    expect_answer(page, "not a digit I know|not sure")
    expect_a_symbol_to_be_forgotten_with_the_visit(page)


def expect_a_symbol_to_be_forgotten_with_the_visit(page) -> None:
    open_panel(page, "teach")
    teach_hearts(page, 1)
    expect_focus(page, "Keep this one")
    press(page, "Forget it")
    page.locator(".examples").wait_for(state="detached")
    expect_focus(page, "Forget it")
    teach_hearts(page, 1)
    page.reload()
    page.locator(CANVAS).wait_for()
    draw(page, heart(0))
    expect_answer(page, "not a digit I know|not sure")
    assert page.locator(".bars .taught").count() == 0


def test_one_panel_closes_the_others_and_nothing_is_counted(visit, server):
    page = visit(f"{server}/?presenter")
    expect_text(page.locator(".st-key-presenter"), "Nothing is counted")
    assert not page.locator(".st-key-open_story").is_visible(), "before the first stroke"
    draw(page, written(3))
    expect_digit(page, 3)
    assert page.locator(".st-key-tally").count() == 0, "nothing is asked"
    assert "counted" not in page.locator(".privacy").inner_text()
    press(page, "How do you know?")
    page.locator(".story[data-step]").wait_for()
    page.keyboard.press("Escape")
    page.locator(".story").wait_for(state="detached")
    expect_focus(page, "How do you know?")
    page.keyboard.press("Enter")
    page.locator(".story[data-step]").wait_for()
    press(page, "All at once")
    expect_focus(page, "Step by step")
    close_panel(page)
    expect_focus(page, "How do you know?")
    press(page, "Can I fool you?")
    page.locator(".st-key-play .task").wait_for()
    close_panel(page)
    expect_focus(page, "Can I fool you?")
    press(page, "Can I fool you?")
    page.locator(".st-key-play .task").wait_for()
    expect_focus(page, "Can I fool you?")
    press(page, "Teach you")
    page.locator(".st-key-play input").wait_for()
    page.locator(".task").wait_for(state="detached")
    press(page, "Teach you")  # closes the panel
    page.locator(".st-key-play").wait_for(state="detached")
    expect_digit(page, 3)


def test_the_focus_moves_on_when_the_server_is_slow(visit):
    """The closed panel's elements stay in its replacement until all of that has arrived."""
    page = visit()
    slow_down(page)
    draw(page, written(3))
    expect_digit(page, 3)
    press(page, "How do you know?")
    press(page, "All at once")
    expect_focus(page, "Step by step")
    close_panel(page)
    expect_focus(page, "How do you know?")
    press(page, "Can I fool you?")
    close_panel(page)
    expect_focus(page, "Can I fool you?")


def slow_down(page) -> None:
    """Reload the page, with a pause after each of the server's messages."""

    def route(browser) -> None:
        def forward(message: bytes) -> None:
            browser.send(message)
            time.sleep(0.02)

        browser.connect_to_server().on_message(forward)

    page.route_web_socket("**/_stcore/stream", route)
    page.reload()
    page.locator(CANVAS).wait_for()


def test_escape_closes_any_panel_at_once(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    for panel, name in (("story", "How do you know?"), ("fool", "Can I fool you?")):
        opened = f".st-key-{panel}, .task"
        page.evaluate(
            """panel => new MutationObserver((_, observer) => {
          if (!document.querySelector(panel)) return;
          observer.disconnect();
          window.escaped = panel;
          dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
        }).observe(document.body, { childList: true, subtree: true })""",
            opened,
        )
        page.locator(f".st-key-open_{panel} button").focus()
        page.keyboard.press("Enter")
        # It may disappear before the test sees it.
        page.wait_for_function("panel => window.escaped === panel", arg=opened)
        page.locator(".st-key-story, .task").wait_for(state="detached")
        expect_focus(page, name)


@pytest.mark.parametrize(
    "sizes", [[(1366, 650), (1920, 1080), (1080, 1920)], [(360, 740), (740, 360)]]
)
def test_fits_the_screen(visit, sizes):
    page = visit(**(PHONE if sizes[0][0] < 500 else {}), locale="de")
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        expect_to_fit(page)


def expect_panel_to_fit(page) -> None:
    place = page.locator(":has(> .st-key-play)").last
    # For a moment, elements of the previous panel are still there.
    page.wait_for_function(
        """one => one.scrollHeight - one.clientHeight <= 1
          && one.scrollWidth - one.clientWidth <= 1""",
        arg=place.element_handle(),
    )
    box, bars = place.bounding_box(), region(page, "probabilities").bounding_box()
    assert box["y"] + box["height"] <= bars["y"] + 1


def expect_to_fit(page) -> None:
    for panel, own in (("fool", "progressbar"), ("teach", "textbox")):
        open_panel(page, panel)
        region(page, "play").get_by_role(own).wait_for()
        expect_text(page.locator(".st-key-play .hint").last, ".")
        expect_panel_to_fit(page)
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth - {main}.clientWidth") <= 0


def test_answers_are_counted_once_and_the_presenter_sees_and_clears_them(visit, tmp_path):
    path = tmp_path / "tally.sqlite"
    with serve(DIGITS_TALLY=str(path)) as url:
        page = visit(url)
        expect_text(page.locator(".privacy"), "How often I was right is counted")
        draw(page, written(3))
        expect_digit(page, 3)
        press(page, "Right")
        expect_text(page.locator(".score-row"), "I got 1 of 1 right")
        assert page.get_by_role("button", name="Right", exact=True).count() == 0
        open_panel(page, "fool")
        clear(page)
        draw(page, written(7))
        settled(page)
        close_panel(page)
        expect_digit(page, 7)
        expect_end_of_run(page)  # which asks after the second stroke
        page.get_by_text("It was a …").click()
        for width, height in ((360, 740), (1280, 800)):
            page.set_viewport_size({"width": width, "height": height})
            boxes = [one.bounding_box() for one in page.locator(".choices button").all()]
            assert all(min(box["width"], box["height"]) >= 44 for box in boxes)
            assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        page.locator(".choices").get_by_role("button", name="1").click()
        expect_text(page.locator(".score-row"), "I got 1 of 2 right")
        assert page.evaluate("document.activeElement.className") == "score-row"
        clear(page)
        draw(page, HASH)
        expect_answer(page, "not a digit")
        expect_end_of_run(page)
        press(page, "Right")
        expect_text(page.locator(".score-row"), "I got 2 of 3 right")
        assert Tally(path).counts() == {(3, 3): 1, (1, 7): 1, (NO_DIGIT, NO_DIGIT): 1}
        presenter = visit(f"{url}/?{urlencode({'presenter': ''})}")
        expect_text(presenter.locator(".st-key-presenter .total"), "I got 2 of 3 right")
        expect_text(presenter.locator(".st-key-presenter tbody"), r"1\s*7\s*1")
        press(presenter, "Clear the count")
        presenter.get_by_role("button", name="No", exact=True).click()
        press(presenter, "Clear the count")
        press(presenter, "Yes, forget it")
        expect_text(presenter.locator(".st-key-presenter .total"), "I got 0 of 0 right")
        assert Tally(path).counts() == {}
        assert page.locator(".st-key-presenter").count() == 0


def test_visitors_do_not_notice_an_unusable_file(visit, tmp_path):
    with serve(DIGITS_TALLY=str(tmp_path / "none" / "tally.sqlite")) as url:
        page = visit(url)
        draw(page, written(3))
        expect_digit(page, 3)
        press(page, "Right")
        page.locator(".score-row button").first.wait_for(state="detached")
        assert page.get_by_role("alert").count() == 0
        clear(page)
        draw(page, written(8))
        expect_digit(page, 8)
        presenter = visit(f"{url}/?presenter")
        expect_text(presenter.locator(".st-key-presenter"), "can’t be used, so nothing is counted")
