"""“All at once”, in a real browser on a real server."""

import base64
import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from page.draw.inside import GLOW
from tests.helpers.page import (
    HASH,
    PHONE,
    close_panel,
    draw,
    expect_digit,
    expect_invitation,
    open_panel,
    press,
    written,
)
from tests.helpers.servers import TIMEOUT


def open_up(page) -> None:
    open_panel(page, "inside")


def sources(page, selector: str) -> list[str]:
    """The URLs of the pictures in a part of the panel."""
    return page.locator(f".st-key-inside {selector} img").evaluate_all("all => all.map(i => i.src)")


def pixels(source: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))


def expect_new(page, before: list[str], selector: str = "") -> list[str]:
    """Wait until every picture in a part of the panel is new; return their URLs."""
    page.wait_for_function(
        """([selector, before]) => {
          const all = [...document.querySelectorAll(selector)].map(image => image.src);
          return all.length && !all.some(source => before.includes(source));
        }""",
        arg=[f".st-key-inside {selector} img", before],
    )
    return sources(page, selector)


def test_is_closed_until_requested_and_shows_where_it_looked(visit):
    page = visit()
    draw(page, written(4))
    expect_digit(page, 4)
    assert page.locator(".st-key-inside").count() == 0
    open_up(page)
    page.locator(".st-key-inside .maps").first.wait_for()
    press(page, "Step by step")
    page.locator(".story canvas").wait_for()
    press(page, "All at once")
    page.locator(".st-key-inside .maps").first.wait_for()
    assert page.locator(".story").count() == 0
    close_panel(page)
    expect_digit(page, 4)
    press(page, "Clear")
    expect_invitation(page)
    draw(page, written(9))
    expect_digit(page, 9)
    open_up(page)
    expect_heat_on_the_ink_and_elsewhere_for_the_runner_up(page)
    close_panel(page)
    expect_digit(page, 9)


def expect_heat_on_the_ink_and_elsewhere_for_the_runner_up(page) -> None:
    (best,) = expect_new(page, [], ".looked")
    ink = pixels(sources(page, ".steps")[2])
    picture = pixels(best).astype(int)
    heat = picture[..., 0] - picture[..., 2]  # orange minus blue
    near = np.kron(np.asarray(Image.fromarray(ink).reduce(4)) > 0, np.ones((16, 16), bool))
    assert heat[near].mean() > 1.5 * heat[~near].mean(), "the heat is not on the ink"
    assert near.ravel()[heat.argmax()]

    question = page.get_by_text(re.compile(r"^Why not an? \d\?$"))
    runner_up = re.search(r"\d", question.inner_text()).group()
    assert runner_up != "9"
    question.click()
    (second,) = expect_new(page, [best], ".looked")
    picture = pixels(second).astype(int)
    other = picture[..., 0] - picture[..., 2]
    assert np.corrcoef(heat.ravel(), other.ravel())[0, 1] < 0.5
    assert f"speaks for a {runner_up}" in page.locator(".st-key-looked .key").inner_text()


def test_shows_what_the_network_has_and_moves_with_each_stroke(visit, classifier):
    page = visit()
    draw(page, written(5))
    expect_digit(page, 5)
    open_up(page)
    expect_the_28_by_28_dots_and_the_feature_maps(page, classifier)
    expect_nothing_once_the_canvas_is_empty(page)
    first, *others = written(7)
    draw(page, [first])
    shown = expect_new(page, [])
    for stroke in [*others, HASH[0]]:
        draw(page, [stroke])
        # Everything changes, except feature maps that stay dark.
        for selector in (".steps", ".looked", ".block:last-child"):
            expect_new(page, shown, selector)
        shown = sources(page, "")
    expect_nothing_once_the_canvas_is_empty(page)


def expect_nothing_once_the_canvas_is_empty(page) -> None:
    press(page, "Clear")
    page.get_by_text("Draw a digit, and I’ll show you how").wait_for()
    expect(page.locator(".st-key-inside img")).to_have_count(0)  # some stay until the run ends


def expect_the_28_by_28_dots_and_the_feature_maps(page, classifier) -> None:
    """Also checks that they can be enlarged."""
    drawing, cut, seen = map(pixels, expect_new(page, [], ".steps"))
    assert drawing.shape[0] == drawing.shape[1] > 100
    assert max(cut.shape) == 20
    assert all(edge.any() for edge in (cut[0], cut[-1], cut[:, 0], cut[:, -1])), "not cut close"
    outside = page.locator(".st-key-seen img").get_attribute("src")
    assert np.array_equal(seen, pixels(outside))
    inside = classifier.predict(drawing, inside=True).inside
    rows = page.locator(".st-key-inside .block")
    expect(rows).to_have_count(5)
    assert len(inside.blocks) == 5
    for number, row in enumerate(rows.all()):
        shown = row.locator("img").evaluate_all("all => all.map(image => image.src)")
        assert len(shown) == 6
        for source, one in zip(shown, inside.most_varied(number, 6), strict=True):
            assert np.array_equal(pixels(source), GLOW[one])
        assert row.locator("p").inner_text()
    picture = rows.nth(2).locator("img").nth(2)
    before = picture.bounding_box()["width"]
    picture.focus()  # what a tap does
    page.wait_for_function(
        "image => image.getBoundingClientRect().width > 90", arg=picture.element_handle()
    )
    assert before < 70


def test_every_picture_is_described_and_fits_a_small_phone(visit):
    page = visit(**PHONE)
    open_up(page)
    draw(page, HASH)
    pictures = page.locator(".st-key-inside img")
    expect(pictures).to_have_count(3 + 5 * 6 + 1, timeout=TIMEOUT * 1000)
    words = pictures.evaluate_all("all => all.map(image => image.alt)")
    assert all(len(alt) > 10 for alt in words)
    assert len(set(words)) == len(words)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    for image in pictures.all():
        box = image.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
