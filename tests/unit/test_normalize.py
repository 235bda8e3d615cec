import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from digits.ink import find_ink
from digits.normalize import normalize
from handwriting import pen
from tests.helpers.drawings import MODES, in_mode, steady_drawings

DATA = Path(__file__).parents[1] / "data"

SEVEN = pen.by_hand(
    pen.strokes_from_skeleton(pen.VARIANTS[7]["curved, crossed"], np.random.default_rng(0)),
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


def test_clean_drawings_are_normalized_as_for_the_training(mnist_sample):
    """Exactly: trained networks, and checkpoints of a training, depend on it."""
    with np.load(DATA / "normalized.npz") as expected:
        drawn = np.stack([normalize(drawing) for drawing in steady_drawings()])
        assert np.array_equal(drawn, expected["drawings"])
        mnist = np.stack([normalize(image) for image in mnist_sample[0][:120]])
        assert np.array_equal(mnist, expected["mnist"])


def test_keeps_the_aspect():
    bar = np.zeros((100, 300), np.uint8)
    bar[20:80, 40:52] = 255
    rows, columns = np.nonzero(normalize(bar) > 128)
    assert np.ptp(rows) + 1 == pytest.approx(20, abs=1)
    assert np.ptp(columns) + 1 == pytest.approx(4, abs=1)


def test_mnists_images_hardly_change(mnist_sample):
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


def test_every_form_of_an_image_gives_the_same():
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
    picture = np.zeros((280, 280), np.uint8)
    picture[30, 200] = 255
    assert normalize(picture).any()


def test_specks_and_a_smear_at_the_edge_do_not_shift_the_digit():
    clean, dirty = seven(), seven().copy()
    for y, x in [(3, 4), (270, 30), (20, 250), (140, 6)]:
        dirty[y : y + 3, x : x + 3] = 255
    dirty[180:230, 277:] = 255
    assert difference(normalize(clean), normalize(dirty)) < 0.02


def framed(drawing, thickness, shade=0, jpeg=False):
    """The drawing, dark on light, with a frame around it."""
    top, right, bottom, left = np.broadcast_to(thickness, 4)
    picture = 255 - drawing
    picture[:top] = picture[280 - bottom :] = shade
    picture[:, :left] = picture[:, 280 - right :] = shade
    if not jpeg:
        return picture
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=80)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize(
    ("thickness", "shade", "jpeg"),
    [(1, 0, False), (2, 120, True), (6, 0, True), (15, 180, False), ((1, 6, 3, 9), 0, False)],
)
def test_a_frame_is_not_ink(thickness, shade, jpeg):
    image = framed(seven(), thickness, shade, jpeg)
    expected = normalize(framed(seven(), 0, 0, jpeg))
    for same in (image, np.dstack([image] * 3)):
        assert difference(expected, normalize(same)) < 0.25
    if not jpeg:
        rows, columns = np.nonzero(seven())
        left, top, _, _ = find_ink(image).digit.box
        assert (left, top) == pytest.approx((columns.min(), rows.min()), abs=2)
    assert not normalize(framed(np.zeros((280, 280), np.uint8), thickness, shade, jpeg)).any()


def test_a_blurred_frame_and_rounded_corners_are_not_ink():
    image = Image.fromarray(framed(seven(), 4)).resize((190, 190), Image.Resampling.BICUBIC)
    assert difference(normalize(seven()), normalize(image)) < 0.1
    image = framed(seven(), 3)
    image[:5, :5] = image[-5:, :5] = image[:5, -5:] = image[-5:, -5:] = 255
    assert difference(normalize(seven()), normalize(image)) < 0.06


def drawn(draw, side=280):
    image = Image.new("L", (side, side), 255)
    draw(ImageDraw.Draw(image))
    return np.asarray(image)


@pytest.mark.parametrize(
    "image",
    [
        drawn(lambda d: d.ellipse((0, 0, 279, 279), outline=0, width=8)),
        drawn(lambda d: d.rounded_rectangle((0, 0, 279, 279), 90, outline=0, width=10)),
        drawn(lambda d: d.rectangle((6, 6, 273, 273), outline=0, width=10)),
        drawn(lambda d: d.rectangle((0, 0, 19, 27), outline=0, width=3), 28)[:, :20],
        drawn(lambda d: d.line([(4, 0), (4, 279)], fill=0, width=9)),
    ],
    ids=["circle", "rounded 0", "square", "0 of a display", "1"],
)
def test_a_drawing_at_the_edge_is_not_a_frame(image):
    assert normalize(image).any()


def test_dotted_paper_is_blank():
    dots = np.zeros((280, 280), np.uint8)
    dots[10::20, 10::20] = dots[11::20, 10::20] = 150
    assert not normalize(dots).any()


def test_a_stroke_that_belongs_to_the_digit_stays():
    hat_apart = pen.strokes_from_skeleton(pen.VARIANTS[5]["hat apart"], np.random.default_rng(0))
    whole = pen.render([s * 2 + 30 for s in hat_apart], 14)
    body = pen.render([s * 2 + 30 for s in hat_apart[:1]], 14)
    assert difference(normalize(whole), normalize(body)) > 0.2


def test_a_thin_pen_on_a_large_drawing_is_not_faint():
    assert normalize(seven(size=240, width=2)).max() == 255


CONTENTS = ("noise", "faint", "dots", "stripes", "ramp", "boxes", "flat", "line")


def content(kind: str, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A kind of image content: float (height, width), mostly in 0-255."""
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
@settings(max_examples=50, deadline=None)
@given(
    kind=st.sampled_from(CONTENTS),
    size=st.one_of(
        st.tuples(st.integers(1, 60), st.integers(1, 60)),
        st.sampled_from([(1, 1), (1, 2), (1, 3000), (3000, 1), (2, 700), (300, 300), (480, 640)]),
    ),
    mode=st.sampled_from(MODES),
    seed=st.integers(0, 2**32 - 1),
)
@example(kind="ramp", size=(480, 640), mode="L", seed=78)  # a "page" without ink
def test_no_content_of_an_image_raises(kind, size, mode, seed):
    picture = content(kind, *size, np.random.default_rng(seed))
    grey = picture.clip(0, 255).astype(np.uint8)
    assert_normal(normalize(in_mode(Image.fromarray(grey), mode)))
    assert_normal(normalize(grey))


@settings(max_examples=30, deadline=None)
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
