"""Strokes as the browser sends them, and the picture of them."""

import numpy as np
import pytest

from handwriting import pen
from page.draw.drawing import EDGE, HEIGHT, MAX_POINTS, PEN, WIDTH, Drawing, parse, render
from tests.helpers.page import PEN_WIDTH, number, sent, written

MIDDLE = WIDTH // 2, HEIGHT // 2


@pytest.mark.parametrize(
    "message",
    [
        None,
        "1,2",
        5,
        [[1]],
        [[]],
        [[1, 2, 3]],
        [["a", "b"]],
        [[1, float("nan")]],
        [[1, None]],
        [[float("inf"), 1]],
        [{"x": 1}],
        [[[1, 2]]],
        [[0, 0] * (MAX_POINTS + 1)],
    ],
    ids=lambda message: str(message)[:20],
)
def test_refuses_what_is_not_strokes(message):
    with pytest.raises(ValueError, match=r"drawing"):
        parse(message)


def test_limits_strokes_to_the_canvas():
    ((left, top, right, bottom),) = parse([[-1e9, -5000, 10**12, 9999.5]])
    assert (left, top) == (-PEN, -PEN)
    assert (right, bottom) == (WIDTH + PEN, HEIGHT + PEN)


def canvas_of(strokes, height: int = 400) -> np.ndarray:
    """The picture without its edge."""
    edge = round(EDGE * height)
    picture = np.asarray(render(strokes, height))
    inner = picture[edge:-edge, edge:-edge]
    assert picture.astype(int).sum() - inner.astype(int).sum() == 255 * (picture.size - inner.size)
    return inner


@pytest.mark.parametrize("height", [200, 400])
def test_a_dot_is_as_wide_as_the_pen(height):
    picture = 255 - canvas_of((MIDDLE,), height).astype(float)
    assert picture.shape == (height, height)
    radius = PEN / 2 * height / HEIGHT
    assert picture.sum() / 255 == pytest.approx(np.pi * radius**2, rel=0.02)
    rows, columns = np.indices(picture.shape) + 0.5
    centre = [(picture * each).sum() / picture.sum() for each in (rows, columns)]
    assert centre == pytest.approx([height / 2, height / 2], abs=0.1)


@pytest.mark.parametrize("width", [4, 36, 120])
def test_a_pen_of_any_width_leaves_the_whole_canvas(monkeypatch, width):
    monkeypatch.setattr("page.draw.drawing.PEN", width)
    picture = 255 - canvas_of((MIDDLE,)).astype(float)
    assert picture.shape == (400, 400)
    assert picture.sum() / 255 == pytest.approx(np.pi * (width / 4) ** 2, rel=0.1)


def dense(stroke: np.ndarray) -> np.ndarray:
    """The same stroke with enough points to make smoothing superfluous."""
    places = np.linspace(0, len(stroke) - 1, 40 * len(stroke))
    return np.stack(
        [np.interp(places, np.arange(len(stroke)), values) for values in stroke.T], axis=-1
    )


@pytest.mark.parametrize("digit", range(10))
def test_draws_as_the_rest_of_the_project_draws(digit):
    strokes = [dense(stroke) for stroke in written(digit)]
    expected = 255 - pen.render([stroke * 400 for stroke in strokes], PEN_WIDTH, 400)
    picture = canvas_of(sent(strokes))
    assert np.corrcoef(picture.ravel(), expected.ravel())[0, 1] > 0.94


def test_corners_are_rounded_as_on_the_canvas():
    corner = canvas_of(((700, 600, 880, 200, 1060, 600),))
    # The curve passes the middles of both lines, and bends towards the corner halfway.
    assert corner[200, 200 - 45] == corner[200, 200 + 45] == 0
    assert corner[150, 200] == 0
    assert corner[100 - 12, 200] == 255


def test_the_picture_is_square_and_shows_all_strokes():
    assert canvas_of(sent(written(3))).shape == (400, 400)
    at_the_left = canvas_of(((40, 100, 40, 700),))
    assert at_the_left.shape == (400, 400)
    assert at_the_left[:, :40].min() == 0
    wide = canvas_of(sent(number("2026", size=0.5, pitch=0.5)))
    assert wide.shape[1] > wide.shape[0] == 400
    edges = canvas_of(((0, 0, WIDTH, HEIGHT),))
    assert edges.shape == (400, 880)
    assert edges[0, 0] == edges[-1, -1] == 0


def test_a_drawing_without_end_is_cut_off():
    zigzag = tuple(value for step in range(20_000) for value in (WIDTH * (step % 2), 400))
    assert np.asarray(render((zigzag,), 400)).min() == 0


def test_a_moving_pen_gets_a_smaller_picture():
    drawing = Drawing(sent(written(1)), lifted=False)
    assert drawing.picture.height < Drawing(drawing.strokes).picture.height
