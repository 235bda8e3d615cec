"""The shipped network's predictions for the variants that the program draws."""

import numpy as np
import pytest
from PIL import Image

from handwriting import non_digits, pen
from page.draw import demo_drawing as hand
from tests.helpers.page import PEN_WIDTH
from training.calibration import calibration_error

EVERY_VARIANT = [
    (digit, variant) for digit, variants in pen.VARIANTS.items() for variant in variants
]


def drawings():
    """2,000 drawings of all variants on the page's canvas, with many sizes, places and pens."""
    rng = np.random.default_rng(2026)
    labels, pictures = [], []
    for i in range(2_000):
        digit, variant = EVERY_VARIANT[i % len(EVERY_VARIANT)]
        size, width = rng.uniform(60, 235), rng.uniform(8, 24)
        room = (size + width) / 2
        middle = rng.uniform(min(room, 140), max(280 - room, 140), 2)
        pictures.append(
            pen.render(pen.place(pen.draw_digit(digit, rng, variant), size, middle), width)
        )
        labels.append(digit)
    return np.array(labels), pictures


def calibration_error_of(predictions, labels) -> float:
    right = np.array([p.probabilities.argmax() for p in predictions]) == labels
    return calibration_error(np.array([p.confidence for p in predictions]), right)


@pytest.mark.slow
def test_every_variant_is_read_with_calibrated_confidence(classifier):
    labels, pictures = drawings()
    variants = [EVERY_VARIANT[i % len(EVERY_VARIANT)] for i in range(len(labels))]
    predictions = classifier.predict_batch(pictures)
    guesses = np.array([p.probabilities.argmax() for p in predictions])
    # People may take a steep 7 for a 1, too.
    clear = np.array([not variant.startswith("steep") for _, variant in variants])
    wrong = [(variants[i], int(guesses[i])) for i in np.flatnonzero(clear & (guesses != labels))]
    assert np.mean((guesses == labels)[clear]) >= 0.99, wrong
    assert calibration_error_of(predictions, labels) <= 0.02


@pytest.mark.parametrize("angle", [0, 10, 15, 20])
def test_a_7_whose_bar_rises_is_never_stated_to_be_a_1(classifier, angle):
    """With four slants of the stem, and five lengths of the bar for a stem of 1."""
    rise, pictures = np.radians(angle), []
    for slant in (0, 10, 20, 30):
        for length in (0.4, 0.5, 0.6, 0.7, 0.8):
            left = -length * np.cos(rise), length * np.sin(rise)
            strokes = pen.unit([[left, (0, 0), (-np.tan(np.radians(slant)), 1)]])
            pictures.append(pen.render(pen.place(strokes, 150, (140, 140)), 16))
    assert 1 not in [prediction.digit for prediction in classifier.predict_batch(pictures)]


@pytest.mark.slow
def test_non_digits_are_rejected(classifier):
    rng = np.random.default_rng(2027)
    pictures = [
        pen.render(pen.place(non_digits.draw_non_digit(rng), rng.uniform(100, 220), (140, 140)), 14)
        for _ in range(600)
    ]
    verdicts = [p.verdict for p in classifier.predict_batch(pictures)]
    assert np.mean([v == "unsure" for v in verdicts]) >= 0.9


@pytest.mark.parametrize("digit", range(10))
def test_the_pages_own_drawings_are_read(classifier, digit):
    variants = hand.drawings()[digit]
    assert len(variants) >= 3
    for strokes in variants:
        points = np.concatenate([np.array(stroke) for stroke in strokes])
        assert points.min() > 0.08 and points.max() < 0.92, "it leaves the canvas"
        drawing = pen.render([np.array(stroke) * 400 for stroke in strokes], PEN_WIDTH, 400)
        prediction = classifier.predict(Image.fromarray(255 - drawing))
        assert prediction.digit == digit and prediction.confidence > 0.9
