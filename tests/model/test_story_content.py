"""The content of the story: the words and arrays that its script receives."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from digits.explain.neighbours import Examples
from handwriting.pen import NO_DIGIT
from page.core.text import a_digit
from page.draw.drawing import Drawing
from page.draw.inside import guesses
from page.draw.reading import CanvasReading
from page.story import words
from page.story.content import MAPS, content, count_matches
from tests.helpers.page import HASH, number, sent, written
from tests.helpers.servers import ROOT

SCRIPTS = [*(ROOT / "page" / "story").rglob("*.js")]


@pytest.fixture(scope="module")
def examples(classifier):
    return Examples.load(ROOT / "model", classifier.card.sha256)


def read(classifier, drawing: Drawing, several: bool = False) -> CanvasReading:
    image = drawing.picture
    if not several:
        return CanvasReading(classifier.predict(image, inside=True))
    found = classifier.read(image, inside=True)
    return CanvasReading(found.symbols[1].prediction, "", found.text, found.symbols, chosen=1)


@pytest.fixture
def tell(classifier, examples):
    def tell(strokes, several=False):
        drawing = Drawing(sent(strokes))
        reading = read(classifier, drawing, several)
        return reading.prediction, content(drawing, reading, classifier.card, examples)

    return tell


def step(told, name: str) -> dict[str, str]:
    (found,) = [step for step in told["steps"] if step["name"] == name]
    return found


def array(text: str, *shape: int, kind: type = np.uint8) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


@pytest.mark.parametrize("strokes", [written(3), written(7), HASH])
def test_tells_what_the_network_made_of_the_drawing(tell, strokes):
    prediction, told = tell(strokes)
    assert json.loads(json.dumps(told)) == told
    names = [step["name"] for step in told["steps"]]
    assert names == ["drawing", "dots", "window", "lit", "looked", "answer", "nearest"]
    assert all(all(one.values()) for one in told["steps"]), "a step lacks words"
    assert told["number"] is None
    assert np.array_equal(array(told["pixels"], 28, 28), prediction.pixels)
    assert told["bars"]["shares"] == pytest.approx(prediction.bars, abs=1e-4)
    assert len(told["neighbours"]) == 8
    blocks = [array(b["maps"][0], b["side"], b["side"]) for b in told["blocks"]]
    assert [len(one) for one in blocks] == [one.shape[0] for one in prediction.inside.blocks]
    assert all(len(block["maps"]) == MAPS for block in told["blocks"])


def test_the_answer_is_compared_with_the_next_guess(tell):
    prediction, told = tell(written(3))
    runner_up = int(np.argsort(-prediction.probabilities)[1])
    assert told["evidence"]["names"] == ["3", str(runner_up)]
    assert told["answer"] == "3" and told["bars"]["best"] == 3
    sentence = step(told, "looked")["sentence"]
    assert "lit up here speaks for a 3. Why not" in sentence and a_digit(runner_up) in sentence
    against = prediction.inside.evidence[..., runner_up].mean() < 0
    assert ("speak against it" in sentence) == against
    assert step(told, "nearest")["sentence"] == words.NEAREST
    assert "3" in step(told, "answer")["sentence"]
    assert "&" not in step(told, "answer")["sentence"], "words, not HTML"


def test_what_is_refused_gets_a_story_too(tell):
    _, told = tell(HASH)
    assert told["evidence"]["names"][0] == "none"
    assert told["answer"] == "?" and told["bars"]["best"] == NO_DIGIT
    # It was trained on thousands of letters, so it must not claim to have seen nothing like it.
    assert step(told, "nearest")["sentence"] == words.NEAREST
    assert step(told, "answer")["sentence"] == words.NO_DIGIT_ANSWER.format(none="none")


def test_a_digit_that_is_unsure_is_asked_about_like_anywhere_else(classifier, examples):
    """A 4 is the most likely, though not likely enough for an answer."""
    drawing = Drawing(sent(written(4)))
    prediction = classifier.predict(drawing.picture, inside=True)
    unsure = replace(prediction, digit=None, verdict="unsure", none=0.1)
    told = content(drawing, CanvasReading(unsure), classifier.card, examples)
    assert told["evidence"]["names"][0] == "4" and told["bars"]["best"] == 4
    assert "lit up here speaks for a 4" in step(told, "looked")["sentence"]
    assert step(told, "answer")["sentence"] == words.NOT_SURE


def test_a_number_is_cut_apart_first_and_read_as_a_whole_at_the_end(tell):
    prediction, told = tell(number("2026"), several=True)
    assert json.loads(json.dumps(told)) == told
    assert told["steps"][0]["name"] == "cut"
    assert told["steps"][-1]["sentence"] == "2, 0, 2, 6: I see 2026."
    assert prediction.digit == 0 and told["answer"] == "0"
    tiles = told["number"]["tiles"]
    assert [tile["label"] for tile in tiles] == ["2", "0", "2", "6"]
    assert [tile["x"] for tile in tiles] == sorted(tile["x"] for tile in tiles)
    assert told["number"]["chosen"] == 1
    pictures = [base64.b64decode(tile["picture"].partition(",")[2]) for tile in tiles]
    shapes = {Image.open(io.BytesIO(picture)).size for picture in pictures}
    assert all(width == height for width, height in shapes)
    assert base64.b64decode(told["drawing"].partition(",")[2]) == pictures[1]


def test_the_rule_counts_the_bright_dots_of_the_pattern():
    kernel = np.zeros((5, 5))
    kernel[:, 1], kernel[:, 3] = 1, -1
    pixels = np.zeros((28, 28), np.uint8)
    pixels[10:13, 9] = 255  # three of the five dots of a bar
    assert count_matches(kernel.tolist(), pixels, [12, 10]) == (3, 5)
    assert count_matches(kernel.tolist(), pixels, [0, 0]) == (0, 5), (
        "outside of the picture it is dark"
    )


def test_the_window_rests_where_it_finds_most(tell):
    _, told = tell(written(5))
    found = array(told["map"], 28, 28)
    assert found[tuple(told["best"])] == found.max()
    bright, wanted = count_matches(told["kernel"], array(told["pixels"], 28, 28), told["best"])
    assert f"{bright} of {wanted}" in step(told, "window")["sentence"]
    assert bright > wanted / 2


def test_the_evidence_is_on_one_scale(tell):
    prediction, told = tell(written(8))
    side = told["evidence"]["side"]
    maps = np.stack([array(m, side, side, kind=np.int8) for m in told["evidence"]["maps"]])
    outputs = guesses(prediction)
    own = np.moveaxis(prediction.inside.evidence[..., outputs], 2, 0)
    assert np.abs(maps).max() == 127
    assert maps / 127 == pytest.approx(own / np.abs(own).max(), abs=0.005)


def test_the_window_is_the_networks_own(tell):
    _, told = tell(written(5))
    assert np.shape(told["kernel"]) == (5, 5)
    pooled = array(told["map"], 28, 28).reshape(14, 2, 14, 2).max(axis=(1, 3))
    # Step 4 begins with the same map.
    first = array(told["blocks"][0]["maps"][0], 14, 14)
    assert np.abs(pooled.astype(int) - first).max() <= 2
    maps = [array(one, 14, 14) for one in told["blocks"][0]["maps"]]
    assert len({one.tobytes() for one in maps}) == len(maps), "one is shown twice"


SPECK = np.array([(0.05, 0.95), (0.05, 0.951)])


@pytest.mark.parametrize(
    "strokes",
    [written(3), written(7), written(1), written(4, 0.3, (0.8, 0.2)), [*written(2, 0.5), SPECK]],
)
def test_the_cut_out_drawing_lands_on_its_dots(tell, strokes):
    """The drawing that the script moves from the canvas to the dots fits them."""
    prediction, told = tell(strokes)
    ink = 255 - np.asarray(Drawing(sent(strokes)).picture)
    left, top, width, height = (len(ink) * part for part in told["box"])
    x, y, wide, high = told["place"]
    assert max(wide, high) == pytest.approx(20)
    box = (
        left - x * width / wide, top - y * height / high,
        left + (28 - x) * width / wide, top + (28 - y) * height / high,
    )  # fmt: skip
    pad = 400
    padded = Image.fromarray(np.pad(ink, pad))
    moved = padded.resize((28, 28), Image.Resampling.BOX, box=[side + pad for side in box])
    assert np.corrcoef(np.asarray(moved).ravel(), prediction.pixels.ravel())[0, 1] > 0.97


def test_nothing_drawn_is_an_invitation(classifier, examples):
    told = content(Drawing(), CanvasReading(), classifier.card, examples)
    assert told["steps"] == [] and "pixels" not in told
    assert told["begin"].startswith("Draw a digit")


def test_a_model_without_examples_and_filters_leaves_their_steps_out(classifier):
    drawing = Drawing(sent(written(3)))
    card = replace(classifier.card, filters=[])
    told = content(drawing, read(classifier, drawing), card, None)
    names = ["drawing", "dots", "lit", "looked", "answer"]
    assert [step["name"] for step in told["steps"]] == names


def test_the_scripts_say_nothing_by_themselves():
    """All words come from Python, where they can be translated."""
    assert len(SCRIPTS) > 5
    sentences = [*words.WORDS.values(), *words.TITLES.values()]
    for script in SCRIPTS:
        lines = script.read_text("utf-8").splitlines()
        code = "\n".join(line for line in lines if not line.lstrip().startswith(("//", "*", "/*")))
        assert not [text for text in sentences if f'"{text}"' in code], script
