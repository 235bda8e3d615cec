"""The result types: positions in a picture, and representations."""

from dataclasses import replace

import numpy as np

from digits.types import Ink, Prediction


def test_a_box_in_ink_is_placed_in_the_picture_that_was_shrunk():
    ink = Ink(np.ones((10, 20), np.float32), (100, 50, 140, 70), scale=2.0)
    assert ink.place((0, 0, 20, 10)) == ink.box
    part = ink.cut((5, 2, 8, 6), np.ones((4, 3), bool))
    assert part.box == (110, 54, 116, 62)
    assert part.pixels.shape == (4, 3)


def test_a_mask_keeps_only_the_symbols_own_ink():
    ink = Ink(np.ones((2, 2), np.float32), (0, 0, 2, 2))
    own = ink.cut((0, 0, 2, 2), np.eye(2, dtype=bool))
    assert np.array_equal(own.pixels, np.eye(2))


def test_the_bars_are_one_distribution_and_a_prediction_is_shown_in_one_line():
    shares = np.eye(10, dtype=np.float32)[3]
    prediction = Prediction(3, shares, 1.0, 0.25, "digit", np.zeros((28, 28), np.uint8))
    assert prediction.bars[3] == 0.75 and prediction.bars[10] == 0.25
    assert repr(prediction) == "<Prediction: digit 3, confidence 1.000, none 0.250>"
    blank = replace(prediction, digit=None, verdict="blank")
    assert repr(blank) == "<Prediction: blank, confidence 1.000, none 0.250>"
