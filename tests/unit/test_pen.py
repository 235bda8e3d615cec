import numpy as np
import pytest

from digits.normalize import normalize
from handwriting import allographs, pen, synthetic


def test_every_variant_is_drawn():
    for digit, variants in pen.VARIANTS.items():
        for variant in variants:
            strokes = pen.draw_digit(digit, np.random.default_rng(0), variant)
            points = np.concatenate(strokes)
            assert np.isfinite(points).all(), variant
            assert np.ptp(points, axis=0).max() == pytest.approx(1), variant
            assert np.abs(points).max() <= 0.51, variant
            assert all(len(stroke) >= 2 for stroke in strokes), variant


def test_every_symbol_is_drawn():
    for name, skeleton in allographs.SYMBOLS.items():
        strokes = pen.strokes_from_skeleton(skeleton, np.random.default_rng(0))
        assert normalize(pen.render([s + 90 for s in strokes], 8)).any(), name


def test_a_skeleton_follows_its_text():
    bar, arc = pen.strokes_from_skeleton(
        "0 0, 30 40!, 30 100 / @50 50 10 20 0 90", np.random.default_rng(0)
    )
    assert bar[0] == pytest.approx([0, 0])
    assert bar[-1] == pytest.approx([30, 100])
    assert np.abs(bar - [30, 40]).sum(axis=1).min() == pytest.approx(0, abs=1e-9)
    after_the_corner = bar[bar[:, 1] > 41]
    assert after_the_corner[:, 0] == pytest.approx(np.full(len(after_the_corner), 30), abs=1e-6)
    assert arc[0] == pytest.approx([60, 50])
    assert arc[-1] == pytest.approx([50, 70])


def test_a_range_is_drawn_anew_and_kept_to():
    rng = np.random.default_rng(0)
    starts = [pen.strokes_from_skeleton("10~20 5, 50 50", rng)[0][0, 0] for _ in range(50)]
    assert 10 <= min(starts) < 12
    assert 18 < max(starts) <= 20


def test_no_two_drawings_are_alike_but_a_seed_repeats_them():
    def draw(seed):
        return synthetic.training_image(4, np.random.default_rng(seed))

    assert np.array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


@pytest.mark.slow
def test_images_depend_on_the_seed_alone_not_on_the_processors(monkeypatch):
    monkeypatch.setattr("handwriting.processes.PART_SIZE", 20)
    labels = np.array([0, 7, pen.NO_DIGIT] * 20)
    images = synthetic.training_images(labels, seed=5)
    assert images.shape == (60, 28, 28)
    assert images.any(axis=(1, 2)).all()
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert np.array_equal(images, synthetic.training_images(labels, seed=5))
    assert not np.array_equal(images, synthetic.training_images(labels, seed=6))


def test_renders_as_the_canvas_does():
    canvas = pen.render([np.array([[40.0, 140], [240, 140]])], width=20)
    assert canvas.shape == (280, 280)
    rows, columns = np.nonzero(canvas)
    assert np.ptp(rows) + 1 == pytest.approx(20, abs=1)
    assert np.ptp(columns) + 1 == pytest.approx(220, abs=2)
    assert canvas[131, 31] == 0, "the pen's end is round"


@pytest.mark.parametrize(
    "skeleton", ["50 0, 50", "50 0, a 100", "@50 50 32 50 -120", "50 0,, 50 100", "50 0 3, 1 2 3"]
)
def test_a_malformed_skeleton_is_quoted(skeleton):
    with pytest.raises(ValueError, match="malformed") as error:
        pen.strokes_from_skeleton(skeleton, np.random.default_rng(0))
    assert skeleton in str(error.value)


def seven(angle, slant, length):
    """A 7 in one stroke, with a stem of 1: the bar rises, the stem leans, in degrees."""
    rise, lean = np.radians(angle), np.radians(slant)
    left = -length * np.cos(rise), length * np.sin(rise)
    return pen.unit([[left, (0, 0), (-np.tan(lean), 1)]])


@pytest.mark.parametrize(
    ("digit", "angle", "between"),
    [(7, 5, False), (7, 30, True), (1, 20, True), (1, 45, False), (4, 25, False)],
)
def test_a_stroke_that_could_be_a_1_or_a_7_is_not_drawn(digit, angle, between):
    strokes = seven(angle, 10, 0.6)
    assert pen.rise_to_corner(strokes[0]) == pytest.approx(angle)
    assert pen.is_between_one_and_seven(digit, strokes) == between
    assert not pen.is_between_one_and_seven(digit, [*strokes, strokes[0]]), "a cross or a foot"


def test_a_bare_stroke_has_no_corner():
    assert pen.rise_to_corner(np.array([[0, 0], [0.01, 0.5], [0, 1]])) is None
