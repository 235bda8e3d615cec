"""The page speaks the visitor's language."""

import re

from playwright.sync_api import expect

from page.core.text import SOURCE
from page.languages import template
from tests.helpers.page import draw, expect_answer, go_to_learned, open_panel, region, written


def expect_no_english(page) -> None:
    """No complete English sentence or name is left, neither visible nor for screen readers."""
    said = page.evaluate(
        """() => document.body.innerText + [...document.querySelectorAll("[aria-label], [alt]")]
          .map((one) => one.getAttribute("aria-label") + one.getAttribute("alt")).join("\\n")"""
    )
    # Short ones must fill a line: “Stop” may be part of a word in another language.
    lines = {line.strip() for line in said.splitlines()}
    for message in template():
        for sentence in message.id if message.pluralizable else (message.id,):
            whole = re.sub(r"<[^>]+>", "", sentence)
            assert not sentence or whole not in lines, sentence
            assert len(whole) < 20 or whole not in said, sentence


def test_speaks_the_visitors_language_and_any_other(visit):
    page = visit(locale="de-AT")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    draw(page, written(8))
    expect_answer(page, "Ich sehe eine 8.Ich bin zu mehr als 99\xa0% sicher")
    expect(region(page, "probabilities")).to_contain_text(">99\xa0%")
    expect_no_english(page)
    page.get_by_label("Sprache").select_option("العربية")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect_answer(page, "أرى الرقم 8")
    places = [
        page.locator(f".bars > :nth-child({place})").bounding_box()["x"] for place in (1, 5, 10)
    ]
    assert places == sorted(places), "digits are counted from the left in Arabic, too"
    open_panel(page, "story")
    page.locator(".story .all").click()
    region(page, "why_not").locator("label").wait_for()
    expect_no_english(page)
    knob = page.evaluate(
        """() => [...document.querySelectorAll(".st-key-why_not label > div:first-of-type, "
          + ".st-key-why_not label > div:first-of-type > div")]
          .map((one) => one.getBoundingClientRect()).map(({ left, right }) => [left, right])"""
    )
    assert knob[0][0] <= knob[1][0] and knob[1][1] <= knob[0][1], "the switch has its knob"
    go_to_learned(page)
    page.locator(".lesson .wall figure").first.wait_for()
    page.locator("summary").click()
    page.locator(".confusion").wait_for()
    expect_no_english(page)
    page.wait_for_url("**/learned?lang=ar")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_an_unknown_language_gets_the_pages_own(visit):
    page = visit(locale="fi-FI")
    expect(page.locator("html")).to_have_attribute("lang", SOURCE)
