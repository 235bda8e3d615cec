"""The story of one drawing, in a real browser on a real server."""

import base64
import io
import re
from itertools import pairwise
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from digits.explain.filters import filter_response
from digits.explain.neighbours import Examples
from page.draw.inside import BEGIN
from page.story import words
from tests.helpers.page import (
    CANVAS,
    HASH,
    PHONE,
    Glass,
    draw,
    expect_answer,
    expect_digit,
    number,
    open_panel,
    press,
    written,
)
from tests.helpers.servers import ROOT, TIMEOUT

STEPS = range(1, 8)
# The story's object, with the positions of everything on its canvas.
OBJECT = (
    "let at = element; while (!at.digitsStory) at = at.parentNode;"
    "const story = at.digitsStory; const { scene } = story;"
)


def open_up(page) -> None:
    open_panel(page, "story")
    page.locator(".story canvas").wait_for()


def sentence(page, pattern: str) -> None:
    expect(page.locator(".story .sentence")).to_have_text(
        re.compile(pattern), timeout=TIMEOUT * 1000
    )


def expect_step(page, number: int) -> None:
    page.locator(f'.story[data-step="{number}"]').wait_for()


def settle(page) -> None:
    """Wait until the story is there and nothing moves any more."""
    page.locator('.story[data-still="yes"]:has(ol li)').wait_for()


def actors(page) -> dict[str, dict[str, float]]:
    """The boxes of the actors on the canvas, by name."""
    settle(page)
    places = "Object.fromEntries([...scene.actors].map(([name, actor]) => [name, actor.to]))"
    return page.locator(".story").evaluate(f"element => {{ {OBJECT} return {places}; }}")


def pixels(page) -> np.ndarray:
    settle(page)
    png = page.locator(".story canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def dots(shown: np.ndarray, place: dict[str, float], side: int = 28) -> np.ndarray:
    """The colours in the centres of side × side dots."""
    middles = (np.arange(side) + 0.5) / side
    x = (place["x"] + middles * place["w"]).astype(int)
    y = (place["y"] + middles * place["h"]).astype(int)
    return shown[np.ix_(y, x)]


def to_step(page, number: int) -> None:
    page.locator(".story ol button").nth(number - 1).click()
    expect_step(page, number)


def test_every_step_has_words_and_pictures_forwards_and_backwards(visit):
    page = visit(reduced_motion="reduce")
    draw(page, written(3))
    expect_digit(page, 3)
    page.keyboard.press("PageDown")  # a presenter's remote opens it, too
    expect_step(page, 1)
    settle(page)
    seen = [page.locator(".story .sentence").inner_text()]
    pictures = [pixels(page)]
    screen = page.locator(".story .screen")
    forwards = [
        lambda: page.keyboard.press("PageDown"),
        lambda: page.keyboard.press("ArrowRight"),
        lambda: page.locator(".story .next").click(),
        lambda: screen.click(position={"x": 50, "y": 50}),
        lambda: page.keyboard.press("PageDown"),
        lambda: page.keyboard.press("ArrowRight"),
    ]
    for nth, go in enumerate(forwards, 2):
        go()
        expect_step(page, nth)
        seen.append(page.locator(".story .sentence").inner_text())
        assert page.locator(".story canvas").get_attribute("aria-label")
        pictures.append(pixels(page))
    assert len(set(seen)) == 7
    for one, other in pairwise(pictures):
        assert np.abs(one - other).mean() > 1
    assert page.locator(".story .learned").inner_text() == words.WORDS["learned"]
    assert not page.locator(".story .next").is_visible()
    page.keyboard.press("PageDown")  # the last step
    expect_step(page, 7)
    backwards = [
        lambda: page.keyboard.press("PageUp"),
        lambda: page.keyboard.press("ArrowLeft"),
        lambda: page.locator(".story .back").click(),
    ]
    for nth, go in zip((6, 5, 4), backwards, strict=True):
        go()
        expect_step(page, nth)
        assert np.array_equal(pixels(page), pictures[nth - 1]), "it looks as on the way there"
    page.keyboard.press("Escape")
    page.locator(".story").wait_for(state="detached")
    expect_digit(page, 3)
    open_up(page)
    expect_step(page, 1)
    page.get_by_role("button", name=words.WORDS["close"]).click()
    page.locator(".story").wait_for(state="detached")
    open_up(page)
    expect_words_aloud_and_what_tab_reaches(page)
    expect_the_link_to_how_it_learned(page)


def expect_words_aloud_and_what_tab_reaches(page) -> None:
    spoken = page.locator(".story [role=status]")
    for nth in STEPS:
        to_step(page, nth)
        expect(spoken).to_have_text(page.locator(".story .sentence").inner_text())
    own = ("data:", "blob:")
    hosts = {urlsplit(url).hostname for url in page.requested if not url.startswith(own)}
    assert hosts == {"127.0.0.1"}
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
    steps = ["drawing", "dots", "window", "lit", "looked", "answer", "nearest"]
    titles = {f"{nth}. {words.TITLES[name]}" for nth, name in enumerate(steps, 1)}
    assert titles | {words.WORDS[name] for name in ("back", "learned", "all", "close")} <= reached
    current = page.locator(".story ol [aria-current]")
    assert current.count() == 1 and current.get_attribute("aria-current") == "step"


def expect_the_link_to_how_it_learned(page) -> None:
    to_step(page, 7)
    page.get_by_role("button", name="How did I learn that? Watch me.").click()
    page.wait_for_url("**/learned*")
    page.locator(".st-key-learned").wait_for()
    page.get_by_role("link", name="Draw a digit").click()
    page.locator(CANVAS).wait_for()
    expect_digit(page, 3)  # the drawing is still there


def test_shows_the_networks_numbers_and_follows_the_pen(visit, classifier):
    page = visit(reduced_motion="reduce")
    draw(page, written(7))
    expect_digit(page, 7)
    open_up(page)
    to_step(page, 3)
    shown, places = pixels(page), actors(page)
    ink = dots(shown, places["dots"]).mean(axis=2)
    # The network's input, computed again from the drawing.
    url = page.locator(".story").evaluate(f"element => {{ {OBJECT} return scene.data.drawing; }}")
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    prediction = classifier.predict(image, inside=True)
    assert np.corrcoef(ink.ravel(), prediction.pixels.ravel())[0, 1] > 0.99
    one = classifier.card.filters[0]
    found = filter_response(np.array(one.kernel), one.bias, prediction.pixels)
    light = dots(shown, places["map"]).mean(axis=2)
    assert np.corrcoef(light.ravel(), found.ravel())[0, 1] > 0.9
    to_step(page, 7)
    shown, places = pixels(page), actors(page)
    examples = Examples.load(ROOT / "model", classifier.card.sha256)
    nearest = examples.nearest(examples.embed(prediction.inside))
    for nth, neighbour in enumerate(nearest):
        there = dots(shown, places[f"near{nth}"])[:20].mean(axis=2)  # above the label
        assert np.corrcoef(there.ravel(), neighbour.pixels[:20].ravel())[0, 1] > 0.95
    labels = ", ".join(str(neighbour.label) for neighbour in nearest)
    assert labels in page.locator(".story canvas").get_attribute("aria-label")
    expect_to_follow_the_pen(page)


def expect_to_follow_the_pen(page) -> None:
    for step, digit in ((2, 3), (5, 7), (7, 3), (6, 7)):
        to_step(page, step)
        before, words = pixels(page), page.locator(".story canvas").get_attribute("aria-label")
        press(page, "Clear")
        sentence(page, BEGIN)
        draw(page, written(digit))
        sentence(page, f"^(?!{re.escape(BEGIN)})")
        expect_step(page, step)
        to_step(page, 6)
        sentence(page, f"Highest: {digit}")
        to_step(page, step)
        assert np.abs(pixels(page) - before).mean() > 1
        if step > 4:
            assert page.locator(".story canvas").get_attribute("aria-label") != words


def test_moves_and_comes_to_rest(visit):
    page = visit()
    expect_the_answer_before_the_story_follows(page)
    expect_to_stand_still_while_an_answer_is_awaited(page)
    expect_the_window_to_slide_and_rest(page)
    expect_movement_to_continue_when_words_need_more_room(page)


def expect_the_answer_before_the_story_follows(page) -> None:
    open_up(page)
    page.evaluate(
        """() => {
          window.order = [];
          addEventListener("patched", () => {
            order.push("answer");
            requestAnimationFrame(() => order.push("frame"));
          });
          addEventListener("digits-story", () => order.push("story"));
        }"""
    )
    draw(page, written(3))
    expect_digit(page, 3)
    sentence(page, "This is your drawing")
    settle(page)
    page.wait_for_function("order.lastIndexOf('story') > order.lastIndexOf('answer')")
    order = page.evaluate("order")
    since = order[len(order) - order[::-1].index("answer") :]
    assert since.index("frame") < since.index("story")


def expect_the_window_to_slide_and_rest(page) -> None:
    to_step(page, 2)
    settle(page)
    to_step(page, 3)

    def found_dots() -> int:
        """The number of dots in the response map that are not dark."""
        png = page.locator(".story canvas").screenshot()
        shown = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
        places = "Object.fromEntries([...scene.actors].map(([name, actor]) => [name, actor.to]))"
        place = page.locator(".story").evaluate(f"element => {{ {OBJECT} return {places}; }}")
        colours = dots(shown, place["map"])
        return int((colours[..., 0] > colours[..., 2] + 60).sum())  # orange

    set_age(page, 3000)
    assert found_dots() <= 3, "the window does not rest where it fits best"
    page.locator(".story").evaluate(
        f"element => {{ {OBJECT} delete scene.age; scene.began = performance.now() - 11_000; }}"
    )  # close to the end of the step
    settle(page)
    assert found_dots() > 20, "the window did not slide"
    before = pixels(page)
    page.wait_for_timeout(300)
    assert np.array_equal(before, pixels(page))


def set_age(page, age: int) -> None:
    """Show the step as it is this many milliseconds after its start, and freeze it."""
    page.locator(".story").evaluate(
        f"""async (element, age) => {{ {OBJECT}
          scene.age = () => age;
          const frame = () => new Promise(requestAnimationFrame);
          for (let n = 0; n < 2; n++) await frame();
          for (let now = 0; [...scene.actors.values()].some((one) => now < one.since + 1000); )
            now = await frame(); // they are on their way for 700 ms
        }}""",
        age,
    )


def expect_to_stand_still_while_an_answer_is_awaited(page) -> None:
    to_step(page, 3)
    frames = """async awaited => {
      const root = document.documentElement;
      delete root.toggleAttribute;
      root.toggleAttribute("data-outdated", awaited);
      if (awaited) root.toggleAttribute = () => {};  // the page itself knows better
      const { drawImage } = CanvasRenderingContext2D.prototype;
      const frame = () => new Promise(requestAnimationFrame);
      for (let n = 0; n < 2; n++) await frame();  // the one that was planned
      let painted = 0;
      CanvasRenderingContext2D.prototype.drawImage = function (...where) {
        painted += 1;
        drawImage.apply(this, where);
      };
      for (let n = 0; n < 10; n++) await frame();
      CanvasRenderingContext2D.prototype.drawImage = drawImage;
      return painted;
    }"""
    assert page.evaluate(frames, True) == 0
    assert page.evaluate(frames, False) > 0


def expect_movement_to_continue_when_words_need_more_room(page) -> None:
    settle(page)
    moving = page.locator(".story").evaluate(
        f"""async element => {{ {OBJECT}
          const size = scene.canvas.height;
          story.go(3);
          element.querySelector(".note").style.height = "5rem";
          while (scene.canvas.height === size) await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
          return [...scene.actors.values()].some(({{ from, to }}) => from.w !== to.w);
        }}"""
    )
    assert moving
    settle(page)


def test_an_empty_canvas_and_a_drawing_that_is_not_a_digit(visit):
    page = visit(reduced_motion="reduce")
    open_up(page)
    sentence(page, BEGIN)
    assert page.locator(".story .next").is_disabled()
    page.keyboard.press("PageDown")
    expect_step(page, 1)
    draw(page, HASH)
    expect_answer(page, "not a digit I know")  # its first two strokes are an 11, with other steps
    expect_step(page, 1)
    sentence(page, re.escape(words.DRAWING))
    assert page.locator(".story .next").is_enabled()
    to_step(page, 6)
    sentence(page, re.escape(words.NO_DIGIT_ANSWER.format(none="none")))
    to_step(page, 7)
    sentence(page, re.escape(words.NEAREST))
    assert sum(name.startswith("near") for name in actors(page)) == 8


def test_fits_a_phone_and_a_finger(visit):
    page = visit(**PHONE, reduced_motion="reduce")
    fingers = Glass(page)
    fingers.draw(written(4))
    expect_digit(page, 4)
    button = page.get_by_role("button", name=words.WORDS["title"])
    button.scroll_into_view_if_needed()
    fingers.tap(button)
    page.locator(".story canvas").wait_for()
    for nth in STEPS:
        expect_step(page, nth)
        for place in actors(page).values():
            assert place["w"] > 20
        screen = page.locator(".story .screen").bounding_box()
        assert screen["x"] >= 0 and screen["x"] + screen["width"] <= 360
        assert screen["height"] > 200
        fingers.tap(page.locator(".story .screen"))
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    canvas = page.locator(CANVAS).bounding_box()
    assert canvas["width"] > 100, "one can still draw"


def test_a_number_is_cut_apart_and_its_tiles_can_be_tapped(visit):
    page = visit()
    draw(page, number("2026"))
    expect_answer(page, "I see 2026")
    open_up(page)
    sentence(page, "First I cut it apart")
    tiles = [place for name, place in actors(page).items() if name.startswith("tile")]
    assert len(tiles) == 4
    gaps = [b["x"] - (a["x"] + a["w"]) for a, b in pairwise(sorted(tiles, key=lambda t: t["x"]))]
    assert min(gaps) > 0, "they did not fly apart"
    screen = page.locator(".story .screen")
    zero = tiles[1]
    middle = {"x": zero["x"] + zero["w"] / 2, "y": zero["y"] + zero["h"] / 2}
    screen.click(position=middle)
    expect_step(page, 2)
    expect(page.locator(".story .tiles button").nth(1)).to_have_attribute("aria-pressed", "true")
    to_step(page, 6)
    sentence(page, "Highest: 0")
    page.locator(".story .tiles button").last.click()
    sentence(page, "Highest: 6")
    to_step(page, 8)
    sentence(page, "^2, 0, 2, 6: I see 2026.$")


def test_a_swipe_leads_on_in_the_direction_of_reading(visit, server):
    for language, forwards in (("en", -1), ("ar", 1)):
        page = visit(f"{server}/?lang={language}", reduced_motion="reduce")
        draw(page, written(4))
        open_panel(page, "story")
        settle(page)
        screen = page.locator(".story .screen")
        for way, step in ((forwards, 2), (forwards, 3), (-forwards, 2)):
            screen.dispatch_event("pointerdown", {"clientX": 300, "pointerType": "touch"})
            end = {"clientX": 300 + 80 * way, "pointerType": "touch"}
            screen.dispatch_event("pointerup", end)
            expect_step(page, step)
