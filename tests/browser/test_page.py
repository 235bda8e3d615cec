"""The page in a real browser, drawn on with a mouse and with a finger."""

import re
import shutil
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from handwriting.pen import render
from tests.helpers.page import (
    FIND_CANVAS,
    HASH,
    LARGE,
    PHONE,
    SMALL,
    Glass,
    draw,
    draw_dots,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    on_screen,
    open_door,
    press,
    region,
    written,
)
from tests.helpers.servers import ROOT, TIMEOUT, serve


def test_reads_each_digit(visit):
    page = visit()
    for digit in range(10):
        where = (SMALL, LARGE)[digit % 2]
        draw(page, written(digit, *where))
        expect_seen(page, written(digit, *where))
        expect_digit(page, digit)
        press(page, "Clear")
        expect_invitation(page)


def test_shows_what_the_network_sees_and_a_bar_for_each_digit_and_for_none(visit):
    page = visit()
    expect_invitation(page)
    draw(page, written(8))
    expect_digit(page, 8)
    assert "28 by 28 dots" in page.locator(".st-key-seen .caption").inner_text()
    image = page.locator(".st-key-seen img")
    assert image.get_attribute("alt")
    assert image.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
    assert image.bounding_box()["width"] >= 100
    chart = page.locator(".st-key-probabilities [role=img]")
    assert re.search(r"none of them\? 8: (>|9)\d+%\. \w+: ", chart.get_attribute("aria-label"))
    assert chart.locator(".name").all_inner_texts() == [*"0123456789", "none"]
    heights = [bar.bounding_box()["height"] for bar in chart.locator(".bar").all()]
    assert np.argmax(heights) == 8
    colour = "bar => getComputedStyle(bar).backgroundColor"
    colours = chart.locator(".bar").evaluate_all(f"bars => bars.map({colour})")
    assert colours.count(colours[8]) == 1, "the winner does not stand out"
    assert "100%" not in page.locator("body").inner_text()


def heights(page) -> np.ndarray:
    """Of the eleven bars, once they have stopped moving: as shares of all together."""
    bars = page.locator(".st-key-probabilities .bar")
    bars.first.evaluate(
        "bar => Promise.all(document.getAnimations().map(animation => animation.finished))"
    )
    found = bars.evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().height)")
    return np.array(found) / sum(found)


def test_a_refusal_does_not_contradict_itself(visit, classifier):
    page = visit()
    draw(page, HASH)
    expect_answer(page, r"^\?That’s not a digit I know. Closest: an? \d.$")
    assert page.locator(".says .digit").bounding_box()["height"] > 150, "it is as large as a digit"
    shown = heights(page)
    drawing = Image.fromarray(render([stroke * 400 for stroke in HASH], 26, 400))
    assert np.allclose(shown, classifier.predict(drawing).bars, atol=0.03)
    assert shown.argmax() == 10
    assert page.locator(".st-key-probabilities .best .name").inner_text() == "none"


def test_half_a_digit_is_no_refusal(visit):
    from playwright.sync_api import expect

    page = visit()
    stroke, *_ = on_screen(page, HASH[:1])
    page.mouse.move(*stroke[0])
    page.mouse.down()
    for step in np.linspace(0, 1, 9):  # a hook that is no digit
        page.mouse.move(*(stroke[0] + step * (stroke[-1] - stroke[0])))
    for step in np.linspace(0, 1, 9):
        page.mouse.move(stroke[-1][0] + 200 * step, stroke[-1][1] - 260 * step)
    expect(page.locator(".says")).to_have_text("Go on …", timeout=TIMEOUT * 1000)
    assert page.locator(".bars .none .share").inner_text() == ""
    assert page.locator(".bars .best").count() == 0
    page.mouse.up()
    expect_answer(page, "not a digit I know|not sure|I see a")


def test_before_the_first_stroke_there_is_little_to_press(visit):
    page = visit()
    page.locator(".st-key-ask_teach button").wait_for(state="attached")
    pressable = page.locator("button:visible, a:visible, select:visible, input:visible")
    names = [one.inner_text() or one.get_attribute("aria-label") for one in pressable.all()]
    names = [name.partition("\n")[0] for name in names if not name.startswith("Skip")]
    assert names == ["Photo", "Full screen (F)", "Draw one for me", "English"]
    draw(page, written(3))
    expect_digit(page, 3)
    for door in ("How do you know?", "Can I fool you?", "Teach you"):
        assert page.get_by_role("button", name=door).is_visible()


def test_admits_what_it_does_not_know_and_does_not_jump(visit):

    page = visit()
    top = region(page, "probabilities").bounding_box()["y"]
    draw(page, written(3))
    expect_digit(page, 3)
    assert region(page, "probabilities").bounding_box()["y"] == top
    press(page, "Clear")
    expect_invitation(page)
    draw(page, HASH)
    expect_answer(page, "not a digit I know")
    assert region(page, "probabilities").bounding_box()["y"] == top
    assert page.locator(".st-key-probabilities .name").count() == 11
    assert page.locator(".st-key-seen img").count() == 1


def test_undo_takes_back_one_stroke_at_a_time(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    for _ in range(2):  # the second time the canvas is to go back to the very same drawing
        draw(page, HASH[:1])
        expect_answer(page, "^(?!.*I see a 3)")
        press(page, "Undo")
        expect_digit(page, 3)
    press(page, "Undo")
    expect_invitation(page)
    press(page, "Undo")  # nothing is left to take back
    draw(page, written(6))
    expect_digit(page, 6)


def test_undo_brings_a_cleared_drawing_back(visit):
    page = visit()
    draw(page, written(5))
    expect_digit(page, 5)
    press(page, "Clear")
    expect_invitation(page)
    press(page, "Clear")  # of an empty canvas: nothing to take back
    press(page, "Undo")
    expect_digit(page, 5)
    expect_seen(page, written(5))
    press(page, "Clear")
    draw(page, written(1))  # and after something else was drawn, too
    expect_digit(page, 1)
    press(page, "Undo")
    expect_invitation(page)
    press(page, "Undo")
    expect_digit(page, 5)
    press(page, "Undo")  # stroke by stroke, as if it had never been away
    expect_seen(page, written(5)[:-1])
    for key in ("Control+Shift+z", "Control+y", "Meta+Shift+Z"):  # the hat, the empty canvas, the 1
        page.keyboard.press(key)
    expect_digit(page, 1)
    page.keyboard.press("Meta+z")
    expect_invitation(page)
    page.keyboard.press("Control+z")
    expect_digit(page, 5)
    expect_seen(page, written(5))


def test_undo_remembers_more_strokes_than_the_canvas(visit):
    page = visit()
    dots = [
        np.array([(x, y)] * 2) for y in np.linspace(0.1, 0.9, 10) for x in np.linspace(0.1, 0.9, 11)
    ]
    assert len(dots) > 100, "which are as many as the canvas remembers"
    draw(page, written(3))
    open_door(page, "fool")  # where all ink is a single symbol, whatever dots are elsewhere
    draw_dots(page, dots)
    expect_seen(page, [*written(3), *dots])
    press_at_once(page, len(dots), key="z", ctrlKey=True)
    expect_seen(page, written(3))
    press_at_once(page, 30, key="Z", ctrlKey=True, shiftKey=True)
    expect_seen(page, [*written(3), *dots[:30]])


def press_at_once(page, times: int, **key) -> None:
    """Many times the same keys, as when they are held."""
    page.evaluate(
        """([times, key]) => {
          for (; times; times--)
            document.body.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true }));
        }""",
        [times, key],
    )


def test_undo_and_clear_wait_for_nobody(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    # The utmost of a late answer is none: an empty canvas must not wait for any. Whether the server
    # is there may be asked: a slow machine's page does.
    page.route(re.compile("^(?!.*/_stcore/health)"), lambda route: route.abort())
    for digit in (6, 9):
        press(page, "Clear")
        draw(page, written(digit))  # nothing of it is lost, however late the server answers
        expect_digit(page, digit)
        expect_seen(page, written(digit))
    draw(page, HASH[:1])
    press(page, "Undo")
    press(page, "Undo")
    draw(page, written(2))
    expect_digit(page, 2)
    expect_seen(page, written(2))


def test_no_hidden_button_lies_in_the_way_of_a_finger(visit):
    page = visit(**PHONE)
    comb = [np.array([(x, 0.02), (x, 0.3)]) for x in np.linspace(0.62, 0.98, 7)]
    across = [np.array([(0.6, y), (1.0, y)]) for y in (0.09, 0.16, 0.23)]  # else it is many a 1
    Glass(page).draw(comb + across)
    expect_seen(page, comb + across)


# What else may rest on the glass, and where, in parts of the canvas's width and height.
HANDS_ON = {
    "a palm on the canvas": (0.8, 0.9),
    "a thumb beside it": (-0.02, 0.5),
    "above": (0.5, -0.8),
}


def test_a_hand_on_the_glass_changes_nothing(visit):
    page = visit(**PHONE)
    box = page.locator(".canvas-root").bounding_box()
    glass = Glass(page)
    roof, body = written(5)
    for right, down in HANDS_ON.values():
        x, y = box["x"] + right * box["width"], box["y"] + down * box["height"]
        glass.put(7, x, y)
        glass.draw([roof], who=1)
        expect_seen(page, [roof])  # answered while the hand still rests
        glass.draw([body], who=2)
        expect_digit(page, 5)
        glass.tap(page.get_by_role("button", name="Undo"), who=3)
        expect_seen(page, [roof])
        glass.move(7, x + 2, y + 1)  # no hand keeps quite still
        glass.tap(page.get_by_role("button", name="Clear"), who=3)
        expect_invitation(page)
        glass.lift(7)
        expect_invitation(page)


def test_who_began_to_draw_draws(visit):
    page = visit(**PHONE)
    glass = Glass(page)
    (line,) = on_screen(page, written(3))
    glass.put(0, *line[0])
    for number, point in enumerate(line[1:]):
        glass.move(0, *point)
        if number == 3:  # another finger comes, wipes about, and goes
            glass.put(1, *line[-1])
        if 3 < number < 9:
            glass.move(1, *(line[-1] - 12 * number))
        if number == 9:
            glass.lift(1)
    glass.lift(0)
    expect_digit(page, 3)
    expect_seen(page, written(3))
    glass.draw(HASH[:1])
    expect_seen(page, [*written(3), HASH[0]])


def test_a_tap_makes_a_dot_and_a_resting_hand_none(visit):
    page = visit(**PHONE)
    glass = Glass(page)
    box = page.locator("canvas.upper-canvas").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    glass.put(0, *middle)
    page.wait_for_function(
        "from => performance.now() > from + 800", arg=page.evaluate("performance.now()")
    )
    glass.lift(0)
    assert page.evaluate("document.documentElement.dataset.drawing") is None
    glass.put(0, *middle)
    glass.lift(0)
    expect_seen(page, [np.array([(0.5, 0.5)] * 2)])


def test_a_pen_is_not_disturbed_by_the_hand_that_holds_it(visit):
    page = visit(**PHONE)
    roof, body = (list(map(list, stroke)) for stroke in on_screen(page, written(5)))
    page.evaluate(
        """async strokes => {
          const canvas = CANVAS;
          const event = (type, pointerType, pointerId, [clientX, clientY]) =>
            canvas.dispatchEvent(new PointerEvent(type, {
              pointerType, pointerId, clientX, clientY, buttons: type === "pointerup" ? 0 : 1,
              isPrimary: true, bubbles: true, composed: true, cancelable: true,
            }));
          const [x, y] = strokes[1].at(-1);
          event("pointerdown", "touch", 1, [x, y]);  // the palm first, and it slides into place
          event("pointermove", "touch", 1, [x + 40, y + 40]);
          for (const stroke of strokes) {
            await new Promise(requestAnimationFrame);
            event("pointerdown", "pen", 2, stroke[0]);
            event("pointermove", "touch", 1, [x + 60, y]);
            for (const point of stroke) event("pointermove", "pen", 2, point);
            event("pointerup", "pen", 2, stroke.at(-1));
          }
          event("pointerup", "touch", 1, [x, y]);
        }""".replace("CANVAS", FIND_CANVAS),
        [roof, body],
    )
    expect_seen(page, written(5))
    expect_digit(page, 5)


def test_a_stroke_that_begins_beside_the_canvas_moves_no_page(visit):
    page = visit(viewport={"width": 390, "height": 560}, has_touch=True, is_mobile=True)
    scroller = page.locator("[data-testid=stMain]")
    assert scroller.evaluate("main => main.scrollHeight > main.clientHeight + 40")
    for element in (scroller, page.locator("body"), page.locator("html")):
        style = "element => getComputedStyle(element).overscrollBehaviorY"
        assert element.evaluate(style) == "none", "pulling it down loads the page anew"
    box = page.locator(".canvas-root").bounding_box()
    glass = Glass(page)
    x, top, height, bottom = box["x"], box["y"], box["height"], box["y"] + box["height"]
    beside = [(x - 10, bottom - 20), (x + box["width"] + 10, bottom - 20), (x + 100, bottom - 5)]
    for start_x, start_y in beside:
        glass.put(0, start_x, start_y)
        for y in np.linspace(start_y, top + 10, 12):
            glass.move(0, start_x, y)
        glass.lift(0)
        assert scroller.evaluate("main => main.scrollTop") == 0
    expect_seen(page, [np.array([(0.5, (bottom - 5 - top) / height), (0.5, 10 / height)])])
    # Elsewhere the page scrolls as ever.
    glass.put(0, 200, 220)
    for step in range(12):
        glass.move(0, 200, 220 - 15 * step)
    glass.lift(0)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 30")


def test_works_with_a_finger_on_a_small_phone(visit):
    page = visit(**PHONE)
    Glass(page).draw(written(4, *SMALL))
    expect_seen(page, written(4, *SMALL))
    expect_digit(page, 4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    canvas, answer = (region(page, key).bounding_box() for key in ("canvas", "answer"))
    assert canvas["x"] >= 0 and canvas["x"] + canvas["width"] <= 360
    assert answer["y"] + answer["height"] <= 740, "the answer is below the first screen"
    press(page, "Clear")
    expect_invitation(page)


def test_two_visitors_do_not_see_each_others_drawings(visit):
    one, other = visit(), visit()
    draw(one, written(2))
    expect_digit(one, 2)
    expect_invitation(other)
    draw(other, written(9))
    expect_digit(other, 9)
    expect_digit(one, 2)
    press(other, "Clear")
    expect_invitation(other)
    expect_digit(one, 2)


def test_the_html_names_all_scripts_of_the_first_page(visit):
    """Any other would load only once the server has answered, before the canvas can appear."""
    page = visit()
    html = page.request.get(page.url, headers={"Accept": "text/html"}).text()
    scripts = [url for url in page.requested if url.startswith("http") and url.endswith(".js")]
    assert scripts
    assert [url for url in scripts if urlsplit(url).path not in html] == []


def test_asks_nothing_of_any_other_host_and_for_no_stylesheet_of_the_canvas(visit):
    page = visit()
    draw(page, written(0))
    expect_digit(page, 0)
    press(page, "Clear")
    expect_invitation(page)
    page.wait_for_load_state("networkidle")
    # What is in a data: or blob: address, the page has made itself.
    asked = [url for url in page.requested if not url.startswith(("data:", "blob:http://127."))]
    hosts = {urlsplit(url).hostname for url in asked}
    assert hosts == {"127.0.0.1"}
    asked = [urlsplit(url).path for url in asked if "drawable" in url]
    assert asked, "its script"
    assert not [path for path in asked if path.endswith(".css")]


def missing(model: Path) -> None:
    shutil.rmtree(model)


def cut_short(model: Path) -> None:
    network = model / "digits.tflite"
    network.write_bytes(network.read_bytes()[:1000])


def without_sense(model: Path) -> None:
    (model / "card.json").write_text("{")


def test_says_what_to_do_about_a_bad_model_and_takes_a_mended_one(visit, tmp_path):
    model = tmp_path / "model"
    with serve(DIGITS_MODEL=str(model)) as url:
        page = None
        for damage in (missing, cut_short, without_sense):
            shutil.copytree(ROOT / "model", model, dirs_exist_ok=True)
            damage(model)
            if page:
                page.reload()
                page.locator("canvas.upper-canvas").wait_for()
            else:
                page = visit(url)
            answer = expect_answer(page, "can’t read digits right now.*python train.py")
            draw(page, written(7))  # which must not make it worse
            assert answer == expect_answer(page, "can’t read digits right now.*python train.py")
            assert "Traceback" not in page.content()
            assert page.locator("[data-testid=stException]").count() == 0
        shutil.copytree(ROOT / "model", model, dirs_exist_ok=True)
        page.reload()
        page.locator("canvas.upper-canvas").wait_for()
        expect_invitation(page)
        draw(page, written(7))
        expect_digit(page, 7)


# Libraries that can't be loaded or fail, and what visitors get to read then.
BROKEN = {
    "ai_edge_litert": ("import no_such_library", "--force-reinstall ai-edge-litert"),
    "streamlit_drawable_canvas": ("def st_canvas(**_): 1 / 0", "Something went wrong"),
}


@pytest.mark.parametrize("library", BROKEN)
def test_whatever_goes_wrong_visitors_get_a_sentence(visit, tmp_path, library):
    code, words = BROKEN[library]
    (tmp_path / library).mkdir()
    (tmp_path / library / "__init__.py").write_text(code)
    with serve(PYTHONPATH=str(tmp_path)) as url:
        page = visit(url, until=".says[role=alert]")
        shown = page.locator("body").inner_text()
        assert "can’t read digits right now" in shown and words in shown
        assert not re.search("Traceback|Error|zero|no_such", shown.replace("zero to nine", ""))
        assert page.locator("[data-testid=stException]").count() == 0
        if library == "ai_edge_litert":
            learned = visit(f"{url}/learned", until="[role=alert]")
            assert words in learned.locator("body").inner_text()
            assert learned.locator("[data-testid=stException]").count() == 0


def test_what_went_wrong_is_in_the_log(monkeypatch, caplog):
    def fail(folder):
        raise RuntimeError("a secret of the house")

    # AppTest leaves the page as this process's main program, which new processes would run again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr("digits.DigitClassifier.load", fail)
    page = AppTest.from_file(str(ROOT / "page" / "main.py"), default_timeout=TIMEOUT).run()
    assert not page.exception
    assert "a secret of the house" in caplog.text, "nobody can find out what it was"


def test_nobody_is_asked_for_an_address_or_counted():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["showEmailPrompt"] is False
    assert config["browser"]["gatherUsageStats"] is False
