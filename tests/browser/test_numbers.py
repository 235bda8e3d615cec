"""Numbers on the page: several digits on the canvas, each with its own answer."""

import re

import numpy as np
from playwright.sync_api import expect

from tests.helpers.page import (
    PHONE,
    Glass,
    close_panel,
    draw,
    expect_answer,
    expect_digit,
    expect_invitation,
    number,
    press,
    written,
)
from tests.helpers.servers import TIMEOUT


def symbols(page) -> list[str]:
    return page.locator("[data-symbol] b").all_inner_texts()


def expect_bars_of(page, digit: int) -> None:
    best = page.locator("[data-reader=answered] .bars .best .name")
    expect(best).to_have_text(str(digit), timeout=TIMEOUT * 1000)


def test_a_number_is_read_and_each_of_its_digits_can_be_chosen(visit):
    page = visit()
    draw(page, number("2026", pitch=0.3))
    answer = expect_answer(page, r"I see 2026\.")
    assert len(re.findall(r"\d%", answer)) == 4, "each digit has a certainty of its own"
    assert symbols(page) == list("2026")
    expect_bars_of(page, 6)  # drawn last
    last = page.locator(".st-key-seen img").get_attribute("src")
    page.locator("[data-symbol='1']").click()
    expect_bars_of(page, 0)
    expect(page.locator("[aria-pressed=true][data-symbol]")).to_have_text(re.compile("^0"))
    assert page.locator(".st-key-seen img").get_attribute("src") != last
    page.locator(".st-key-open_story button").click()
    page.locator(".sentence", has_text="First I cut it apart.").wait_for()
    page.get_by_role("button", name="6. My answer").click()
    page.locator(".sentence", has_text="Highest: 0.").wait_for()
    page.locator(".story .tiles button").first.click()  # at any time
    page.locator(".sentence", has_text="Highest: 2.").wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.locator(".sentence", has_text="2, 0, 2, 6: I see 2026.").wait_for()
    press(page, "All at once")
    page.get_by_text("What lit up here speaks for a 2.").wait_for()
    close_panel(page)
    press(page, "Undo")  # the 6
    expect_answer(page, r"I see 202\.")
    expect_bars_of(page, 2)
    press(page, "Clear")
    expect_invitation(page)
    draw(page, written(4))
    expect_digit(page, 4)
    assert symbols(page) == []


def test_a_number_is_read_on_a_phone(visit):
    page = visit(**PHONE)
    glass = Glass(page)
    glass.draw(number("2026", 0.28, 0.24))
    expect_answer(page, r"I see 2026\.")
    glass.tap(page.locator("[data-symbol='2']"))
    expect_bars_of(page, 2)
    box = page.locator(".st-key-answer").bounding_box()
    for part in (".says .digit", "[data-symbol='0']", "[data-symbol='3']"):
        inner = page.locator(part).bounding_box()
        assert box["x"] <= inner["x"] and inner["x"] + inner["width"] <= box["x"] + box["width"]
        assert box["y"] <= inner["y"] and inner["y"] + inner["height"] <= box["y"] + box["height"]


def test_a_mark_is_part_of_the_answer_but_only_digits_can_be_chosen(visit):
    page = visit()
    dot = np.array([[0.365, 0.66], [0.37, 0.665]])
    digits = number("314", pitch=0.27)
    draw(page, [digits[0], dot, *digits[1:]])
    answer = expect_answer(page, r"I see 3\.14\.")
    assert len(re.findall(r"\d%", answer)) == 3
    assert symbols(page) == list("314")
    expect_bars_of(page, 4)
