import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from digits.ink import canvas
from digits.ink.paper import find_ink
from digits.normalize import normalize
from evaluation.photographs import camera as photos
from handwriting import pen

# Digits that can't be mistaken for each other.
STROKES = {
    digit: pen.strokes_from_skeleton(pen.VARIANTS[digit][variant], np.random.default_rng(0))
    for digit, variant in ((2, next(iter(pen.VARIANTS[2]))), (3, next(iter(pen.VARIANTS[3]))))
}
STROKES = {digit: pen.unit(strokes) for digit, strokes in STROKES.items()}


def test_drawings_and_mnist_are_clean(mnist_sample):
    rng = np.random.default_rng(0)
    for digit in range(10):
        strokes = pen.place(pen.draw_digit(digit, rng), rng.uniform(60, 250), (140, 140))
        drawing = pen.render(strokes, rng.uniform(8, 24))
        assert canvas.find_clean_ink(drawing) is not None
        assert canvas.find_clean_ink(255 - drawing) is not None
    for image in mnist_sample[0][:50]:
        assert canvas.find_clean_ink(image) is not None
        assert canvas.find_clean_ink(np.kron(image, np.ones((10, 10), np.uint8))) is not None


EASY = ("white", "dark corners", "soft shadow", "dot grid", "pencil", "table cell", "pale marker")


@pytest.mark.parametrize("kind", EASY)
def test_reads_a_digit_on_every_kind_of_paper(classifier, kind):
    right = 0
    for seed in range(2):
        for digit, strokes in STROKES.items():
            picture = photos.take(kind, strokes, np.random.default_rng([7, seed]))
            said = classifier.predict(picture).digit
            assert said in (digit, None)
            right += said == digit
    assert right >= 3


@pytest.mark.parametrize(
    "kind", ["white", "dark corners", "soft shadow", "hard shadow", "dot grid"]
)
def test_a_blank_page_is_blank_whatever_the_light(classifier, kind):
    for seed in range(2):
        picture = photos.take(kind, None, np.random.default_rng([8, seed]))
        assert classifier.predict(picture).digit is None


@pytest.mark.parametrize(
    ("table", "margin", "turned"),
    [(0, 20, 0), (30, 60, 18), (90, 100, 0), (150, 20, 18), (0, 100, 18), (90, 60, 0)],
)
def test_a_page_on_a_table_without_any_grain(classifier, table, margin, turned):
    picture = np.full((500, 400, 3), table, np.uint8)
    left, top, right, bottom = margin, margin, 400 - margin, 500 - margin
    page = [(left, top + turned), (right - turned, top), (right, bottom - turned), (left, bottom)]
    cv2.fillConvexPoly(picture, np.array(page), (230, 230, 230))
    seven = np.array([[150, 180], [250, 180], [190, 330]])
    cv2.polylines(picture, [seven], False, (25, 25, 25), 14)
    assert classifier.predict(picture).digit == 7


# A page too narrow for the statistics, and ink that is background for the narrower window.
STRIP = np.array([[[0, 120, 255]], [[120, 255, 3]], [[0, 120, 255]]], np.uint8)
AT_THE_EDGE = np.full((240, 320, 3), 64, np.uint8)
AT_THE_EDGE[100:140, -5:] = 200


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@settings(max_examples=40, deadline=None)
@given(
    pixels=hnp.arrays(
        np.uint8,
        st.tuples(st.integers(1, 90), st.integers(1, 90), st.just(3)),
        elements=st.sampled_from([0, 3, 120, 250, 255]),
    ),
    larger=st.sampled_from([(1, 1), (1, 30), (30, 1), (6, 6)]),
)
@example(pixels=STRIP, larger=(1, 1))
@example(pixels=AT_THE_EDGE, larger=(1, 1))
def test_any_pixels_give_a_picture_and_no_warning(pixels, larger):
    assert normalize(pixels).shape == (28, 28)
    find_ink(np.kron(pixels, np.ones((*larger, 1), np.uint8)))


def test_dots_fibres_and_crumbs_are_not_writing():
    def blank(draw):
        page = np.full((480, 640, 3), 225, np.float32)
        draw(page)
        grain = np.random.default_rng(0).normal(0, 2, (480, 640, 1))
        return normalize((page + grain).clip(0, 255).astype(np.uint8)).max() == 0

    def dots(page):
        for x in range(20, 640, 40):
            for y in range(20, 480, 40):
                cv2.circle(page, (x, y), 6, (110,) * 3, -1, cv2.LINE_AA)

    def crumbs(page):
        for x, y in np.random.default_rng(1).uniform(40, 440, (20, 2)).astype(int).tolist():
            cv2.ellipse(page, (x, y), (4, 2), x, 0, 360, (90,) * 3, -1, cv2.LINE_AA)

    def half_a_ruling(page):
        cv2.line(page, (4, 290), (5, 420), (110,) * 3, 4, cv2.LINE_AA)

    def fibres(page):
        rng = np.random.default_rng(2)
        for x in range(20, 640, 50):
            for y in range(20, 480, 50):
                start = x + int(rng.integers(20)), y + int(rng.integers(20))
                end = start[0] + int(rng.integers(-9, 10)), start[1] + 14
                cv2.line(page, start, end, (185,) * 3, 2, cv2.LINE_AA)

    assert blank(dots)
    assert blank(fibres)
    assert blank(crumbs)
    assert blank(half_a_ruling)


def test_a_large_faint_area_is_a_shadow_even_without_any_grain():
    page = np.full((800, 600), 187, np.uint8)
    cv2.ellipse(page, (300, 850), (420, 270), 0, 0, 360, 158, -1, cv2.LINE_AA)
    assert not normalize(page).any()
    cv2.polylines(page, [np.array([[200, 250], [380, 250], [270, 480]])], False, 60, 24)
    assert normalize(page).any()
