"""One digit goes the quick road: the page looks for several only where there may be some."""

import io

import numpy as np
import pytest
from PIL import Image

from handwriting.pen import render
from page.draw.reading import ink_shape, read_png
from tests.helpers.page import number, written


def png(strokes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(255 - render([stroke * 400 for stroke in strokes], 26, 400)).save(file, "PNG")
    return file.getvalue()


class Watched:
    """A classifier that notes whether it was asked for several digits."""

    def __init__(self, classifier):
        self.classifier, self.searched = classifier, False

    def predict(self, image, inside=False):
        return self.classifier.predict(image, inside)

    def read(self, image, inside=False):
        self.searched = True
        return self.classifier.read(image, inside)


@pytest.mark.parametrize("digit", [0, 1, 2, 3, 4, 6, 7, 8, 9])  # a 5's roof may lie apart
def test_one_digit_is_read_by_predict_alone(classifier, digit):
    watched = Watched(classifier)
    drawing = png(written(digit))
    reading = read_png(drawing, watched, inside=False, lifted=True)
    expected = classifier.predict(Image.open(io.BytesIO(drawing)))
    assert not watched.searched and not reading.symbols
    assert reading.prediction.digit == expected.digit == digit
    np.testing.assert_array_equal(reading.prediction.pixels, expected.pixels)


def test_a_stroke_under_way_is_not_searched(classifier):
    watched = Watched(classifier)
    for digit in range(10):
        (first, *_) = written(digit)
        for share in (0.3, 0.6):
            read_png(png([first[: int(share * len(first))]]), watched, inside=False, lifted=False)
    assert not watched.searched


def test_what_stands_side_by_side_is_searched_at_once(classifier):
    reading = read_png(png(number("12", 0.4, 0.35)), classifier, inside=False, lifted=False)
    assert reading.text == "12" and len(reading.symbols) == 2


def test_the_shape_of_ink():
    paper = np.full((100, 200), 255, np.uint8)
    assert ink_shape(Image.fromarray(paper)) == (0, 0)
    paper[20:60, 30:50] = 0
    assert ink_shape(Image.fromarray(paper)) == (1, 0.5)
    paper[30:50, 90:110] = 0
    assert ink_shape(Image.fromarray(paper)) == (2, 2)
