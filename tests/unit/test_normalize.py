import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from digits.normalize import (
    all_ink,
    centre,
    find_ink,
    normalize,
    to_grey,
    without_strays,
)
from handwriting import pen
from tests.helpers.drawings import steady_drawings

DATA = Path(__file__).parents[1] / "data"

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


def test_clean_drawings_come_out_as_when_the_network_learned(mnist_sample):
    """Bit by bit: a network that is trained, or being trained, relies on it."""
    with np.load(DATA / "normalized.npz") as expected:
        drawn = np.stack([normalize(drawing) for drawing in steady_drawings()])
        assert np.array_equal(drawn, expected["drawings"])
        mnist = np.stack([normalize(image) for image in mnist_sample[0][:120]])
        assert np.array_equal(mnist, expected["mnist"])


def test_a_margin_that_is_not_looked_at_changes_nothing():
    for drawing in steady_drawings():
        quick, ink = find_ink(drawing).everything, all_ink(to_grey(drawing))
        assert np.array_equal(quick.pixels, ink.pixels)
        assert quick.box == ink.box


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


def framed(drawing, thickness, shade=0, jpeg=False):
    """The drawing, dark on light, with a frame round it."""
    top, right, bottom, left = np.broadcast_to(thickness, 4)
    sheet = 255 - drawing
    sheet[:top] = sheet[280 - bottom :] = shade
    sheet[:, :left] = sheet[:, 280 - right :] = shade
    if not jpeg:
        return sheet
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "JPEG", quality=80)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("jpeg", [False, True])
@pytest.mark.parametrize("shade", [0, 120, 180])
@pytest.mark.parametrize("thickness", [1, 2, 6, 15, (1, 6, 3, 9)])
def test_a_frame_is_no_ink(thickness, shade, jpeg):
    image = framed(seven(), thickness, shade, jpeg)
    expected = normalize(framed(seven(), 0, 0, jpeg))
    for same in (image, 255 - image, np.dstack([image] * 3)):
        assert difference(expected, normalize(same)) < (0.25 if jpeg else 1e-9)
    if not jpeg:
        rows, columns = np.nonzero(seven())
        left, top, _, _ = find_ink(image).everything.box
        assert (left, top) == (columns.min(), rows.min())
    assert not normalize(framed(np.zeros((280, 280), np.uint8), thickness, shade, jpeg)).any()


def test_a_blurred_frame_and_rounded_corners_are_no_ink():
    image = Image.fromarray(framed(seven(), 4)).resize((190, 190), Image.Resampling.BICUBIC)
    assert difference(normalize(seven()), normalize(image)) < 0.1
    image = framed(seven(), 3)
    image[:5, :5] = image[-5:, :5] = image[:5, -5:] = image[-5:, -5:] = 255
    assert difference(normalize(seven()), normalize(image)) < 0.03


def drawn(draw, side=280):
    image = Image.new("L", (side, side), 255)
    draw(ImageDraw.Draw(image))
    return np.asarray(image)


@pytest.mark.parametrize(
    "image",
    [
        drawn(lambda d: d.rectangle((0, 0, 279, 279), outline=0, width=26)),
        drawn(lambda d: d.ellipse((0, 0, 279, 279), outline=0, width=8)),
        drawn(lambda d: d.rounded_rectangle((0, 0, 279, 279), 90, outline=0, width=10)),
        drawn(lambda d: d.rectangle((6, 6, 273, 273), outline=0, width=10)),
        drawn(lambda d: d.rectangle((0, 0, 19, 27), outline=0, width=3), 28)[:, :20],
        drawn(lambda d: d.line([(4, 0), (4, 279)], fill=0, width=9)),
    ],
    ids=["thick square", "circle", "rounded 0", "square", "0 of a display", "1"],
)
def test_what_is_drawn_at_the_edge_is_no_frame(image):
    assert normalize(image).any()


@pytest.mark.parametrize("place", [(140, 140), (215, 90), (70, 200), (150, 250)])
@pytest.mark.parametrize("width", [14, 45, 80])
def test_a_drawing_that_fills_its_sheet_or_goes_over_its_edge_is_a_drawing(place, width):
    eight = pen.strokes_from_skeleton(pen.WAYS[8]["from the right"], np.random.default_rng(0))
    for strokes in (SEVEN, pen.unit(eight)):
        drawing = pen.render(pen.place(strokes, 260, place), width)
        expected = centre(without_strays(all_ink(drawing)).pixels)
        assert np.array_equal(normalize(drawing), expected)
        assert np.array_equal(normalize(255 - drawing), expected)


def on_canvas(draw, size, pen_width, theme):
    """What `draw` draws on a canvas with soft edges: RGBA, on a ground or on nothing."""
    width, height = size
    sheet = Image.new("L", (4 * width, 4 * height))
    draw(ImageDraw.Draw(sheet), 4 * width, 4 * height, 4 * pen_width)
    ink = np.asarray(sheet.resize(size, Image.Resampling.BOX))
    colour, ground = theme
    if ground is None:
        return np.dstack([np.broadcast_to(np.uint8(colour), (*ink.shape, 3)), ink])
    share = ink[..., None] / 255
    mixed = np.rint(share * colour + (1 - share) * ground).astype(np.uint8)
    return np.dstack([mixed, np.full_like(ink, 255)])


def box_of(w, h, part):
    return part * w, part * h, (1 - part) * w, (1 - part) * h


def hatched(d, w, h, pen_width):
    for y in np.arange(0.1 * h, 0.9 * h, 1.2 * pen_width):
        d.line((0.1 * w, y, 0.9 * w, y + pen_width / 2), fill=255, width=pen_width)


THICK = {
    "square": lambda d, w, h, p: d.rectangle(box_of(w, h, 0.15), outline=255, width=p),
    "filled": lambda d, w, h, p: d.rectangle(box_of(w, h, 0.1), fill=255),
    "filled, with a hole": lambda d, w, h, p: (
        d.rectangle(box_of(w, h, 0.1), fill=255),
        d.ellipse(box_of(w, h, 0.4), fill=0),
    ),
    "hatched": hatched,
    "square in a square": lambda d, w, h, p: [
        d.rectangle(box_of(w, h, part), outline=255, width=p) for part in (0.05, 0.3)
    ],
    "1 in a square": lambda d, w, h, p: (
        d.rectangle(box_of(w, h, 0.1), outline=255, width=p),
        d.line((w / 2, 0.35 * h, w / 2, 0.65 * h), fill=255, width=p),
    ),
    "nearly all": lambda d, w, h, p: d.rectangle((p / 2, p / 2, w - p, 0.9 * h), fill=255),
    "dots": lambda d, w, h, p: [
        d.ellipse((x * w - p / 2, y * h - p / 2, x * w + p / 2, y * h + p / 2), fill=255)
        for x in np.linspace(0.1, 0.9, 7)
        for y in np.linspace(0.1, 0.9, 7)
    ],
}
THEMES = {
    "light": ((27, 37, 64), (255, 255, 255)),
    "dark": ((235, 235, 240), (14, 17, 23)),
    "on nothing": ((27, 37, 64), None),
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("size", "pen_width"), [((280, 280), 14), ((400, 400), 26), ((1000, 500), 60)]
)
@pytest.mark.parametrize("what", THICK)
def test_whatever_a_thick_pen_draws_is_a_drawing(monkeypatch, what, size, pen_width, theme):
    from digits.ink import paper as photo

    def no_photograph(image):
        raise AssertionError("it was taken for a photograph")

    monkeypatch.setattr(photo, "find_ink", no_photograph)
    assert normalize(on_canvas(THICK[what], size, pen_width, THEMES[theme])).any()


def test_dotted_paper_is_blank():
    dots = np.zeros((280, 280), np.uint8)
    dots[10::20, 10::20] = dots[11::20, 10::20] = 150
    assert not normalize(dots).any()


def test_a_stroke_that_belongs_to_the_digit_stays():
    hat_apart = pen.strokes_from_skeleton(pen.WAYS[5]["hat apart"], np.random.default_rng(0))
    whole = pen.render([s * 2 + 30 for s in hat_apart], 14)
    body = pen.render([s * 2 + 30 for s in hat_apart[:1]], 14)
    assert difference(normalize(whole), normalize(body)) > 0.2


def test_a_thin_pen_on_a_large_drawing_is_not_faint():
    assert normalize(seven(size=240, width=2)).max() == 255


@pytest.mark.parametrize("background", [0, 40, 200, 255])
@pytest.mark.parametrize("hole", [np.s_[:5, :5], np.s_[:20], np.s_[::279, ::279]])
def test_an_opaque_page_in_a_transparent_picture_is_the_background(background, hole):
    ink = seven().astype(float) / 255
    grey = np.rint(background + ink * ((255 if background < 128 else 0) - background))
    grey = grey.astype(np.uint8)
    alpha = np.full(grey.shape, 255, np.uint8)
    alpha[hole] = 0
    picture = np.dstack([grey, grey, grey, alpha])
    assert np.array_equal(to_grey(picture), grey)


@pytest.mark.parametrize("colour", [0, 255])
def test_strokes_on_a_transparent_canvas_are_ink(colour):
    ink = seven(width=30)
    shade = np.full_like(ink, colour)
    assert difference(normalize(ink), normalize(np.dstack([shade, shade, shade, ink]))) < 0.02


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


MODES = (
    "1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV",
    "I", "I;16", "I;16L", "I;16B", "I;16N", "F",
)  # fmt: skip


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The grey picture in any mode that Pillow has, if need be by its bytes."""
    way = {
        "RGBa": ["RGBA"], "La": ["LA"], "PA": ["P"], "HSV": ["RGB"], "YCbCr": ["RGB"],
        "I;16L": ["I"], "I;16B": ["I"], "I;16N": ["I"],
    }  # fmt: skip
    if mode == "LAB":
        flat = Image.new("L", image.size, 128)
        return Image.merge("LAB", (image, flat, flat))
    for step in [*way.get(mode, []), mode]:
        image = image.convert(step)
    return image


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pillow_is_read(mode):
    image = in_mode(Image.fromarray(255 - seven()), mode)
    assert image.mode == mode
    assert difference(normalize(seven()), normalize(image)) < 0.02


def test_floats_from_0_to_1_are_no_black_picture():
    unit = seven().astype(np.float32) / 255
    for floats in (unit, 1 - unit, 1.2 * unit, unit - 0.5, unit * 255, unit * 60_000):
        assert difference(normalize(seven()), normalize(Image.fromarray(floats))) < 0.01


CONTENTS = ("noise", "faint", "dots", "stripes", "ramp", "boxes", "flat", "line")


def content(kind: str, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Something that an image may show: float (height, width), mostly in 0-255."""
    y, x = np.indices((height, width))
    pitch, shade = rng.integers(1, 40), rng.integers(0, 256)
    match kind:
        case "noise":
            picture = rng.integers(0, 256, (height, width)) * (rng.random((height, width)) < shade)
        case "faint":
            picture = shade + rng.normal(0, pitch, (height, width))
        case "dots":
            radius = rng.integers(1, 4)
            picture = np.where((y % pitch < radius) & (x % pitch < radius), shade, 255 - shade)
        case "stripes":
            picture = np.where((y * rng.integers(0, 3) + x) % pitch < 2, shade, 255)
        case "ramp":
            picture = (x * rng.normal() + y * rng.normal()) % 256
        case "boxes":
            picture = np.full((height, width), shade)
            for _ in range(rng.integers(1, 90)):
                top, left = rng.integers(0, height), rng.integers(0, width)
                picture[top : top + rng.integers(1, 30), left : left + 9] = rng.integers(0, 256)
        case "flat":
            picture = np.full((height, width), shade)
            picture[rng.integers(0, height), rng.integers(0, width)] = rng.integers(0, 256)
        case _:
            picture = np.where(y == height // 2, shade, 0)
    return picture.astype(np.float64)


def assert_normal(pixels: np.ndarray) -> None:
    assert (pixels.shape, pixels.dtype) == ((28, 28), np.uint8)
    assert pixels.max() in (0, 255)


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(CONTENTS),
    size=st.one_of(
        st.tuples(st.integers(1, 60), st.integers(1, 60)),
        st.sampled_from([(1, 1), (1, 2), (1, 3000), (3000, 1), (2, 700), (300, 300), (480, 640)]),
    ),
    mode=st.sampled_from(MODES),
    seed=st.integers(0, 2**32 - 1),
)
@example(kind="ramp", size=(480, 640), mode="L", seed=78)  # a "sheet" with nothing inside
def test_nothing_that_an_image_shows_raises(kind, size, mode, seed):
    picture = content(kind, *size, np.random.default_rng(seed))
    grey = picture.clip(0, 255).astype(np.uint8)
    assert_normal(normalize(in_mode(Image.fromarray(grey), mode)))
    assert_normal(normalize(grey))


@settings(max_examples=100, deadline=None)
@given(
    numbers=st.lists(
        st.one_of(st.floats(width=32), st.sampled_from([np.nan, np.inf, -np.inf, 3e38, 1e-40])),
        min_size=1, max_size=40,
    )
)  # fmt: skip
def test_no_float_raises(numbers):
    row = np.array(numbers, np.float32)
    for image in (row[None], np.outer(row, np.ones(5, np.float32))):
        assert_normal(normalize(Image.fromarray(image)))


def test_a_long_thin_line_does_not_fill_the_memory():
    line = np.zeros((3, 60_000), np.uint8)
    line[1, 5:-5] = 255
    assert_normal(normalize(line))
