"""The shipped model, and damaged files of a model."""

import hashlib
import importlib.abc
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digits import DigitClassifier, ModelError
from digits.card import NETWORK, Thresholds, read_model
from digits.network import Network
from handwriting import allographs, pen
from training.calibration import calibration_error

ROOT = Path(__file__).parents[2]


def test_reads_mnist(classifier, mnist_sample):
    images, labels = mnist_sample
    predictions = classifier.predict_batch(list(images))
    right = np.array([p.probabilities.argmax() for p in predictions]) == labels
    assert np.mean(right) >= 0.99
    confidence = np.array([p.confidence for p in predictions])
    assert calibration_error(confidence, right) <= 0.02, "it is as sure as it is right"


def test_a_prediction_is_what_the_contract_says(classifier):
    rng = np.random.default_rng(3)
    drawing = pen.render(pen.place(pen.draw_digit(3, rng, "round"), 180, (120, 150)), 16)
    prediction = classifier.predict(drawing)
    assert (prediction.digit, prediction.verdict) == (3, "digit")
    assert type(prediction.digit) is int
    assert prediction.probabilities.shape == (10,)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert type(prediction.confidence) is float
    assert prediction.confidence == prediction.probabilities.max()
    assert type(prediction.none) is float
    assert 0 <= prediction.none < 0.01
    assert prediction.pixels.shape == (28, 28)
    assert prediction.pixels.dtype == np.uint8


def test_a_blank_drawing_has_no_prediction(classifier):
    prediction = classifier.predict(np.zeros((280, 280, 4), np.uint8))
    assert (prediction.digit, prediction.verdict) == (None, "blank")
    assert not prediction.pixels.any()
    assert prediction.probabilities == pytest.approx(np.full(10, 0.1))
    assert prediction.none == 0
    assert prediction.bars == pytest.approx([0.1] * 10 + [0])


def test_a_digit_has_the_highest_bar_whatever_the_thresholds(classifier):
    card = replace(classifier.card, thresholds=Thresholds(none=1.0, confidence=0.1))
    lenient = DigitClassifier(card, read_model(ROOT / "model", (NETWORK,))[1])
    rng = np.random.default_rng(5)
    drawings = [
        pen.render([stroke + 90 for stroke in pen.strokes_from_skeleton(skeleton, rng)], 10)
        for skeleton in allographs.SYMBOLS.values()
    ]
    for prediction in lenient.predict_batch(drawings):
        assert prediction.digit in (None, prediction.bars.argmax())


def test_the_bars_agree_with_a_rejection(classifier):
    rng = np.random.default_rng(5)
    strokes = pen.strokes_from_skeleton(allographs.SYMBOLS["A"], rng)
    letter = classifier.predict(pen.render([stroke + 90 for stroke in strokes], 10))
    assert letter.verdict == "unsure"
    assert letter.none > 0.5
    assert letter.bars.shape == (11,)
    assert letter.bars.dtype == np.float32
    assert letter.bars.sum() == pytest.approx(1, abs=1e-6)
    assert letter.bars.argmax() == 10
    assert letter.bars[:10] == pytest.approx(letter.probabilities * (1 - letter.none), abs=1e-6)


def test_a_batch_of_any_sizes_keeps_its_order(classifier, mnist_sample):
    images, _ = mnist_sample
    mixed = [np.zeros((5, 9, 3), np.uint8), *images[:70], np.kron(images[0], np.ones((9, 9), "u1"))]
    batch = classifier.predict_batch(mixed)
    assert batch[0].verdict == "blank"
    for image, prediction in zip(mixed[1:], batch[1:], strict=True):
        assert classifier.predict(image).probabilities == pytest.approx(
            prediction.probabilities, abs=1e-5
        )
    assert classifier.predict_batch([]) == []


def test_many_threads_each_get_their_own_answer(classifier, mnist_sample):
    images, _ = mnist_sample
    alone = [classifier.predict(image).probabilities for image in images]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(classifier.predict, [*images] * 3))
    for expected, prediction in zip(alone * 3, together, strict=True):
        assert prediction.probabilities == pytest.approx(expected, abs=1e-5)


def test_reading_imports_no_tensorflow_and_prints_nothing():
    program = (
        "import sys, numpy as np\n"
        "from digits import DigitClassifier\n"
        "DigitClassifier.load('model').predict(np.zeros((28, 28), np.uint8))\n"
        "assert not {'tensorflow', 'keras', 'streamlit'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    # LiteRT's C++ code writes this line. Only a program may redirect its own standard error.
    assert done.stderr in ("", "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "model", folder)
    return folder


def edit_card(folder, **changes):
    card = json.loads((folder / "card.json").read_text("utf-8"))
    card |= changes
    (folder / "card.json").write_text(json.dumps(card), "utf-8")


DAMAGE = {
    "no folder": (shutil.rmtree, "missing"),
    "no card": (lambda f: (f / "card.json").unlink(), "card.json.*missing"),
    "no network": (lambda f: (f / "digits.tflite").unlink(), "digits.tflite.*missing"),
    "card cut off": (lambda f: (f / "card.json").write_text('{"format": 1, '), "damaged"),
    "card of bytes": (lambda f: (f / "card.json").write_bytes(b"\xff\xfe\x00"), "damaged"),
    "card is a list": (lambda f: (f / "card.json").write_text("[1]"), "another version"),
    "card of another version": (lambda f: edit_card(f, format=99), "another version"),
    "card without limits": (lambda f: edit_card(f, thresholds=None), "card.json"),
    "card with words for numbers": (lambda f: edit_card(f, temperature="warm"), "damaged"),
    "network cut off": (
        lambda f: (f / "digits.tflite").write_bytes((f / "digits.tflite").read_bytes()[:5000]),
        "damaged",
    ),
    "a folder for a file": (
        lambda f: ((f / "card.json").unlink(), (f / "card.json").mkdir()),
        "can't be read",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_model_is_reported_with_a_remedy(copy, damage):
    break_it, words = DAMAGE[damage]
    break_it(copy)
    with pytest.raises(ModelError, match=words) as raised:
        DigitClassifier.load(copy)
    assert f"`python train.py --out {copy}`" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_remedy_quotes_the_folder(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match=r'--out ".*my model"`'):
        DigitClassifier.load(tmp_path / "my model")
    monkeypatch.setattr("digits.classifier.SHIPPED", tmp_path)
    with pytest.raises(ModelError, match=r"Run `python train\.py` to make"):
        DigitClassifier.load(tmp_path)


@pytest.mark.parametrize(
    "error",
    [ImportError("DLL load failed"), OSError("libm.so.6:\n wrong ELF class"), RuntimeError("")],
)
def test_a_library_that_cannot_be_loaded_is_reported(monkeypatch, error):
    class Broken(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name == "ai_edge_litert.interpreter":
                raise error

    monkeypatch.delitem(sys.modules, "ai_edge_litert.interpreter", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ModelError, match=r"LiteRT.*can't be loaded") as raised:
        DigitClassifier.load(ROOT / "model")
    assert "\n" not in str(raised.value)
    assert "pip install" in str(raised.value)


def test_a_file_with_the_right_checksum_may_be_damaged(copy):
    (copy / "digits.tflite").write_bytes(b"no network")
    edit_card(copy, files={"digits.tflite": hashlib.sha256(b"no network").hexdigest()})
    with pytest.raises(ModelError, match="A network of the model is damaged"):
        DigitClassifier.load(str(copy))


def test_the_shipped_files_belong_together():
    card = json.loads((ROOT / "model" / "card.json").read_text("utf-8"))
    network = (ROOT / "model" / "digits.tflite").read_bytes()
    assert card["sha256"] == hashlib.sha256(network).hexdigest()
    assert len(network) < 2_000_000
    assert card["network"] == "convnet"
    assert 100_000 <= card["parameters"] <= 400_000
    assert card["data"]["mnist"] is True
    assert card["test"]["images"] == 10_000
    assert np.sum(card["test"]["confusion"]) == 10_000
    right = np.trace(card["test"]["confusion"]) / 10_000
    assert card["test"]["accuracy"] == pytest.approx(right)
    assert right >= 0.996


def test_a_package_without_train_py_does_not_name_it(tmp_path, monkeypatch):
    package = Path(sys.modules["digits"].__file__).parent
    monkeypatch.setattr("digits.classifier.SHIPPED", package / "model")
    for folder in (package / "model", tmp_path):
        with pytest.raises(ModelError) as raised:
            DigitClassifier.load(folder)
        assert "train.py" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"no network", b"\0" * 5000])
def test_a_damaged_network_is_a_model_error(content):
    with pytest.raises(ModelError, match="damaged"):
        Network(content)
