"""“How I learned” in a real browser, with real training."""

import base64
import io
import json
import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from digits.calibration import apply_temperature
from tests.helpers.page import (
    CANVAS,
    HASH,
    PHONE,
    STREAMING,
    draw,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    go_to_learned,
    hurry,
    press,
    press_in_lesson,
    written,
)
from tests.helpers.servers import ROOT, TIMEOUT, serve_page
from training.data import DataError, load_mnist

READY = ".lesson .wall figure"
LEARNED = 3 * TIMEOUT * 1000  # ms: a network learns meanwhile


@pytest.fixture(scope="module")
def mnist():
    """The complete MNIST data set."""
    try:
        return load_mnist()
    except DataError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"The errors on MNIST were not recomputed: {error}")


def text(page, selector: str) -> str:
    return " ".join(page.locator(selector).inner_text().split())


def expect_state(page, state: str) -> None:
    page.locator(f".lesson[data-state={state}]").wait_for(timeout=LEARNED)


def there_and_back(page) -> None:
    go_to_learned(page)
    page.get_by_role("heading", name="How I learned").wait_for()
    page.locator(READY).first.wait_for()
    page.get_by_role("link", name="Draw a digit").click()
    page.locator(CANVAS).wait_for()


def test_leads_there_and_back_to_the_same_drawing(visit):
    page = visit()
    there_and_back(page)
    expect_invitation(page)
    draw(page, written(4))
    expect_digit(page, 4)
    for _ in range(2):
        there_and_back(page)
        expect_digit(page, 4)
        expect_seen(page, written(4))
        # The strokes are still there, not only the answer.
        draw(page, HASH[:1])
        expect_answer(page, "^(?!.*I see a 4)")
        press(page, "Undo")
        expect_digit(page, 4)
    there_and_back(page)
    press(page, "Undo")
    expect_answer(page, "^(?!.*I see a 4)")
    press(page, "Undo")
    expect_invitation(page)
    press(page, "Clear")
    there_and_back(page)
    expect_invitation(page)
    draw(page, written(6))
    expect_seen(page, written(6))
    expect_digit(page, 6)


# What train.py recorded


def test_shows_exactly_the_models_errors(visit, server, classifier, mnist):
    name = "probabilities"
    parts = np.split(mnist.x_test, 100)
    outputs = np.concatenate([classifier._network.run(part, [name])[name] for part in parts])
    probabilities = apply_temperature(outputs, classifier.card.temperature)[0]
    guesses = probabilities.argmax(axis=1)
    errors = np.flatnonzero(guesses != mnist.y_test)
    page = visit(server + "/learned", until=".misread figure")
    assert f"tested on 10,000 digits that I had never seen, and got {len(errors)} wrong" in text(
        page, ".st-key-misread"
    )
    covered = page.locator(".misread").inner_text()
    assert not re.search(r"\d", covered), "the answer shows before one has guessed"
    page.locator(".misread figure button").first.click()
    assert "I said" not in page.locator(".misread").inner_text(), "it shows before one has guessed"
    page.locator(".misread .pad").get_by_text("3", exact=True).click()
    assert re.search(r"You said 3\..*I said \d", text(page, ".misread figure:first-child"))
    page.evaluate("""for (const button of document.querySelectorAll(".misread figure button")) {
      button.click();
      document.querySelector(".misread .pad button").click();
    }""")
    shown, right = [], 0
    for figure in page.locator(".misread figure").all():
        image = figure.locator("img")
        number = int(re.search(r"Test picture (\d+)", image.get_attribute("alt"))[1])
        shown.append(number)
        png = base64.b64decode(image.get_attribute("src").split("base64,")[1])
        assert np.array_equal(Image.open(io.BytesIO(png)), mnist.x_test[number])
        mine, label, guess, sure = re.fullmatch(
            r"You said (\d)\. It’s an? (\d)\. I said (\d), >?(\d+)% sure\.",
            " ".join(figure.inner_text().split()),
        ).groups()
        right += mine == label
        assert figure.locator(".right").count() == (mine == label)
        assert (int(label), int(guess)) == (mnist.y_test[number], guesses[number])
        assert int(sure) == pytest.approx(100 * probabilities[number].max(), abs=1)
    assert f"You got {right} of {len(errors)} right" in text(page, ".score")
    assert sorted(shown) == errors.tolist()
    page.get_by_text("More numbers").click()
    page.locator(".confusion").wait_for()
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (mnist.y_test, guesses), 1)
    cells = page.locator(".confusion td").all_inner_texts()[1:]
    assert [int(cell.replace(",", "") or 0) for cell in cells] == confusion.ravel().tolist()


def test_more_numbers_match_the_card(visit, server, classifier):
    page = visit(server + "/learned", until=".misread figure")
    people, minutes = classifier.card.people.writers, classifier.card.seconds / 60
    assert f"60,000 digits and on the handwriting of {people} people" in text(page, ".lead")
    assert f"{minutes:.0f} minutes" in text(page, ".lead")
    assert page.locator(".rounds").is_hidden()
    page.get_by_text("More numbers").click()
    rounds = page.locator(".rounds")
    rounds.wait_for()
    curve = classifier.card.learning_curve["val_accuracy"]
    mistakes = [round(1000 * (1 - share)) for share in curve]
    assert [int(one) for one in rounds.locator("b").all_inner_texts()] == mistakes
    heights = [bar.bounding_box()["height"] for bar in rounds.locator("i").all()]
    assert np.corrcoef(heights, mistakes)[0, 1] > 0.99
    mine = 1000 * (1 - classifier.card.test.accuracy)
    assert f"I got {mine:.1f} of 1,000 wrong. People get about 2" in page.content()
    # Every picture has a text alternative.
    page.locator(READY).first.wait_for()
    for image in page.locator("img").all():
        assert image.get_attribute("alt")
    for one in page.locator("[role=img]:visible").all():
        assert one.get_attribute("aria-label")


def test_fits_a_phone(visit, server):
    page = visit(server + "/learned", until=READY, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    button = page.get_by_role("button", name="Let’s go!").bounding_box()
    assert button["y"] + button["height"] <= 740, "the button is below the first screen"


def without_misread(card: dict) -> None:
    del card["test"]["misread"]


def like_the_book(card: dict) -> None:
    """Describe another network, trained on other data, in a model card."""
    curve = card["learning_curve"]
    card |= {"network": "dense", "learning_curve": {"accuracy": curve["accuracy"], "loss": []}}
    card["data"]["mnist"] = False
    without_misread(card)


def test_without_a_model_and_with_incomplete_cards(visit, tmp_path):
    model = tmp_path / "model"
    with serve_page(DIGITS_MODEL=str(model)) as (url, _):
        page = visit(url + "/learned", until="[role=alert]")
        expect(page.locator("[role=alert]")).to_contain_text("Run python train.py")
        assert page.locator("[data-testid=stException]").count() == 0
        page.locator(READY).first.wait_for()
        press(page, "Let’s go!")
        expect_state(page, "looking")

    shutil.copytree(ROOT / "model", model)
    original = (model / "card.json").read_text("utf-8")
    for change in (without_misread, like_the_book):
        card = json.loads(original)
        change(card)
        (model / "card.json").write_text(json.dumps(card), "utf-8")
        with serve_page(DIGITS_MODEL=str(model)) as (url, _):
            page = visit(url + "/learned", until=READY)
            page.get_by_text("More numbers").click()
            expect(page.locator(".confusion")).to_be_visible()
            expect(page.locator(".rounds")).to_be_visible()
            mnist = card["data"]["mnist"]
            assert ("60,000 digits" in text(page, ".lead")) == mnist
            assert ("People get about" in text(page, ".st-key-learned")) == mnist
            assert page.locator(".misread").count() == 0
            assert page.locator("[data-testid=stException]").count() == 0


# Watch me learn


@pytest.mark.timeout(900)  # two networks learn
def test_learns_in_the_visitors_browser_even_offline(visit, server):
    page = visit()
    draw(page, written(7))
    expect_digit(page, 7)
    go_to_learned(page)
    page.locator(READY).first.wait_for()
    lesson = page.locator(".lesson")
    expect(lesson.locator(".mine figcaption")).to_have_text("Your drawing")
    page.context.set_offline(True)
    press(page, "Let’s go!")
    expect_state(page, "looking")
    lesson.locator(".example .guess", has_text=re.compile(r"My guess: \d")).wait_for()
    lesson.locator(".example .truth", has_text=re.compile(r"It’s an? \d\.")).wait_for()
    columns = lesson.locator(".mine .columns")
    expect(columns).not_to_have_attribute("aria-label", columns.get_attribute("aria-label"))
    expect(lesson.locator(".count")).not_to_have_text(re.compile(r"\b0$"))
    press_in_lesson(page, "faster", STREAMING, "faster")
    hurry(page)
    expect_state(page, "bet")
    expect(lesson.locator(".count")).to_have_text("Looks so far: 12,000")
    expect(lesson.locator(".mine .guess")).to_have_text("My guess: 7")
    page.get_by_label("Guess how many of 1,000").fill("800")
    press(page, "Test me")
    hurry(page)
    expect_state(page, "done")
    said = re.search(
        r"I got (\d+) of 1,000 right\. You guessed 800\. I’m better than you thought! "
        r"On “Draw a digit” I’d get about 997 right",
        text(page, ".lesson .say"),
    )
    right = int(said[1])
    assert 920 < right < 970
    shown = lesson.locator(".results dd").all_inner_texts()
    assert [int(one) for one in shown] == [800, right, 997]
    widths = [one.bounding_box()["width"] for one in lesson.locator(".results i").all()]
    assert widths == pytest.approx([widths[0] * part / 800 for part in (800, right, 997)], rel=0.01)
    assert lesson.locator(".misread figure").count() == 18
    expect(lesson.locator(".misread figure").first).to_have_text(
        re.compile(r"It’s an? \d\. I said \d,>?\d+% sure\.")
    )
    press(page, "…I have 6 brain cells, not 512?")
    press_in_lesson(page, "faster", STREAMING, "faster")
    hurry(page)
    expect_state(page, "bet")
    page.get_by_label("Guess how many of 1,000").fill("990")
    press(page, "Test me")
    hurry(page)
    expect_state(page, "done")
    expect(lesson.locator(".say")).to_contain_text("You thought I’d do better.")
    shown = [int(one) for one in lesson.locator(".results dd").all_inner_texts()]
    assert shown[:2] == [990, right]
    assert 300 < shown[2] < right - 30, "a smaller network is worse"
    page.context.set_offline(False)


def test_can_be_paused_stepped_restarted_and_translated(visit, server):
    page = visit(server + "/learned", until=READY)
    lesson = page.locator(".lesson")
    start = page.get_by_role("button", name="Let’s go!")
    start.focus()
    page.keyboard.press("Enter")
    expect_state(page, "looking")
    expect(lesson).to_have_attribute("data-busy", "")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()  # the start button is gone
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    expect(lesson).not_to_have_attribute("data-busy", "")
    guess, truth, count = (lesson.locator(one) for one in (".example .guess", ".truth", ".count"))
    expect_to_hold(page, guess, truth, count)
    for _ in range(3):  # to the end of this image
        if not truth.inner_text():
            press(page, "One step")
    done = int(count.inner_text().split()[-1])
    press(page, "One step")
    expect(truth).to_be_empty()
    expect(guess).to_be_empty()
    expect(lesson.locator(".say")).to_have_text("What is it?")
    press(page, "One step")
    expect(guess).to_have_text(re.compile(r"My guess: \d"))
    expect(truth).to_be_empty()
    press(page, "One step")
    expect(truth).to_have_text(re.compile(r"It’s an? \d\."))
    expect(count).to_have_text(f"Looks so far: {done + 1}")
    page.get_by_label("Language").select_option("Deutsch")
    expect(count).to_have_text(f"Angesehen: {done + 1}")
    press(page, "Weiter")
    expect(count).not_to_have_text(f"Angesehen: {done + 1}")
    press_in_lesson(page, "faster", STREAMING, "step")
    expect_state(page, "looking")
    restart = page.get_by_role("button", name="Von vorn")
    shown = restart.evaluate(
        """async button => {
          button.click();
          await new Promise(setTimeout);
          return document.querySelector(".lesson .count").textContent;
        }"""
    )
    assert shown == "Angesehen: 0"
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def expect_to_hold(page, *parts) -> None:
    """Wait until these texts stay the same for longer than an image is shown."""
    for _ in range(2):
        held = [one.inner_text() for one in parts]
        page.wait_for_timeout(1500)
        if [one.inner_text() for one in parts] == held:
            return
    pytest.fail("It goes on while it is paused.")


def test_a_browser_that_lacks_something_gets_a_sentence(visit, server):
    page = visit(server)
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(server + "/learned")
    expect(page.locator(".lesson .say")).to_contain_text("I can’t learn in this browser")
    expect(page.get_by_role("button", name="Let’s go!")).to_be_hidden()
    expect(page.locator(".misread figure").first).to_be_visible()
