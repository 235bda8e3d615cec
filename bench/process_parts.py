"""The parts of the benchmark without a browser: one drawing, ten thousand, and training."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.pages import ROOT, stroke
from bench.table import Measure
from digits import DigitClassifier
from digits.normalize import normalize
from handwriting.pen import render

SIDE, PEN = 280, 18  # of a drawing, in pixels
WARM_UP = 20  # predictions that do not count
RECIPE = "bench.baselines.keras_convnet"


def drawings() -> list[np.ndarray]:
    """Each digit, dark on white: uint8 (280, 280, 4)."""
    sheets = []
    for digit in range(10):
        ink = render([stroke(digit, 60) * SIDE * 0.7 + SIDE / 2], PEN, SIDE)
        grey = 255 - ink
        sheets.append(np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=2))
    return sheets


def predict(keras_model: Path, count: int) -> list[Measure]:
    """One drawing → prediction. Ours is measured first, as on the page in a process without
    TensorFlow, whose threads would keep the processors busy. Keras gets ready-made 28×28 images."""
    took = Measure("one 280×280 drawing → prediction, in process", "ms")
    classifier = DigitClassifier.load(ROOT / "model")
    sheets = list(islice(cycle(drawings()), count + WARM_UP))
    for sheet in sheets:
        _time(took, "this project, preprocessing included", classifier.predict, sheet)
        _time(took, "… of which preprocessing", normalize, sheet)

    model = _load(keras_model)

    def at_once(small: np.ndarray) -> np.ndarray:
        return np.asarray(model(small, training=False))

    for sheet in sheets:
        small = np.asarray(Image.fromarray(sheet).convert("L").resize((28, 28)))
        small = (255 - small).reshape(1, 28, 28, 1).astype(np.float32) / 255
        _time(took, "Keras model.predict alone", partial(model.predict, verbose=0), small)
        _time(took, "Keras model(x) alone", at_once, small)
    took.values = {whose: values[WARM_UP:] for whose, values in took.values.items()}
    return [took]


def batch(keras_model: Path, count: int) -> list[Measure]:
    """Many drawings → predictions, as drawings a second; two rounds, ours first as in `predict`."""
    rate = Measure(f"{count} drawings → predictions", "a second")
    classifier = DigitClassifier.load(ROOT / "model")
    sheets = drawings()
    few = max(1, count // 10)

    def one_at_a_time() -> None:
        for sheet in islice(cycle(sheets), few):
            classifier.predict(sheet)

    classifier.predict_batch(sheets)
    for _ in range(2):
        _rate(rate, "this project, one at a time", few, one_at_a_time)
        at_once = partial(classifier.predict_batch, islice(cycle(sheets), count))
        _rate(rate, "this project, predict_batch", count, at_once)

    model = _load(keras_model)
    pictures = np.stack([normalize(sheet) for sheet in sheets])[..., None].astype(np.float32) / 255
    pictures = np.resize(pictures, (count, 28, 28, 1))
    for _ in range(2):
        keras = partial(model.predict, pictures, batch_size=256, verbose=0)
        _rate(rate, "Keras model.predict alone, 256 28×28 at once, ready-made", count, keras)
    return [rate]


def train(seeds: int, recipe_seeds: int, epochs: int) -> list[Measure]:
    """`train.py --quick`, and the recipe of Keras's site until it holds 99.0%; several seeds."""
    whole = Measure("training: the whole process", "s")
    alone = Measure("training: without starting and saving", "s")
    accuracy = Measure("training: accuracy on the MNIST test images", "%")
    needed = Measure("training: epochs", "")
    ours, recipe = "this project, train.py --quick", "Keras recipe"
    for seed in range(1, seeds + 1):
        card, seconds = _train_quick(seed)
        whole.add(ours, seconds)
        alone.add(ours, card["seconds"])
        accuracy.add(ours, 100 * card["test"]["accuracy"])
        needed.add(ours, card["epochs"])
    for seed in range(1, recipe_seeds + 1):
        found = _recipe("--epochs", str(epochs), "--seed", str(seed))
        whose = recipe if found["held"] else f"{recipe}, 99.0% not held after {epochs}"
        alone.add(whose, found["seconds"][-1])
        accuracy.add(whose, 100 * found["accuracies"][-1])
        needed.add(whose, len(found["seconds"]))
    return [whole, alone, accuracy, needed]


def train_for_pages(keras_model: Path) -> None:
    """Trains the recipe's network for one epoch: what the usual pages load."""
    _recipe("--epochs", "1", "--save", str(keras_model))


def _train_quick(seed: int) -> tuple[dict[str, Any], float]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "model")
        command = [sys.executable, "train.py", "--quick", "--seed", str(seed), "--out", str(out)]
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        seconds = time.perf_counter() - began
        return json.loads((out / "card.json").read_text("utf-8")), seconds


def _recipe(*options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", RECIPE, *options]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _load(keras_model: Path) -> Any:
    import keras

    return keras.models.load_model(keras_model)


def _time(measure: Measure, whose: str, work: Callable[..., object], *inputs: object) -> None:
    began = time.perf_counter()
    work(*inputs)
    measure.add(whose, (time.perf_counter() - began) * 1000)


def _rate(measure: Measure, whose: str, count: int, work: Callable[[], object]) -> None:
    began = time.perf_counter()
    work()
    measure.add(whose, count / (time.perf_counter() - began))
