"""Fits how the predictions of the layout network and of the digit network are combined."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digits import DigitClassifier
from digits.card import LAYOUT, NETWORK, Card, CardError, Pool
from digits.ink import find_ink
from digits.normalize import centre
from digits.numbers.layout import SYMBOLS
from digits.numbers.reader import combine
from digits.types import UNKNOWN
from handwriting.compose import random_row
from handwriting.rows import Bounds, Row, Writer, bounds, on_page
from training.calibration import log_loss
from training.cleaning import without_doubtful
from training.unipen import Drawing
from training.writers import VALIDATION, by_writer, of_split

NUMBERS = 2_000
COST = 3.0  # of a wrong label, in unsure ones
MIN_OVERLAP = 0.5  # intersection over union of a located symbol and the true one
FACTORS = (1.5, 1.2, 1.07)  # steps of the search, large to small
CONFIDENCES = np.linspace(0.3, 0.98, 69)  # candidates for the minimum confidence


def kept(folder: Path) -> Pool:
    """Return the pool of the model in a folder; the default if there is none."""
    try:
        return Card.read(folder).pool
    except (OSError, CardError):
        return Pool()


def refit(folder: Path, network: bytes, card: Card, drawings: list[Drawing], seed: int) -> Pool:
    """Fit the pool to a new digit network and the layout network in a model's folder.

    Args:
        folder: of the model that the digit network will be saved to.
        network, card: of the digit network.
        drawings: by writers of all splits.
        seed: not negative.

    Returns:
        The previous pool of the folder if there are no drawings or no layout network.
    """
    layout = folder / LAYOUT
    if not drawings or not layout.exists():
        return kept(folder)
    classifier = DigitClassifier(card, {NETWORK: network, LAYOUT: layout.read_bytes()})
    sound = without_doubtful(classifier, of_split(drawings, VALIDATION))
    return fit_to(classifier, by_writer(sound), seed)


def fit_to(classifier: DigitClassifier, writers: list[Writer], seed: int) -> Pool:
    """Fit the pool of a model on composed numbers.

    Args:
        classifier: with both networks.
        writers: of the validation split, whose drawings neither network was trained on.
        seed: chooses what they write.
    """
    print("Fitting how the predictions of both networks are combined…", flush=True)
    return fit(locate(classifier, writers, NUMBERS, seed))


class Examples(NamedTuple):
    """Located symbols with their predictions and labels."""

    probabilities: np.ndarray  # float (n, SYMBOLS), of the layout network
    outputs: np.ndarray  # float (n, 11), of the digit network
    labels: np.ndarray  # int (n,), indices in SYMBOLS


def locate(classifier: DigitClassifier, writers: list[Writer], count: int, seed: int) -> Examples:
    """Locate the symbols of `count` composed numbers, each by a random writer.

    The label is that of the symbol that was written there; "?" for anything else, such as a part
    of a symbol.
    """
    rng = np.random.default_rng(seed)
    located: list[tuple[np.ndarray, np.ndarray, int]] = []
    for _ in range(count):
        writer = writers[rng.integers(len(writers))]
        located += _located(classifier, random_row(writer, rng), rng)
    probabilities, pixels, labels = zip(*located, strict=True)
    outputs = classifier.classify(np.stack(pixels))
    return Examples(np.stack(probabilities), outputs, np.array(labels))


def _located(
    classifier: DigitClassifier, row: Row, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    row, page = on_page(row, rng)
    found = find_ink(page)
    if found is None:
        return
    ink = found.everything
    true = [bounds(strokes, row.width) for strokes in row.symbols]
    for symbol in classifier.locate(ink.pixels):
        overlaps = [_overlap(ink.place(symbol.box), box) for box in true]
        best = int(np.argmax(overlaps))
        label = row.labels[best] if overlaps[best] >= MIN_OVERLAP else UNKNOWN
        pixels = centre(ink.cut(symbol.box, symbol.mask).pixels)
        yield symbol.probabilities, pixels, SYMBOLS.index(label)


def _overlap(first: Bounds, second: Bounds) -> float:
    """Return the intersection over union of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return shared / (sum(areas) - shared)


def fit(examples: Examples, cost: float = COST) -> Pool:
    """Fit the powers and the factor by likelihood, then the minimum confidence by cost.

    Args:
        examples: by writers whom neither network was trained on.
        cost: of a wrong label, in unsure ones.
    """
    pool = Pool()
    best = loss(examples, pool)
    for factor in FACTORS:
        improved = True
        while improved:
            improved = False
            for name in ("layout", "digit", "unknown"):
                for other in (factor, 1 / factor):
                    tried = replace(pool, **{name: getattr(pool, name) * other})
                    if (value := loss(examples, tried)) < best - 1e-6:
                        pool, best, improved = tried, value, True
    combined = combine(examples.probabilities, examples.outputs, pool)
    guesses, confidences = combined.argmax(axis=1), combined.max(axis=1)
    is_known = guesses != SYMBOLS.index(UNKNOWN)
    wrong = is_known & (guesses != examples.labels)
    should_be_known = examples.labels != SYMBOLS.index(UNKNOWN)

    def costs(confidence: float) -> float:
        stated = is_known & (confidences >= confidence)
        return float(cost * (wrong & stated).sum() + (should_be_known & ~stated).sum())

    return replace(pool, confidence=round(float(min(CONFIDENCES, key=costs)), 3))


def loss(examples: Examples, pool: Pool) -> float:
    """Return the mean negative log-likelihood of the labels."""
    combined = combine(examples.probabilities, examples.outputs, pool)
    return log_loss(combined, examples.labels)
