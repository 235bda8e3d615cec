"""Ink is read as a single digit unless there may be several."""

from PIL import Image

from handwriting.pen import render
from tests.helpers.page import PEN_WIDTH, number, written


def canvas(strokes) -> Image.Image:
    return Image.fromarray(255 - render([stroke * 400 for stroke in strokes], PEN_WIDTH, 400))


def test_a_stroke_under_way_is_one_symbol(classifier):
    strokes = [(written(digit)[0], share) for digit in range(10) for share in (0.3, 0.6)]
    images = [canvas([stroke[: int(share * len(stroke))]]) for stroke, share in strokes]
    counts = [len(classifier.read(image, quick=True).symbols) for image in images]
    assert counts == [1] * 20


def test_digits_that_touch_are_separated_once_the_pen_is_lifted(classifier):
    image = canvas(number("20", size=0.5, pitch=0.4))
    assert len(classifier.read(image, quick=True).symbols) == 1
    assert classifier.read(image).text == "20"


def test_digits_side_by_side_are_separated_at_once(classifier):
    assert classifier.read(canvas(number("12", 0.4, 0.35)), quick=True).text == "12"
