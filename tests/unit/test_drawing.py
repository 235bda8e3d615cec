"""Strokes as the browser sends them, and the picture of them."""

import numpy as np
import pytest

from handwriting import pen
from page.draw.drawing import HEIGHT, MAX_POINTS, PEN, WIDTH, Drawing, parse, render
from tests.helpers.page import number, sent, written

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


@pytest.mark.parametrize("height", [200, 400])
def test_a_dot_is_as_wide_as_the_pen(height):
    picture = 255 - np.asarray(render((MIDDLE,), height), float)
    assert picture.shape == (height, height)
    radius = PEN / 2 * height / HEIGHT
    assert picture.sum() / 255 == pytest.approx(np.pi * radius**2, rel=0.02)
    rows, columns = np.indices(picture.shape) + 0.5
    centre = [(picture * each).sum() / picture.sum() for each in (rows, columns)]
    assert centre == pytest.approx([height / 2, height / 2], abs=0.1)


def dense(stroke: np.ndarray) -> np.ndarray:
    """The same stroke with so many points that smoothing changes nothing."""
    places = np.linspace(0, len(stroke) - 1, 40 * len(stroke))
    return np.stack(
        [np.interp(places, np.arange(len(stroke)), values) for values in stroke.T], axis=-1
    )


@pytest.mark.parametrize("digit", range(10))
def test_draws_as_the_rest_of_the_project_draws(digit):
    strokes = [dense(stroke) for stroke in written(digit)]
    expected = 255 - pen.render([stroke * 400 for stroke in strokes], 26, 400)
    picture = np.asarray(render(sent(strokes), 400))
    assert np.corrcoef(picture.ravel(), expected.ravel())[0, 1] > 0.94


def test_corners_are_rounded_as_on_the_canvas():
    corner = np.asarray(render((((700, 600, 880, 200, 1060, 600)),), 400))
    # The curve passes the middles of both lines, and bends towards the corner halfway.
    assert corner[200, 200 - 45] == corner[200, 200 + 45] == 0
    assert corner[150, 200] == 0
    assert corner[100 - 12, 200] == 255


def test_the_picture_is_square_and_shows_all_strokes():
    assert render(sent(written(3)), 400).size == (400, 400)
    at_the_left = render(((40, 100, 40, 700),), 400)
    assert at_the_left.size == (400, 400)
    assert np.asarray(at_the_left)[:, :40].min() == 0
    wide = render(sent(number("2026", size=0.5, pitch=0.5)), 400)
    assert wide.size[0] > wide.size[1] == 400
    edges = np.asarray(render(((0, 0, WIDTH, HEIGHT),), 400))
    assert edges.shape == (400, 880)
    assert edges[0, 0] == edges[-1, -1] == 0


def test_a_drawing_without_end_is_cut_off():
    zigzag = tuple(value for step in range(20_000) for value in (WIDTH * (step % 2), 400))
    assert np.asarray(render((zigzag,), 400)).min() == 0


def test_a_moving_pen_gets_a_smaller_picture():
    drawing = Drawing(sent(written(1)), lifted=False)
    assert drawing.picture.height < Drawing(drawing.strokes).picture.height
