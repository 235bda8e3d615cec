"""The decision between a single digit and a number, without a network."""

import numpy as np
import pytest

from digits.classifier import is_single_digit
from digits.types import Prediction


def ink(width: int, height: int, gap: slice | None = None) -> np.ndarray:
    pixels = np.ones((height, width), np.float32)
    if gap:
        pixels[:, gap] = 0
    return pixels


def prediction(confidence: float, none: float = 0.0) -> Prediction:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[3] = confidence
    pixels = np.zeros((28, 28), np.uint8)
    return Prediction(3, probabilities, confidence, none, "digit", pixels)


SURE, UNSURE = prediction(0.99), prediction(0.9)


@pytest.mark.parametrize(
    ("width", "whole", "single"),
    [
        (90, SURE, True),
        (90, UNSURE, False),
        (90, prediction(0.99, none=0.3), False),
        (110, SURE, False),
        (200, SURE, False),
        (50, UNSURE, True),
    ],
)
def test_a_wider_drawing_needs_a_surer_prediction(width, whole, single):
    assert is_single_digit(ink(width, 100), whole, quick=False) == single


def test_ink_with_a_gap_from_left_to_right_may_be_several():
    with_gap = ink(50, 100, gap=slice(20, 24))
    assert not is_single_digit(with_gap, SURE, quick=False)
    assert not is_single_digit(with_gap, SURE, quick=True)


def test_narrow_ink_in_two_parts_may_be_a_column_of_digits():
    stacked = ink(40, 100)
    stacked[45:55] = 0
    assert not is_single_digit(stacked, UNSURE, quick=False)
    dotted = ink(40, 100)
    dotted[1:4, 1:30] = dotted[4, :30] = 0  # leaves dust at the corner
    assert is_single_digit(dotted, UNSURE, quick=False)


def test_while_the_pen_moves_only_a_gap_matters():
    assert is_single_digit(ink(200, 100), UNSURE, quick=True)
