"""The parts of the benchmark without a browser: reading, and training."""

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

from bench.pages import ROOT, stroke
from bench.table import Measure
from digits import DigitClassifier
from digits.card import Card
from digits.normalize import normalize
from handwriting.pen import render

SIDE, PEN = 280, 18  # of a drawing, in pixels
WARM_UP = 20  # predictions that do not count
RECIPE = "bench.baselines.keras_convnet"
OURS, KERAS = "this project", "Keras"


def drawings() -> list[np.ndarray]:
    """Draw each digit, dark on white: uint8 (280, 280, 4)."""
    pictures = []
    for digit in range(10):
        ink = render([stroke(digit, 60) * SIDE * 0.7 + SIDE / 2], PEN, SIDE)
        grey = 255 - ink
        pictures.append(np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=2))
    return pictures


def predict(keras_model: Path, count: int, batch: int) -> list[Measure]:
    """Measure predictions for one drawing, and for many on all cores.

    This project is measured first, without TensorFlow in the process, as on the page: TensorFlow's
    threads would keep the processors busy. Keras gets ready-made 28×28 images.
    """
    one = Measure("one drawing of 280 × 280 → prediction", "ms")
    preparing = Measure("… of which preprocessing", "ms")
    many = Measure(f"{batch:,} drawings at once", "a second")
    classifier = DigitClassifier.load(ROOT / "model")
    pictures = drawings()
    for picture in islice(cycle(pictures), count + WARM_UP):
        _time(one, OURS, classifier.predict, picture)
        _time(preparing, OURS, normalize, picture)
    _rate(many, OURS, batch, partial(classifier.predict_batch, islice(cycle(pictures), batch)))

    import keras  # loads TensorFlow

    model = keras.models.load_model(keras_model)
    small = np.stack([normalize(picture) for picture in pictures])[..., None].astype(np.float32)
    small /= 255
    for number in range(count + WARM_UP):
        digit = small[number % 10][None]
        _time(one, KERAS, partial(model.predict, verbose=0), digit)
    at_once = partial(
        model.predict, np.resize(small, (batch, 28, 28, 1)), batch_size=256, verbose=0
    )
    _rate(many, KERAS, batch, at_once)
    for measure in (one, preparing):
        measure.values = {candidate: took[WARM_UP:] for candidate, took in measure.values.items()}
    return [one, preparing, many]


def train(seeds: int, epochs: int) -> list[Measure]:
    """Measure `train.py --quick`, and Keras's recipe until its accuracy on MNIST stays at 99.0%."""
    seconds = Measure("training until 99.0% of MNIST's test images are right", "s")
    accuracy = Measure("… accuracy", "%")
    for seed in range(1, seeds + 1):
        card = _train_quick(seed)
        seconds.add(OURS, card.seconds)
        accuracy.add(OURS, 100 * card.test.accuracy)
    found = _recipe("--epochs", str(epochs), "--seed", "1")
    seconds.add(KERAS, found["seconds"][-1])
    accuracy.add(KERAS, 100 * found["accuracies"][-1])
    return [seconds, accuracy]


def train_for_pages(keras_model: Path) -> None:
    """Train the recipe's network for one epoch: what the usual pages load."""
    _recipe("--epochs", "1", "--save", str(keras_model))


def _train_quick(seed: int) -> Card:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "model")
        command = [sys.executable, "train.py", "--quick", "--seed", str(seed), "--out", str(out)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return Card.read(out)


def _recipe(*options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", RECIPE, *options]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _time(measure: Measure, candidate: str, work: Callable[..., object], *inputs: object) -> None:
    began = time.perf_counter()
    work(*inputs)
    measure.add(candidate, (time.perf_counter() - began) * 1000)


def _rate(measure: Measure, candidate: str, count: int, work: Callable[[], object]) -> None:
    began = time.perf_counter()
    work()
    measure.add(candidate, count / (time.perf_counter() - began))
