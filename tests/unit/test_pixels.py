"""Conversion of any image to uint8 arrays."""

import numpy as np
import pytest
from PIL import Image

from digits.ink.pixels import to_colour, to_grey
from handwriting import pen
from tests.helpers.drawings import MODES, in_mode

STROKES = pen.strokes_from_skeleton(pen.VARIANTS[7]["plain"], np.random.default_rng(0))
DRAWING = pen.render([stroke * 1.2 + 30 for stroke in STROKES], 14, 280)


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.zeros((28, 28)), TypeError, r"float64.*\(255 \* array\)"),
        (np.zeros((28, 28), np.int64), TypeError, "int64"),
        ([[0, 1]], TypeError, "list"),
        (None, TypeError, "NoneType"),
        (np.zeros(784, np.uint8), ValueError, r"\(784,\)"),
        (np.zeros((28, 28, 2), np.uint8), ValueError, r"\(28, 28, 2\)"),
        (np.zeros((0, 28), np.uint8), ValueError, "pixel"),
    ],
)
def test_anything_else_is_rejected_with_a_sentence(image, error, words):
    with pytest.raises(error, match=words):
        to_grey(image)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pillow_is_read(mode):
    image = in_mode(Image.fromarray(255 - DRAWING), mode)
    assert image.mode == mode
    grey = to_grey(image).astype(int)
    colour = to_colour(image).astype(int)
    assert np.abs(grey - (255 - DRAWING)).mean() < 1
    assert np.abs(colour.mean(axis=2) - grey).mean() < 1


def test_floats_from_0_to_1_are_scaled():
    unit = DRAWING.astype(np.float32) / 255
    for floats in (unit, 1.2 * unit, unit - 0.5, unit * 255, unit * 60_000):
        assert to_grey(Image.fromarray(floats)).max() == 255


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 0, 255)])
def test_arrays_keep_their_colour(colour):
    array = np.full((4, 5, 3), colour, np.uint8)
    assert np.array_equal(to_colour(array), array)
    opaque = np.full((4, 5, 4), (*colour, 255), np.uint8)
    assert np.array_equal(to_colour(opaque), array)


@pytest.mark.parametrize("background", [0, 40, 200, 255])
@pytest.mark.parametrize("hole", [np.s_[:5, :5], np.s_[:20], np.s_[::279, ::279]])
def test_an_opaque_page_in_a_transparent_picture_is_the_background(background, hole):
    ink = DRAWING.astype(float) / 255
    grey = np.rint(background + ink * ((255 if background < 128 else 0) - background))
    grey = grey.astype(np.uint8)
    alpha = np.full(grey.shape, 255, np.uint8)
    alpha[hole] = 0
    picture = np.dstack([grey, grey, grey, alpha])
    assert np.array_equal(to_grey(picture), grey)


@pytest.mark.parametrize("colour", [0, 255])
def test_strokes_on_a_transparent_canvas_stand_out(colour):
    shade = np.full_like(DRAWING, colour)
    grey = to_grey(np.dstack([shade, shade, shade, DRAWING]))
    assert np.array_equal(grey, DRAWING if colour else 255 - DRAWING)
