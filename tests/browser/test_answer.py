"""The answer to a drawing, and what the page shows beside it."""

import re

import numpy as np
from PIL import Image

from handwriting.pen import render
from tests.helpers.page import (
    HASH,
    LARGE,
    PEN_WIDTH,
    SMALL,
    draw,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    expect_stillness,
    expect_whole_page,
    on_screen,
    press,
    region,
    written,
)


def test_answers_whatever_is_drawn(visit, classifier):
    page = visit()
    expect_little_to_press(page)
    expect_invitation(page)
    top = region(page, "probabilities").bounding_box()["y"]
    for digit in range(10):
        where = (SMALL, LARGE)[digit % 2]
        draw(page, written(digit, *where))
        expect_seen(page, written(digit, *where))
        expect_digit(page, digit)
        if digit == 3:
            expect_an_explanation_of(page, digit)
            assert region(page, "probabilities").bounding_box()["y"] == top, "something jumped"
        press(page, "Clear")
        expect_invitation(page)
    draw(page, HASH)
    expect_a_refusal_without_contradictions(page, classifier)
    assert region(page, "probabilities").bounding_box()["y"] == top, "something jumped"
    press(page, "Clear")
    expect_invitation(page)
    expect_no_refusal_of_half_a_digit(page)


def expect_little_to_press(page) -> None:
    """Only a few buttons are visible before the first stroke."""
    expect_whole_page(page)
    pressable = page.locator("button:visible, a:visible, select:visible, input:visible")
    names = [one.inner_text() or one.get_attribute("aria-label") for one in pressable.all()]
    names = [name.partition("\n")[0] for name in names if not name.startswith("Skip")]
    assert names == ["Photo", "Full screen (F)", "Draw one for me", "English"]


def expect_an_explanation_of(page, digit: int) -> None:
    """The network's input, the eleven bars, and the buttons that open panels."""
    for title in ("How do you know?", "Can I fool you?", "Teach you"):
        assert page.get_by_role("button", name=title).is_visible()
    assert "28 by 28 dots" in page.locator(".st-key-seen .caption").inner_text()
    image = page.locator(".st-key-seen img")
    assert image.get_attribute("alt")
    assert image.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
    assert image.bounding_box()["width"] >= 100
    chart = page.locator(".st-key-probabilities [role=img]")
    spoken = chart.get_attribute("aria-label")
    assert re.search(rf"none of them\? {digit}: (>|9)\d+%\. \w+: ", spoken)
    assert chart.locator(".name").all_inner_texts() == [*"0123456789", "none"]
    assert heights(page).argmax() == digit
    colour = "bar => getComputedStyle(bar).backgroundColor"
    colours = chart.locator(".bar").evaluate_all(f"bars => bars.map({colour})")
    assert colours.count(colours[digit]) == 1, "the winner does not stand out"
    assert "100%" not in page.locator("body").inner_text()


def heights(page) -> np.ndarray:
    """The heights of the eleven bars, once they stopped moving, as fractions of their sum."""
    expect_stillness(page)
    bars = page.locator(".st-key-probabilities .bar")
    found = bars.evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().height)")
    return np.array(found) / sum(found)


def expect_a_refusal_without_contradictions(page, classifier) -> None:
    expect_answer(page, r"^\?That’s not a digit I know. Closest: an? \d.$")
    assert page.locator(".says .digit").bounding_box()["height"] > 150, "it is as large as a digit"
    shown = heights(page)
    drawing = Image.fromarray(render([stroke * 400 for stroke in HASH], PEN_WIDTH, 400))
    assert np.allclose(shown, classifier.predict(drawing).bars, atol=0.03)
    assert shown.argmax() == 10
    assert page.locator(".st-key-probabilities .best .name").inner_text() == "none"
    assert page.locator(".st-key-probabilities .name").count() == 11
    assert page.locator(".st-key-seen img").count() == 1


def expect_no_refusal_of_half_a_digit(page) -> None:
    stroke, *_ = on_screen(page, HASH[:1])
    page.mouse.move(*stroke[0])
    page.mouse.down()
    for step in np.linspace(0, 1, 9):  # a hook that is not a digit
        page.mouse.move(*(stroke[0] + step * (stroke[-1] - stroke[0])))
    for step in np.linspace(0, 1, 9):
        page.mouse.move(stroke[-1][0] + 200 * step, stroke[-1][1] - 260 * step)
    expect_answer(page, "^Go on …$")  # to the whole hook
    assert page.locator(".bars .none .share").inner_text() == ""
    assert page.locator(".bars .best").count() == 0
    page.mouse.up()
    expect_answer(page, "not a digit I know|not sure|I see a")
