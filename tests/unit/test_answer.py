"""The answer in words and bars."""

import numpy as np

from digits.types import Prediction
from page.draw.answer import answer_html, bars_html
from page.story.words import answer


def test_the_words_and_the_bar_agree_how_sure_the_answer_is():
    probabilities = np.eye(10, dtype=np.float32)[7]
    pixels = np.zeros((28, 28), np.uint8)
    prediction = Prediction(7, probabilities, 1.0, 0.3, "digit", pixels)
    for text in (answer_html(prediction), bars_html(prediction), answer(prediction)):
        assert "70%" in text, text
