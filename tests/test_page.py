"""The page in a real browser, drawn on with a mouse and with a finger."""

import base64
import io
import re
import shutil
import sys
import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digits.normalize import normalize
from digits.pen import WAYS, Strokes, by_hand, place, render, strokes_from_skeleton
from tests.conftest import PATIENCE, ROOT, serve

# One legible way of writing each digit. 4, 5 and 7 take two strokes.
HANDS = {
    0: "closed", 1: "small head", 2: "plain", 3: "round", 4: "open", 5: "hat last", 6: "upright",
    7: "crossed", 8: "from the right", 9: "straight",
}  # fmt: skip
SMALL = 0.28, (0.8, 0.18)  # size and middle, of the sheet's side: in the upper right corner
LARGE = 0.75, (0.5, 0.5)
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
# "#", which is no digit
HASH = [np.array(line) for line in (
    [(0.35, 0.15), (0.35, 0.85)], [(0.65, 0.15), (0.65, 0.85)],
    [(0.15, 0.35), (0.85, 0.35)], [(0.15, 0.65), (0.85, 0.65)],
)]  # fmt: skip


def written(digit: int, size: float = 0.75, middle: tuple[float, float] = (0.5, 0.5)) -> Strokes:
    """One digit by hand; all lengths are parts of the sheet's side."""
    rng = np.random.default_rng(0)
    skeleton = strokes_from_skeleton(WAYS[digit][HANDS[digit]], rng)
    return place(by_hand(skeleton, rng, wild=0.4), size, middle)


def on_screen(page, strokes: Strokes) -> Strokes:
    box = page.locator("canvas.upper-canvas").bounding_box()
    return [stroke * box["width"] + [box["x"], box["y"]] for stroke in strokes]


def draw(page, strokes: Strokes) -> None:
    """Draws with the mouse."""
    for stroke in on_screen(page, strokes):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def draw_with_finger(page, strokes: Strokes) -> None:
    device = page.context.new_cdp_session(page)
    for stroke in on_screen(page, strokes):
        for kind, points in [
            ("touchStart", stroke[:1]),
            *(("touchMove", [point]) for point in stroke[1:]),
            ("touchEnd", []),
        ]:
            touches = [{"x": x, "y": y} for x, y in points]
            device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def press(page, button: str) -> None:
    page.get_by_role("button", name=button).click()


def region(page, key: str):
    return page.locator(f".st-key-{key}")


def expect_answer(page, pattern: str) -> str:
    """Waits until the answer matches; says it."""
    from playwright.sync_api import expect

    answer = region(page, "answer")
    expect(answer).to_contain_text(re.compile(pattern), timeout=PATIENCE * 1000)
    return answer.inner_text()


def expect_digit(page, digit: int) -> None:
    answer = expect_answer(page, rf"I see an? {digit}\..*I’m .*\d+ % sure\.")
    assert re.findall(r"\d", re.sub(r"\d+ %", "", answer)) == [str(digit)]


def expect_seen(page, strokes: Strokes) -> None:
    """Waits until the page shows these strokes, all of them, as the network sees them."""
    expected = normalize(render([stroke * 400 for stroke in strokes], 26, 400))
    image = page.locator(".st-key-seen img")
    deadline = time.monotonic() + PATIENCE
    while True:
        png = base64.b64decode(image.get_attribute("src").split("base64,")[1])
        shown = np.asarray(Image.open(io.BytesIO(png)))
        assert shown.shape == (28, 28)
        likeness = np.corrcoef(shown.ravel(), expected.ravel())[0, 1]
        if likeness > 0.95:
            return
        assert time.monotonic() < deadline, f"another picture is shown (r = {likeness:.2f})"
        page.wait_for_timeout(50)


def expect_invitation(page) -> None:
    """Waits for the invitation, which shows no digit, number or picture anywhere."""
    from playwright.sync_api import expect

    expect_answer(page, "^Draw a digit from zero to nine")
    for key in ("answer", "probabilities", "seen"):  # which change one after the other
        number = re.compile(r"\d|%")
        expect(region(page, key)).not_to_contain_text(number, timeout=PATIENCE * 1000)
    expect(page.locator(".st-key-seen img")).to_have_count(0, timeout=PATIENCE * 1000)


@pytest.mark.parametrize("digit", range(10))
def test_reads_each_digit(visit, digit):
    page = visit()
    draw(page, written(digit, *SMALL))
    expect_seen(page, written(digit, *SMALL))
    expect_digit(page, digit)
    press(page, "Clear")
    expect_invitation(page)
    draw(page, written(digit, *LARGE))
    expect_seen(page, written(digit, *LARGE))
    expect_digit(page, digit)


def test_shows_all_ten_probabilities(visit):
    page = visit()
    draw(page, written(8))
    expect_digit(page, 8)
    chart = page.locator(".st-key-probabilities [role=img]")
    spoken = chart.get_attribute("aria-label")
    assert re.findall(r"(\d): [<>]?\d+ %", spoken) == list("0123456789")
    assert chart.locator(".name").all_inner_texts() == list("0123456789")
    heights = [bar.bounding_box()["height"] for bar in chart.locator(".bar").all()]
    assert np.argmax(heights) == 8
    colour = "bar => getComputedStyle(bar).backgroundColor"
    colours = chart.locator(".bar").evaluate_all(f"bars => bars.map({colour})")
    assert colours.count(colours[8]) == 1, "the winner does not stand out"
    assert "100 %" not in page.locator("body").inner_text()


def test_shows_what_the_network_sees(visit):
    page = visit()
    draw(page, written(5))
    expect_seen(page, written(5))
    image = page.locator(".st-key-seen img")
    assert image.get_attribute("alt")
    assert image.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
    assert image.bounding_box()["width"] >= 100


def test_admits_what_it_does_not_know_and_does_not_jump(visit):
    from playwright.sync_api import expect

    page = visit()
    top = region(page, "probabilities").bounding_box()["y"]
    draw(page, written(3))
    expect_digit(page, 3)
    assert region(page, "probabilities").bounding_box()["y"] == top
    press(page, "Clear")
    expect_invitation(page)
    draw(page, HASH)
    answer = expect_answer(page, r"not a digit that I know.*My best guess is \d\.")
    assert region(page, "probabilities").bounding_box()["y"] == top
    best = page.locator(".st-key-probabilities .best .name")
    expect(best).to_have_text(re.findall(r"\d", answer), timeout=PATIENCE * 1000)
    assert page.locator(".st-key-probabilities .name").count() == 10
    expect(page.locator(".st-key-seen img")).to_have_count(1, timeout=PATIENCE * 1000)


def test_starts_with_an_invitation(visit):
    page = visit()
    expect_invitation(page)
    assert page.get_by_role("heading", name="Draw a digit").is_visible()


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


def test_undo_and_clear_wait_for_nobody(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    # The utmost of a late answer is none: an empty sheet must not wait for any.
    page.route("**/*", lambda route: route.abort())
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


def test_the_sheet_waits_for_no_stylesheet_of_its_own(visit):
    page = visit()
    draw(page, written(3))
    expect_digit(page, 3)
    asked = [urlsplit(url).path for url in page.requested if "drawable" in url]
    assert asked, "its script"
    assert not [path for path in asked if path.endswith(".css")]


def test_no_hidden_button_lies_in_the_way_of_a_finger(visit):
    page = visit(**PHONE)
    comb = [np.array([(x, 0.02), (x, 0.3)]) for x in np.linspace(0.62, 0.98, 7)]
    draw_with_finger(page, comb)
    expect_seen(page, comb)


def test_works_with_a_finger_on_a_small_phone(visit):
    page = visit(**PHONE)
    draw_with_finger(page, written(4, *SMALL))
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


def test_asks_nothing_of_any_other_host(visit):
    page = visit()
    draw(page, written(0))
    expect_digit(page, 0)
    press(page, "Clear")
    expect_invitation(page)
    page.wait_for_load_state("networkidle")
    hosts = {urlsplit(url).hostname for url in page.requested if not url.startswith("data:")}
    assert hosts == {"127.0.0.1"}


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
        for damage in (missing, cut_short, without_sense):
            shutil.copytree(ROOT / "model", model, dirs_exist_ok=True)
            damage(model)
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


def test_whatever_goes_wrong_visitors_get_a_sentence(monkeypatch, caplog):
    def fail(folder):
        raise RuntimeError("a secret of the house")

    # AppTest leaves the page as this process's main program, which new processes would run again.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr("digits.DigitClassifier.load", fail)
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
    shown = " ".join(element.proto.body for element in page.get("html"))
    assert "Something went wrong" in shown
    assert "secret" not in shown
    assert not page.exception
    assert "a secret of the house" in caplog.text, "nobody can find out what it was"


def test_nobody_is_asked_for_an_address_or_counted():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["showEmailPrompt"] is False
    assert config["browser"]["gatherUsageStats"] is False
