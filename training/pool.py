"""Fits how the predictions of the layout network and the digit network are combined."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from digits import DigitClassifier
from digits.card import Pool
from digits.ink import find_ink
from digits.normalize import centre
from digits.numbers.layout import SYMBOLS
from digits.numbers.reader import combine, cropped
from digits.types import UNKNOWN, Box
from handwriting.rows import Hand, Row, on_page
from training.pages import composed

COST = 10.0  # a wrong label that is stated counts as much as this many unsure ones
MIN_OVERLAP = 0.5  # intersection over union of a located symbol and the true one
FACTORS = (1.5, 1.2, 1.07)  # steps of the search
CONFIDENCES = np.linspace(0.3, 0.98, 69)


class Examples(NamedTuple):
    """Located symbols."""

    shares: np.ndarray  # float (n, SYMBOLS), predictions of the layout network
    outputs: np.ndarray  # float (n, 11), of the digit network
    labels: np.ndarray  # int (n,), indices in SYMBOLS


def locate(classifier: DigitClassifier, hands: list[Hand], count: int, seed: int) -> Examples:
    """Locates the symbols of `count` numbers composed in random hands.

    What overlaps no symbol, such as a part of one, has the label "?".
    """
    rng = np.random.default_rng(seed)
    found = [
        one
        for _ in range(count)
        for one in _located(classifier, composed(hands[rng.integers(len(hands))], rng), rng)
    ]
    shares, pixels, labels = zip(*found, strict=True)
    outputs = classifier.classify(np.stack(pixels))
    return Examples(np.stack(shares), outputs, np.array(labels))


def _located(
    classifier: DigitClassifier, row: Row, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    writing = on_page(row, rng)
    found = find_ink(writing.image)
    if found is None:
        return
    ink = found.everything
    true = [_box(strokes, writing.row.width) for strokes in writing.row.symbols]
    for symbol in classifier.locate(ink.pixels):
        overlaps = [_overlap(ink.place(symbol.box), box) for box in true]
        best = int(np.argmax(overlaps))
        label = writing.row.labels[best] if overlaps[best] >= MIN_OVERLAP else UNKNOWN
        yield symbol.shares, centre(cropped(ink.pixels, symbol)), SYMBOLS.index(label)


def _box(strokes: Sequence[np.ndarray], width: float) -> tuple[float, ...]:
    points = np.concatenate(strokes)
    return (*(points.min(axis=0) - width / 2), *(points.max(axis=0) + width / 2))


def _overlap(one: Box, other: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


def fit(examples: Examples, cost: float = COST) -> Pool:
    """Chooses the powers by likelihood, then the lowest confidence by cost.

    Args:
        examples: by writers whom neither network was trained on.
        cost: how many unsure symbols a wrong label counts for.
    """
    pool = Pool()
    best = loss(examples, pool)
    for factor in FACTORS:
        improved = True
        while improved:
            improved = False
            for name in ("layout", "digit", "mark", "unknown"):
                for other in (factor, 1 / factor):
                    tried = replace(pool, **{name: getattr(pool, name) * other})
                    if (value := loss(examples, tried)) < best - 1e-6:
                        pool, best, improved = tried, value, True
    shares = combine(examples.shares, examples.outputs, pool)
    guesses, confidences = shares.argmax(axis=1), shares.max(axis=1)
    is_known = guesses != SYMBOLS.index(UNKNOWN)
    wrong = is_known & (guesses != examples.labels)
    should_be_known = examples.labels != SYMBOLS.index(UNKNOWN)

    def costs(confidence: float) -> float:
        stated = is_known & (confidences >= confidence)
        return float(cost * (wrong & stated).sum() + (should_be_known & ~stated).sum())

    return replace(pool, confidence=round(float(min(CONFIDENCES, key=costs)), 3))


def loss(examples: Examples, pool: Pool) -> float:
    """The mean negative logarithm of the right label's probability."""
    shares = combine(examples.shares, examples.outputs, pool)
    right = shares[np.arange(len(shares)), examples.labels]
    return float(-np.log(np.maximum(right, sys.float_info.min)).mean())
