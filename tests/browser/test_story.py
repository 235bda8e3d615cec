"""The story of one drawing, in a real browser on a real server."""

import base64
import io
import re
from itertools import pairwise
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from digits.explain.inside import slide
from digits.explain.neighbours import Examples
from page import story
from tests.helpers.page import HASH, PHONE, Glass, draw, expect_digit, press, written
from tests.helpers.servers import ROOT, TIMEOUT

STEPS = range(1, 8)
# The story's own object, which knows where on its canvas everything is.
OBJECT = (
    "let at = element; while (!at.digitsStory) at = at.parentNode; const story = at.digitsStory;"
)


def open_up(page) -> None:
    press(page, story.TITLE)
    page.locator(".story canvas").wait_for()


def sentence(page, pattern: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(".story .sentence")).to_have_text(
        re.compile(pattern), timeout=TIMEOUT * 1000
    )


def expect_step(page, number: int) -> None:
    page.locator(f'.story[data-step="{number}"]').wait_for()


def settle(page) -> None:
    """Waits until nothing moves any more."""
    page.locator('.story[data-still="yes"]').wait_for()


def actors(page) -> dict[str, dict[str, float]]:
    """What is on the canvas where."""
    settle(page)
    places = "Object.fromEntries([...story.actors].map(([name, actor]) => [name, actor.to]))"
    return page.locator(".story").evaluate(f"element => {{ {OBJECT} return {places}; }}")


def pixels(page) -> np.ndarray:
    settle(page)
    png = page.locator(".story canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def dots(shown: np.ndarray, place: dict[str, float], side: int = 28) -> np.ndarray:
    """The colours in the middle of each of side × side dots."""
    middles = (np.arange(side) + 0.5) / side
    x = (place["x"] + middles * place["w"]).astype(int)
    y = (place["y"] + middles * place["h"]).astype(int)
    return shown[np.ix_(y, x)]


def to_step(page, number: int) -> None:
    page.get_by_role("button", name=story.WORDS["steps"][number - 1]).click()
    expect_step(page, number)


def test_is_told_forwards_and_backwards_by_keys_buttons_and_taps(visit):
    page = visit(reduced_motion="reduce")
    draw(page, written(3))
    expect_digit(page, 3)
    page.keyboard.press("PageDown")  # a presenter's remote opens it, too
    expect_step(page, 1)
    seen = [page.locator(".story .sentence").inner_text()]
    pictures = [pixels(page)]
    screen = page.locator(".story .screen")
    box = screen.bounding_box()
    forwards = [
        lambda: page.keyboard.press("PageDown"),
        lambda: page.keyboard.press("ArrowRight"),
        lambda: page.locator(".story .next").click(),
        lambda: screen.click(position={"x": box["width"] * 0.7, "y": 50}),
        lambda: page.keyboard.press("PageDown"),
        lambda: page.keyboard.press("ArrowRight"),
    ]
    for number, go in enumerate(forwards, 2):
        go()
        expect_step(page, number)
        seen.append(page.locator(".story .sentence").inner_text())
        assert page.locator(".story canvas").get_attribute("aria-label")
        pictures.append(pixels(page))
    assert len(set(seen)) == 7
    for one, other in pairwise(pictures):
        assert np.abs(one - other).mean() > 1
    assert page.locator(".story .next").inner_text() == story.WORDS["again"]
    page.keyboard.press("PageDown")  # nothing follows
    expect_step(page, 7)
    backwards = [
        lambda: page.keyboard.press("PageUp"),
        lambda: page.keyboard.press("ArrowLeft"),
        lambda: page.locator(".story .back").click(),
        lambda: screen.click(position={"x": box["width"] * 0.1, "y": 50}),
    ]
    for number, go in zip((6, 5, 4, 3), backwards, strict=True):
        go()
        expect_step(page, number)
        assert np.array_equal(pixels(page), pictures[number - 1]), "it looks as on the way there"
    page.keyboard.press("Escape")
    page.locator(".story").wait_for(state="detached")
    expect_digit(page, 3)
    open_up(page)
    expect_step(page, 1)
    page.get_by_role("button", name=story.WORDS["close"]).click()
    page.locator(".story").wait_for(state="detached")


def test_shows_the_networks_own_numbers(visit, classifier):
    page = visit(reduced_motion="reduce")
    draw(page, written(7))
    expect_digit(page, 7)
    open_up(page)
    to_step(page, 3)
    shown, places = pixels(page), actors(page)
    ink = dots(shown, places["dots"]).mean(axis=2)
    # The drawing on the sheet, read once more here.
    url = page.locator(".story").evaluate(f"element => {{ {OBJECT} return story.source; }}")
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    prediction = classifier.predict(image, inside=True)
    assert np.corrcoef(ink.ravel(), prediction.pixels.ravel())[0, 1] > 0.99
    one = classifier.card["filters"][0]
    found = slide(np.array(one["kernel"]), one["bias"], prediction.pixels)
    light = dots(shown, places["map"]).mean(axis=2)
    assert np.corrcoef(light.ravel(), found.ravel())[0, 1] > 0.9
    to_step(page, 6)
    shown, places = pixels(page), actors(page)
    examples = Examples.load(ROOT / "model", classifier.card["sha256"])
    nearest = examples.nearest(examples.embed(prediction.inside))
    for number, neighbour in enumerate(nearest):
        there = dots(shown, places[f"near{number}"])[:20].mean(axis=2)  # above the label
        assert np.corrcoef(there.ravel(), neighbour.pixels[:20].ravel())[0, 1] > 0.95
    labels = ", ".join(str(neighbour.label) for neighbour in nearest)
    assert labels in page.locator(".story canvas").get_attribute("aria-label")


def test_moves_and_comes_to_rest(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    open_up(page)
    settle(page)
    to_step(page, 3)

    def been() -> int:
        code = f"element => {{ {OBJECT} return story.been(performance.now()); }}"
        return page.locator(".story").evaluate(code)

    places = set()
    for _ in range(20):
        places.add(been())
        page.wait_for_timeout(50)
    assert len(places) > 3, "the window does not slide"
    settle(page)
    assert been() == 28 * 28
    before = pixels(page)
    page.wait_for_timeout(300)
    assert np.array_equal(before, pixels(page))


def test_a_step_whose_words_need_more_room_moves_all_the_same(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    open_up(page)
    to_step(page, 3)
    settle(page)
    moving = page.locator(".story").evaluate(
        f"""async element => {{ {OBJECT}
          const size = story.canvas.height;
          story.go(3);
          element.querySelector(".note").style.height = "5rem";
          while (story.canvas.height === size) await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
          return [...story.actors.values()].some(({{ from, to }}) => from.w !== to.w);
        }}"""
    )
    assert moving
    settle(page)


def test_follows_the_pen(visit):
    page = visit(reduced_motion="reduce")
    draw(page, written(3))
    expect_digit(page, 3)
    open_up(page)
    for step, digit in ((2, 7), (5, 3), (6, 7), (7, 3)):
        to_step(page, step)
        before, words = pixels(page), page.locator(".story canvas").get_attribute("aria-label")
        press(page, "Clear")
        sentence(page, story.BEGIN)
        draw(page, written(digit))
        sentence(page, f"^(?!{re.escape(story.BEGIN)})")
        expect_step(page, step)
        to_step(page, 7)
        sentence(page, f"my answer is {digit}")
        to_step(page, step)
        assert np.abs(pixels(page) - before).mean() > 1
        if step > 4:
            assert page.locator(".story canvas").get_attribute("aria-label") != words


def test_what_is_no_digit_has_a_story_too(visit):
    page = visit(reduced_motion="reduce")
    draw(page, HASH)
    open_up(page)
    to_step(page, 6)
    sentence(page, story.REMINDS_NOTHING)
    assert sum(name.startswith("near") for name in actors(page)) == 8
    to_step(page, 7)
    sentence(page, re.escape(story.NO_ANSWER))


def test_without_a_drawing_it_invites(visit):
    page = visit()
    open_up(page)
    sentence(page, story.BEGIN)
    assert page.locator(".story .next").is_disabled()
    page.keyboard.press("PageDown")
    expect_step(page, 1)
    draw(page, written(2))
    sentence(page, re.escape(story.DRAWING))
    assert page.locator(".story .next").is_enabled()


def test_fits_a_phone_and_a_finger(visit):
    page = visit(**PHONE, reduced_motion="reduce")
    fingers = Glass(page)
    fingers.draw(written(4))
    expect_digit(page, 4)
    button = page.get_by_role("button", name=story.TITLE)
    button.scroll_into_view_if_needed()
    fingers.tap(button)
    page.locator(".story canvas").wait_for()
    for number in STEPS:
        expect_step(page, number)
        for place in actors(page).values():
            assert place["w"] > 20
        screen = page.locator(".story .screen").bounding_box()
        assert screen["x"] >= 0 and screen["x"] + screen["width"] <= 360
        assert screen["height"] > 200
        fingers.tap(page.locator(".story .screen"))
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    sheet = page.locator("canvas.upper-canvas").bounding_box()
    assert sheet["width"] > 100, "one can still draw"


def test_is_told_aloud_and_can_be_reached_with_tab(visit):
    from playwright.sync_api import expect

    page = visit(reduced_motion="reduce")
    draw(page, written(3))
    expect_digit(page, 3)
    open_up(page)
    spoken = page.locator(".story [role=status]")
    for number in STEPS:
        to_step(page, number)
        expect(spoken).to_have_text(page.locator(".story .sentence").inner_text())
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("""() => {
          let one = document.activeElement;
          while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
          return one.getAttribute("aria-label") || one.innerText;
        }""")
        )
    assert {*story.WORDS["steps"], story.WORDS["back"], story.WORDS["again"]} <= reached


def test_asks_nothing_of_any_other_host(visit):
    page = visit(reduced_motion="reduce")
    draw(page, written(3))
    open_up(page)
    for number in STEPS:
        to_step(page, number)
    own = ("data:", "blob:")
    hosts = {urlsplit(url).hostname for url in page.requested if not url.startswith(own)}
    assert hosts == {"127.0.0.1"}
