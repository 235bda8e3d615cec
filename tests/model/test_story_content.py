"""What the story tells: the words and arrays that its script is handed."""

import base64
import io
import json
import string
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from digits.explain.neighbours import Examples
from handwriting.pen import render
from page import story
from page.draw import reading
from tests.helpers.page import HASH, written
from tests.helpers.servers import ROOT

SCRIPT = ROOT / "page" / "story" / "story.js"


@pytest.fixture(scope="module")
def examples(classifier):
    return Examples.load(ROOT / "model", classifier.card["sha256"])


def sheet(strokes) -> bytes:
    """A drawing as the page's canvas sends it: dark on white."""
    png = io.BytesIO()
    Image.fromarray(255 - render([stroke * 400 for stroke in strokes], 26, 400)).save(png, "PNG")
    return png.getvalue()


def read(classifier, drawing: bytes):
    return classifier.predict(Image.open(io.BytesIO(drawing)), inside=True)


def part_shown(png: bytes, prediction):
    return reading.part_of(SimpleNamespace(png=png), reading.Reading(prediction))


@pytest.fixture
def tell(classifier, examples):
    def tell(strokes):
        drawing = sheet(strokes)
        prediction = read(classifier, drawing)
        part = part_shown(drawing, prediction)
        return prediction, story.content(part, prediction, classifier.card, examples, True)

    return tell


def array(text: str, *shape: int, kind: type = np.uint8) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


@pytest.mark.parametrize("strokes", [written(3), written(7), HASH])
def test_tells_what_the_network_made_of_the_drawing(tell, strokes):
    prediction, told = tell(strokes)
    assert json.loads(json.dumps(told)) == told
    assert len(told["sentences"]) == len(told["alts"]) == len(told["notes"]) == 7
    assert len(told["words"]["steps"]) == 7
    assert np.array_equal(array(told["pixels"], 28, 28), prediction.pixels)
    assert told["bars"]["shares"] == pytest.approx(prediction.bars, abs=1e-4)
    assert len(told["neighbours"]) == 8
    blocks = [array(b["maps"][0], b["side"], b["side"]) for b in told["blocks"]]
    assert [len(one) for one in blocks] == [one.shape[0] for one in prediction.inside.blocks]
    assert all(len(block["maps"]) == story.MAPS for block in told["blocks"])


def test_the_answer_comes_first_then_the_runner_up_then_none(tell):
    prediction, told = tell(written(3))
    runner_up = str(np.argsort(-prediction.probabilities)[1])
    assert told["evidence"]["names"] == ["3", runner_up, "no digit"]
    assert told["answer"] == "3" and told["bars"]["best"] == 3
    assert "3" in told["sentences"][4] and runner_up in told["sentences"][4]
    assert told["sentences"][5] == story.REMINDS
    assert "3" in told["sentences"][6]
    assert "&" not in told["sentences"][6], "words, not HTML"


def test_what_is_refused_gets_a_story_too(tell):
    _, told = tell(HASH)
    assert told["evidence"]["names"][0] == "no digit"
    assert told["answer"] == "?" and told["bars"]["best"] == story.NONE
    assert told["sentences"][5] == story.REMINDS_NOTHING
    assert told["sentences"][6] == story.NO_ANSWER


def test_the_evidence_is_on_one_scale(tell):
    prediction, told = tell(written(8))
    side = told["evidence"]["side"]
    maps = np.stack([array(m, side, side, kind=np.int8) for m in told["evidence"]["maps"]])
    outputs = story.in_question(prediction)
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
    """What the script moves from the sheet to the dots fits them."""
    drawing = sheet(strokes)
    prediction, told = tell(strokes)
    ink = 255 - np.asarray(Image.open(io.BytesIO(drawing)).convert("L"))
    left, top, width, height = (400 * part for part in told["box"])
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
    told = story.content(None, None, classifier.card, examples, True)
    assert "pixels" not in told
    assert told["begin"] == story.BEGIN


def test_a_model_without_examples_and_filters_tells_the_rest(classifier):
    drawing = sheet(written(3))
    card = {name: part for name, part in classifier.card.items() if name != "filters"}
    prediction = read(classifier, drawing)
    told = story.content(part_shown(drawing, prediction), prediction, card, None, True)
    assert told["kernel"] is None and told["neighbours"] == []
    assert array(told["map"], 28, 28).any()
    assert told["sentences"][5] == story.REMINDS_MISSING


def test_the_script_says_nothing_by_itself():
    """All words come from Python, where they can be translated."""
    script = SCRIPT.read_text("utf-8")
    code = "\n".join(line.partition("// ")[0] for line in script.splitlines())
    words = {word for word in code.split() if word.strip(string.punctuation).istitle()}
    assert not [text for text in story.WORDS["steps"] if text in script]
    assert not words & {"Your", "This", "It", "These", "Next", "Back"}
