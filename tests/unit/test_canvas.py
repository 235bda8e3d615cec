"""Ink on a flat background, and the detection of flat backgrounds."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digits.ink import canvas, find_ink
from digits.normalize import centre, normalize
from handwriting import pen

SEVEN = pen.by_hand(
    pen.strokes_from_skeleton(pen.VARIANTS[7]["curved, crossed"], np.random.default_rng(0)),
    np.random.default_rng(0),
)
EIGHT = pen.unit(
    pen.strokes_from_skeleton(pen.VARIANTS[8]["from the right"], np.random.default_rng(0))
)
INK = (27, 37, 64)


def on_canvas(ink: np.ndarray, transparent: bool = False) -> np.ndarray:
    """Ink, uint8 (height, width), in one colour on white or on a transparent background: RGBA."""
    if transparent:
        return np.dstack([np.broadcast_to(np.uint8(INK), (*ink.shape, 3)), ink])
    share = ink[..., None] / 255
    mixed = np.rint(share * INK + (1 - share) * 255).astype(np.uint8)
    return np.dstack([mixed, np.full_like(ink, 255)])


def drawn(what: str, size: tuple[int, int], pen_width: int) -> np.ndarray:
    """A drawing with soft edges, uint8 (height, width), ink 255 on 0."""
    width, height = size
    drawing = Image.new("L", (4 * width, 4 * height))
    THICK[what](ImageDraw.Draw(drawing), 4 * width, 4 * height, 4 * pen_width)
    return np.asarray(drawing.resize(size, Image.Resampling.BOX))


def box_of(w, h, part):
    return part * w, part * h, (1 - part) * w, (1 - part) * h


def hatched(d, w, h, pen_width):
    for y in np.arange(0.1 * h, 0.9 * h, 1.2 * pen_width):
        d.line((0.1 * w, y, 0.9 * w, y + pen_width / 2), fill=255, width=pen_width)


THICK = {
    "square": lambda d, w, h, p: d.rectangle(box_of(w, h, 0.15), outline=255, width=p),
    "filled": lambda d, w, h, p: d.rectangle((0, 0, w, h), fill=255),
    "filled, with a hole": lambda d, w, h, p: (
        d.rectangle(box_of(w, h, 0.1), fill=255),
        d.ellipse(box_of(w, h, 0.4), fill=0),
    ),
    "hatched": hatched,
    "square in a square": lambda d, w, h, p: [
        d.rectangle(box_of(w, h, part), outline=255, width=p) for part in (0.05, 0.3)
    ],
    "dots": lambda d, w, h, p: [
        d.ellipse((x * w - p / 2, y * h - p / 2, x * w + p / 2, y * h + p / 2), fill=255)
        for x in np.linspace(0.1, 0.9, 7)
        for y in np.linspace(0.1, 0.9, 7)
    ],
}


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize(
    ("size", "pen_width"), [((280, 280), 14), ((400, 400), 26), ((1000, 500), 60)]
)
@pytest.mark.parametrize("what", THICK)
def test_on_a_canvas_everything_drawn_is_ink(what, size, pen_width, transparent):
    ink = drawn(what, size, pen_width)
    found = find_ink(on_canvas(ink, transparent), source="canvas").everything
    left, top, right, bottom = found.box
    restored = np.zeros(ink.shape)
    restored[top:bottom, left:right] = found.pixels
    assert np.abs(restored - ink / 255).max() < 0.03


@pytest.mark.parametrize("transparent", [False, True])
def test_an_untouched_canvas_is_blank(transparent):
    nothing = on_canvas(np.zeros((200, 300), np.uint8), transparent)
    assert find_ink(nothing, source="canvas") is None


@pytest.mark.parametrize("place", [(140, 140), (215, 90), (70, 200), (150, 250)])
@pytest.mark.parametrize("width", [14, 45, 80])
def test_a_drawing_may_go_over_the_edge_of_the_canvas(place, width):
    for strokes in (SEVEN, EIGHT):
        drawing = pen.render(pen.place(strokes, 260, place), width)
        expected = centre(canvas.find_ink(drawing, background=0).digit.pixels)
        for picture in (255 - drawing, on_canvas(drawing), on_canvas(drawing, True)):
            normal = normalize(picture, source="canvas").astype(int)
            assert np.abs(normal - expected).max() <= 4


def drawing_of(strokes, size=150, width=14) -> np.ndarray:
    return pen.render(pen.place(strokes, size, (140, 140)), width)


def test_a_clean_drawing_is_read_the_same_whatever_it_is_called():
    drawing = 255 - drawing_of(SEVEN)
    assert np.array_equal(normalize(drawing), normalize(drawing, source="canvas"))


def noisy(grey):
    noise = np.random.default_rng(0).normal(0, 4, grey.shape)
    return (0.8 * grey + noise).clip(0, 255).astype(np.uint8)


def in_shade(grey):
    return (grey * np.linspace(0.6, 1, grey.shape[1])).astype(np.uint8)


def test_a_background_of_one_shade_is_flat():
    paper = 255 - drawing_of(SEVEN)
    assert canvas.is_flat(paper) and canvas.is_flat(255 - paper)
    for photograph in (noisy, in_shade):
        assert not canvas.is_flat(photograph(paper))


def test_lines_that_cross_the_border_are_rulings_unless_a_pen_drew_them():
    paper = 255 - drawing_of(SEVEN)
    assert not canvas.is_ruled(paper)
    paper[30::40] = 150
    assert canvas.is_ruled(paper)
    thick = 255 - pen.render([np.array([[x, -9], [x, 300]]) for x in (40, 110, 180, 240)], 20)
    assert not canvas.is_ruled(thick)


def test_a_frame_around_something_is_not_ink():
    paper = 255 - drawing_of(SEVEN, size=100)
    assert canvas.find_clean_ink(paper) is not None
    image = Image.fromarray(paper)
    ImageDraw.Draw(image).rectangle((20, 20, 260, 260), outline=0, width=4)
    assert canvas.find_clean_ink(np.asarray(image)) is None
    empty = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(empty).rectangle((20, 20, 260, 260), outline=0, width=10)
    assert canvas.find_clean_ink(np.asarray(empty)) is not None, "a square is a drawing"


def test_a_page_on_a_table_is_not_ink():
    paper = 255 - drawing_of(SEVEN)
    for table in (0, 90, 150):
        assert canvas.find_clean_ink(np.pad(paper, 90, constant_values=table)) is None


def test_dust_and_far_strays_are_removed_but_not_parts_of_the_digit():
    drawing = drawing_of(SEVEN)
    left, top, right, bottom = canvas.find_ink(drawing).digit.box
    dusty = drawing.copy()
    dusty[5:9, 5:9] = dusty[270:274, 100:104] = 255
    assert canvas.find_ink(dusty).digit.box == (left, top, right, bottom)
    hat = drawing.copy()
    hat[top - 14 : top - 8, left : left + 60] = 255
    assert canvas.find_ink(hat).digit.box[1] == top - 14


def test_a_blackened_picture_is_not_blank_even_without_a_source():
    blackened = np.full((400, 535), 37, np.uint8)
    blackened[:2] = blackened[-2:] = 255
    blackened[:, :2] = blackened[:, -2:] = 255
    assert normalize(blackened).any()
