"""“How it learned” in a real browser; the small network that people watch learns for real."""

import base64
import io
import json
import os
import re
import shutil
import sys
import time

import numpy as np
import psutil
import pytest
from PIL import Image

from digits.calibration import apply_temperature
from tests.helpers.packages import needs_tensorflow
from tests.helpers.page import (
    HASH,
    PHONE,
    draw,
    expect_answer,
    expect_digit,
    expect_invitation,
    expect_seen,
    go_to_learned,
    press,
    region,
    written,
)
from tests.helpers.servers import ROOT, TIMEOUT, serve_page
from training.data import DataError, load_mnist

pytestmark = needs_tensorflow

# In the page: notes what it says of the lesson, however briefly, and how many digits each wall had.
NOTE_LESSON = """() => {
  const noted = window.noted = { stages: [], axes: [], walls: {} };
  const note = (kind, element) => {
    if (!noted[kind].includes(element.textContent)) noted[kind].push(element.textContent);
  };
  new MutationObserver(() => {
    document.querySelectorAll(".stage").forEach(one => note("stages", one));
    document.querySelectorAll(".lesson .axis").forEach(one => note("axes", one));
    for (const wall of document.querySelectorAll(".wall"))
      noted.walls[wall.ariaLabel] = wall.childElementCount;
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
READY = ".st-key-watch .readings img"  # is there last


@pytest.fixture(scope="module")
def mnist():
    """The full MNIST."""
    try:
        return load_mnist()
    except DataError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"The errors on MNIST were not recomputed: {error}")


def text(page, selector: str) -> str:
    return " ".join(page.locator(selector).inner_text().split())


def expect_stage(page, pattern: str) -> None:
    from playwright.sync_api import expect

    timeout = 3 * TIMEOUT * 1000  # a network learns meanwhile
    expect(page.locator(".stage")).to_contain_text(re.compile(pattern), timeout=timeout)


def until(condition, what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def there_and_back(page) -> None:
    go_to_learned(page)
    page.get_by_role("heading", name="How it learned").wait_for()
    page.locator(READY).first.wait_for()
    page.get_by_role("link", name="Draw a digit").click()
    page.locator("canvas.upper-canvas").wait_for()


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
        # Not only the answer is still there, but the strokes too.
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


def test_shows_the_very_errors_that_the_model_makes(visit, server, classifier, mnist):
    name = "probabilities"
    parts = np.split(mnist.x_test, 100)
    outputs = np.concatenate([classifier._network.run(part, [name])[name] for part in parts])
    probabilities = apply_temperature(outputs, classifier.card["temperature"])[0]
    guesses = probabilities.argmax(axis=1)
    errors = np.flatnonzero(guesses != mnist.y_test)
    page = visit(server + "/learned", until=".misread figure")
    assert (
        f"tested on 10,000 digits that it had never seen. {len(errors)} of them it read wrong"
        in text(page, ".st-key-misread")
    )
    covered = page.locator(".misread").inner_text()
    assert not re.search(r"\d", covered), "the answer shows before one has guessed"
    page.locator(".misread figure button").first.click()
    assert "It said" not in page.locator(".misread").inner_text(), "it shows before one has guessed"
    page.locator(".misread .pad").get_by_text("3", exact=True).click()
    assert re.search(r"You said 3\..*It said \d", text(page, ".misread figure:first-child"))
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
            r"You said (\d)\. It’s an? (\d)\. It said (\d), >?(\d+)% sure\.",
            " ".join(figure.inner_text().split()),
        ).groups()
        right += mine == label
        assert figure.locator(".right").count() == (mine == label)
        assert (int(label), int(guess)) == (mnist.y_test[number], guesses[number])
        assert int(sure) == pytest.approx(100 * probabilities[number].max(), abs=1)
    assert f"You got {right} of {len(errors)} right" in text(page, ".score")
    assert sorted(shown) == errors.tolist()
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (mnist.y_test, guesses), 1)
    cells = page.locator(".confusion td").all_inner_texts()[1:]
    assert [int(cell.replace(",", "") or 0) for cell in cells] == confusion.ravel().tolist()


def test_shows_how_practice_makes_better_and_how_people_do(visit, server, classifier):
    from playwright.sync_api import expect

    page = visit(server + "/learned", until=".misread figure")
    curve = classifier.card["learning_curve"]["val_accuracy"]
    chart = page.locator("section .chart")
    spoken = chart.get_attribute("aria-label")
    assert f"{1000 * (1 - curve[0]):.0f} after the first round" in spoken
    assert f"{1000 * (1 - curve[-1]):.1f} after round {len(curve)}" in spoken
    assert f"end: {1000 * (1 - classifier.card['test']['accuracy']):.1f}" in spoken
    assert "people: about 2" in chart.inner_text()
    assert "LeCun" in page.locator("section", has=page.locator(".chart")).inner_text()
    # As high as said: 2 of 1,000 lies between the lines for 1 and 4, and so on.
    line = np.asarray(Image.open(io.BytesIO(chart.locator(".line").screenshot())).convert("RGB"))
    accent = np.abs(line.astype(int) - (0xC2, 0x41, 0x0C)).max(axis=2) < 40
    rows = [column.nonzero()[0].mean() for column in accent.T if column.any()]
    assert len(rows) > 0.8 * line.shape[1], "a line from the first round to the last"
    assert max(rows) - min(rows) > 0.3 * line.shape[0]
    dot, people = chart.locator(".dot").bounding_box(), chart.locator(".people").bounding_box()
    assert dot["y"] + dot["height"] < people["y"], "people are still better"
    # Everything to see has words.
    for image in page.locator("img").all():
        assert image.get_attribute("alt")
    expect(page.locator("[role=img]")).to_have_count(2)
    for one in page.locator("[role=img]").all():
        assert len(one.get_attribute("aria-label")) > 40


def test_fits_a_phone(visit, server):
    page = visit(server + "/learned", until=".misread figure", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    button = page.get_by_role("button", name="Watch it learn").bounding_box()
    assert button["y"] + button["height"] <= 740, "the button is below the first screen"


def without_misread(card: dict) -> None:
    del card["test"]["misread"]


def like_the_book(card: dict) -> None:
    """Another network, on other data."""
    curve = card["learning_curve"]
    card |= {"network": "dense", "learning_curve": {"accuracy": curve["accuracy"], "loss": []}}
    card["data"]["mnist"] = False
    without_misread(card)


def test_without_a_model_or_data_and_with_models_that_tell_less(visit, tmp_path):
    from playwright.sync_api import expect

    model, temporary = tmp_path / "model", tmp_path / "temporary"
    temporary.mkdir()
    none = str(tmp_path / "none.npz")
    given = {"DIGITS_MODEL": str(model), "DIGITS_DATA": none, "TMPDIR": str(temporary)}
    with serve_page(**given) as (url, server):
        page = visit(url + "/learned", until="[role=alert]")
        expect(page.locator("[role=alert]")).to_contain_text("Run python train.py")
        assert page.locator("[data-testid=stException]").count() == 0
        page.locator(READY).first.wait_for()
        press(page, "Watch it learn")
        expect_stage(page, r"It can’t learn here right now.*none\.npz.*no such file")
        assert "Traceback" not in page.content()
        expect_nothing_left((url, psutil.Process(server.pid), temporary))

        shutil.copytree(ROOT / "model", model)
        original = (model / "card.json").read_text("utf-8")
        for change in (without_misread, like_the_book):
            card = json.loads(original)
            change(card)
            (model / "card.json").write_text(json.dumps(card), "utf-8")
            page.reload()
            page.locator(".confusion").wait_for()
            expect(page.locator("section .chart")).to_be_visible()
            expect(page.locator(".people")).to_have_count(1 if card["data"]["mnist"] else 0)
            assert page.locator(".misread").count() == 0
            assert page.locator("[data-testid=stException]").count() == 0


# Watch it learn


def learners(server: psutil.Process) -> list[psutil.Process]:
    """All processes that it started."""
    return server.children(recursive=True)


def expect_nothing_left(school, started=()) -> None:
    _, server, temporary = school
    _, left = psutil.wait_procs(started, timeout=TIMEOUT)
    assert not left, "a process is left, and nobody looks after it"
    until(lambda: not learners(server), "a process is left")
    until(lambda: not any(temporary.glob("digits-lesson-*")), "files are left")
    assert not any(temporary.iterdir())


def model_files() -> dict:
    return {file.name: file.read_bytes() for file in (ROOT / "model").iterdir()}


@pytest.mark.timeout(900)  # a network learns
def test_learns_before_your_eyes_from_your_own_drawings_without_internet(visit, tmp_path):
    from playwright.sync_api import expect

    before = model_files()
    nowhere = "http://127.0.0.1:9"  # a proxy that does not exist
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    environment = {"HOME": str(home), "KERAS_HOME": str(home), "PATH": "", "https_proxy": nowhere}
    with serve_page(TMPDIR=str(temporary), DIGITS_DATA="", **environment) as (url, server):
        process = psutil.Process(server.pid)
        page = visit(url)
        for digit in (3, 7):
            draw(page, written(digit))
            expect_digit(page, digit)
            press(page, "Clear")
            expect_invitation(page)
        go_to_learned(page)
        expect(page.locator(READY)).to_have_count(2, timeout=TIMEOUT * 1000)
        press(page, "Watch it learn")
        until(lambda: learners(process), "a process of its own")
        page.evaluate(NOTE_LESSON)
        expect_stage(page, "has learned|can’t|wrong|Stopped")
        stage, noted = text(page, ".stage"), page.evaluate("noted")
        assert not [one for one in noted["stages"] if re.search("can’t|wrong|Stopped", one)]
        assert any("changes a little" in one for one in noted["stages"])
        steps = [int(one[1]) for axis in noted["axes"] if (one := re.match(r"step (\d+)", axis))]
        assert len([step for step in steps if step <= 60]) >= 6, "guessing is seen become knowing"
        practised, tested = noted["walls"].values()
        assert practised > 10, "the digits that it practises with are shown"
        assert tested > 1, "those of the test are shown"
        right = int(re.search(r"reads (\d+) of 1,000 new digits right", stage)[1])
        assert right > 950
        assert re.search(r"would read about 99\d right", stage)
        expect(region(page, "watch").locator(".misread figure")).to_have_count(1000 - right)
        readings = page.locator(".readings figcaption").all_inner_texts()
        assert len(readings) == 2
        assert all(re.match(r"[0-9?]\s*>?\d+% sure", said) for said in readings)
        words = page.locator(".lesson [role=img]").get_attribute("aria-label")
        last = re.search(r"After step (\d+) of (\d+)", words)
        assert last[1] == last[2]
        expect_nothing_left((url, process, temporary))
        expect(page.get_by_role("button", name="Watch it learn")).to_be_visible()
    assert model_files() == before


@pytest.mark.timeout(900)
def test_one_at_a_time_and_nothing_is_left_however_it_ends(visit, tmp_path):
    from playwright.sync_api import expect

    with serve_page(TMPDIR=str(tmp_path)) as (url, process):
        school = url, psutil.Process(process.pid), tmp_path
        one, other = (visit(url + "/learned", until=READY) for _ in range(2))

        def begin(page) -> list[psutil.Process]:
            press(page, "Watch it learn")
            expect_stage(page, "draws|changes")
            started = learners(school[1])
            assert started
            return started

        press(one, "Watch it learn")
        until(lambda: learners(school[1]), "nothing was started")
        (first,) = school[1].children()
        press(other, "Watch it learn")  # it still has a button: it was there first
        expect_stage(other, "Somebody else is watching")
        expect(other.get_by_role("button", name="Watch it learn")).to_have_count(0)
        third = visit(url + "/learned", until=READY)
        expect_stage(third, "Somebody else is watching")
        expect(third.get_by_role("button", name="Watch it learn")).to_have_count(0)
        assert school[1].children() == [first]
        started = learners(school[1])
        press(one, "Stop")
        expect_stage(one, "Stopped")
        expect_nothing_left(school, started)
        for page in (one, other, third):
            page.get_by_role("button", name="Watch it learn").wait_for()

        started = begin(other)  # and goes to the other page
        other.get_by_role("link", name="Draw a digit").click()
        other.locator("canvas.upper-canvas").wait_for()
        expect_nothing_left(school, started)

        third.get_by_role("button", name="Watch it learn").wait_for()
        started = begin(third)
        third.close()
        expect_nothing_left(school, started)

        one.get_by_role("button", name="Watch it learn").wait_for()
        started = begin(one)
    _, left = psutil.wait_procs(started, timeout=TIMEOUT)  # the server has ended meanwhile
    assert not left
    assert not any(tmp_path.iterdir())


def test_a_stalled_training_ends_with_a_sentence(monkeypatch, tmp_path):
    from page.learned import lesson

    stalled = tmp_path / "train.py"
    stalled.write_text(
        "import sys, time\n"
        "with open(sys.argv[sys.argv.index('--watch') + 1] + '/progress.jsonl', 'w') as told:\n"
        """    told.write('{"step": 0, "steps": 304}\\n')\n"""
        "time.sleep(1000)\n"
    )
    monkeypatch.setattr(lesson, "TRAIN", stalled)
    monkeypatch.setattr(lesson, "STALLED_S", 0.5)
    held = lesson.Lesson(np.zeros((1, 28, 28), np.uint8))
    held.wait()
    assert held.reports
    assert held.stage == "over"
    assert "try again" in held.error
    running = psutil.process_iter(["cmdline"])  # which bears that others end meanwhile
    assert not [one for one in running if str(stalled) in (one.info["cmdline"] or [])]


def test_the_first_steps_are_shown_one_by_one_however_fast_they_were(monkeypatch, tmp_path):
    from page.learned import lesson

    steps = [*range(0, 60, 3), *range(60, 100, 10), 100]
    fast = tmp_path / "train.py"
    fast.write_text(
        "import json, pathlib, sys\n"
        "folder = pathlib.Path(sys.argv[sys.argv.index('--watch') + 1])\n"
        f"lines = [json.dumps({{'step': step, 'steps': 100}}) for step in {steps}]\n"
        "(folder / 'progress.jsonl').write_text('\\n'.join(lines) + '\\n')\n"
        "(folder / 'model').mkdir()\n"
        "(folder / 'model' / 'card.json').write_text('{}')\n"
    )
    monkeypatch.setattr(lesson, "TRAIN", fast)
    monkeypatch.setattr(lesson, "TICK_S", 0.01)
    monkeypatch.setattr(lesson, "SLOWLY_S", 0.1)
    monkeypatch.setattr(lesson, "UNWATCHED_S", TIMEOUT)
    held, shown = lesson.Lesson(np.zeros((1, 28, 28), np.uint8)), set()
    while held.stage != "over":
        shown |= {one["step"] for one in held.reports[-1:]}
        time.sleep(0.01)
    assert shown >= {step for step in steps if step <= 60}
    assert [one["step"] for one in held.reports] == steps
    assert held.card == {}
    assert lesson.Lesson.usual == held.seconds > 20 * 0.1


@pytest.mark.skipif(sys.platform == "win32", reason="SIGILL is a thing of POSIX")
def test_a_processor_that_tensorflow_cannot_run_on_is_not_tried_again(monkeypatch, tmp_path):
    from page.learned import lesson

    dying = tmp_path / "train.py"
    dying.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    monkeypatch.setattr(lesson, "TRAIN", dying)
    held = lesson.Lesson(np.zeros((1, 28, 28), np.uint8))
    held.wait()
    assert "processor" in held.error


def test_what_train_py_says_arrives_whatever_the_consoles_encoding(monkeypatch, tmp_path):
    from page.learned import lesson

    saying = tmp_path / "train.py"
    saying.write_text("import sys\nsys.exit('train.py: “цифры.npz” is damaged…')\n", "utf-8")
    monkeypatch.setattr(lesson, "TRAIN", saying)
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    held = lesson.Lesson(np.zeros((1, 28, 28), np.uint8))
    held.wait()
    assert held.error == "“цифры.npz” is damaged…"
