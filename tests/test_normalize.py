import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digits import pen
from digits.normalize import normalize

SEVEN = pen.by_hand(
    pen.strokes_from_skeleton(pen.WAYS[7]["curved, crossed"], np.random.default_rng(0)),
    np.random.default_rng(0),
)


def seven(size=150.0, middle=(140, 140), width=14.0, side=280):
    return pen.render(pen.place(SEVEN, size, middle), width, side)


def difference(one, other):
    """The mean difference of two pictures, as a share of the mean ink of the first."""
    return np.abs(one.astype(float) - other).mean() / one.mean()


def test_made_as_mnist_was_made():
    picture = normalize(seven())
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    assert picture.max() == 255
    rows, columns = np.nonzero(picture > 60)
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
    y, x = np.indices(picture.shape)
    assert (picture * y).sum() / picture.sum() == pytest.approx(14, abs=0.3)
    assert (picture * x).sum() / picture.sum() == pytest.approx(14, abs=0.3)


def test_keeps_the_aspect():
    bar = np.zeros((100, 300), np.uint8)
    bar[20:80, 40:52] = 255
    rows, columns = np.nonzero(normalize(bar) > 128)
    assert np.ptp(rows) + 1 == pytest.approx(20, abs=1)
    assert np.ptp(columns) + 1 == pytest.approx(4, abs=1)


def test_hardly_changes_what_is_mnist_already(mnist_sample):
    images, _ = mnist_sample
    changes = [difference(image, normalize(image)) for image in images]
    assert np.median(changes) < 0.25


@settings(max_examples=40, deadline=None)
@given(x=st.floats(95, 185), y=st.floats(95, 185))
def test_place_does_not_matter(x, y):
    moved = seven(middle=(x, y))
    assert difference(normalize(seven()), normalize(moved)) < 0.15


@settings(max_examples=40, deadline=None)
@given(scale=st.floats(0.5, 2))
def test_size_does_not_matter(scale):
    scaled = seven(size=120 * scale, width=14 * scale, middle=(180, 180), side=360)
    assert difference(normalize(seven(size=120)), normalize(scaled)) < 0.2


def test_moved_by_whole_pixels_is_the_same():
    drawing = seven()
    assert np.array_equal(normalize(drawing), normalize(np.roll(drawing, (-31, 27), (0, 1))))


def test_every_way_of_giving_an_image_is_the_same():
    grey = seven()
    rgb = np.repeat(grey[..., None], 3, axis=2)
    opaque = np.dstack([rgb, np.full_like(grey, 255)])
    white_on_nothing = np.dstack([np.full_like(rgb, 255), grey])
    black_on_nothing = np.dstack([np.zeros_like(rgb), grey])
    same = [
        rgb, 255 - grey, 255 - rgb, opaque, white_on_nothing, black_on_nothing,
        Image.fromarray(grey), Image.fromarray(rgb), Image.fromarray(black_on_nothing),
        Image.fromarray(grey).convert("P"), Image.fromarray(grey).convert("1"),
        Image.fromarray(grey).convert("CMYK"), Image.fromarray(grey.astype(np.uint16) * 257),
    ]  # fmt: skip
    for image in same:
        assert difference(normalize(grey), normalize(image)) < 0.01


@pytest.mark.parametrize("shape", [(280, 280), (280, 280, 3), (280, 280, 4), (1, 1), (3, 500)])
@pytest.mark.parametrize("shade", [0, 255, 128, 38])
def test_nothing_drawn_is_blank(shape, shade):
    assert not normalize(np.full(shape, shade, np.uint8)).any()


def test_faint_noise_is_blank():
    noise = np.random.default_rng(0).integers(0, 12, (280, 280), np.uint8)
    assert not normalize(noise).any()


def test_a_single_pixel_is_ink():
    sheet = np.zeros((280, 280), np.uint8)
    sheet[30, 200] = 255
    assert normalize(sheet).any()


def test_specks_and_a_smear_at_the_edge_do_not_shift_the_digit():
    clean, dirty = seven(), seven().copy()
    for y, x in [(3, 4), (270, 30), (20, 250), (140, 6)]:
        dirty[y : y + 3, x : x + 3] = 255
    dirty[180:230, 277:] = 255
    assert difference(normalize(clean), normalize(dirty)) < 0.02


def test_a_stroke_that_belongs_to_the_digit_stays():
    hat_apart = pen.strokes_from_skeleton(pen.WAYS[5]["hat apart"], np.random.default_rng(0))
    whole = pen.render([s * 2 + 30 for s in hat_apart], 14)
    body = pen.render([s * 2 + 30 for s in hat_apart[:1]], 14)
    assert difference(normalize(whole), normalize(body)) > 0.2


def test_a_thin_pen_on_a_large_drawing_is_not_faint():
    assert normalize(seven(size=240, width=2)).max() == 255


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.zeros((28, 28)), TypeError, "uint8"),
        ([[0, 1]], TypeError, "list"),
        (None, TypeError, "NoneType"),
        (np.zeros(784, np.uint8), ValueError, r"\(784,\)"),
        (np.zeros((28, 28, 2), np.uint8), ValueError, r"\(28, 28, 2\)"),
        (np.zeros((0, 28), np.uint8), ValueError, "pixel"),
    ],
)
def test_what_is_no_image_gets_a_sentence(image, error, words):
    with pytest.raises(error, match=words):
        normalize(image)
