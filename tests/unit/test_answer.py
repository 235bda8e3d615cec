"""The answer in words and bars."""

import numpy as np

from digits.types import Prediction
from page.draw.answer import answer_html, bars_html
from page.play.view import TaughtMatch
from page.story.words import answer

SEVEN = np.eye(10, dtype=np.float32)[7]
PIXELS = np.zeros((28, 28), np.uint8)


def test_the_words_and_the_bar_agree_how_sure_the_answer_is():
    prediction = Prediction(7, SEVEN, 1.0, 0.3, "digit", PIXELS)
    for text in (answer_html(prediction), bars_html(prediction), answer(prediction)):
        assert "70%" in text, text


def test_they_agree_beside_a_taught_symbol():
    prediction = Prediction(7, SEVEN, 1.0, 0.0, "digit", PIXELS)
    match = TaughtMatch("my 7", 0.25)
    for text in (answer_html(prediction, match), bars_html(prediction, match)):
        assert "75%" in text, text


def test_words_and_story_agree_that_it_is_no_digit():
    """Though "none" is below a half, no digit is likelier."""
    prediction = Prediction(None, 0.7 * SEVEN + 0.03, 0.73, 0.44, "unsure", PIXELS)
    for text in (answer_html(prediction), answer(prediction)):
        assert "not a digit I know" in text, text
