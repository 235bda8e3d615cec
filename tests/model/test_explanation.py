import numpy as np
import pytest
from PIL import Image, ImageFilter

from digits.classifier import inside_of
from digits.normalize import shrink
from digits.types import Inside
from handwriting.allographs import SYMBOLS
from handwriting.pen import VARIANTS, by_hand, render, strokes_from_skeleton
from tests.helpers.packages import needs_tensorflow


def written(digit: int, variant: str) -> np.ndarray:
    """A drawing on a canvas of 200 × 200."""
    rng = np.random.default_rng(0)
    strokes = by_hand(strokes_from_skeleton(VARIANTS[digit][variant], rng), rng, wild=0.3)
    return render([stroke * 140 + 100 for stroke in strokes], 12, 200)


@needs_tensorflow
@pytest.mark.slow
def test_the_evidence_is_what_the_network_adds_up():
    import keras

    from training import network

    model = network.small_convnet()
    dense = model.layers[-1]
    dense.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in dense.get_weights()])
    pixels = np.random.default_rng(1).random((3, 28, 28, 1), np.float32)
    found = network.with_inside(model).predict(pixels, verbose=0)
    assert found["probabilities"] == pytest.approx(model.predict(pixels, verbose=0), abs=1e-6)
    assert found["evidence"].shape == (3, 7, 7, 11)
    added = found["evidence"].mean(axis=(1, 2)) + dense.get_weights()[1]
    assert np.asarray(keras.ops.softmax(added)) == pytest.approx(found["probabilities"], abs=1e-5)
    sizes = [found[f"block_{number}"].shape[1:] for number in range(1, 5)]
    assert sizes == [(14, 14, 8), (7, 7, 32), (7, 7, 64), (7, 7, 64)]


def test_looking_inside_does_not_change_the_answer(classifier, mnist_sample):
    for image in mnist_sample[0][:20]:
        closed, opened = classifier.predict(image), classifier.predict(image, inside=True)
        assert closed.inside is None
        assert opened.probabilities == pytest.approx(closed.probabilities, abs=1e-6)
        assert (opened.digit, opened.verdict) == (closed.digit, closed.verdict)
        assert all(np.all(maps >= 0) and maps.any() for maps in opened.inside.blocks)


def test_the_shrunk_ink_is_tightly_cropped(classifier):
    drawing = written(7, "plain")
    rows, columns = np.nonzero(drawing)
    ratio = (np.ptp(rows) + 1) / (np.ptp(columns) + 1)
    for prediction in (
        classifier.predict(drawing, inside=True),
        classifier.read(drawing, inside=True).symbols[0].prediction,
    ):
        cut = shrink(prediction.ink.pixels)
        assert (max(cut.shape), cut.max(), cut.dtype) == (20, 255, np.uint8)
        assert all(edge.any() for edge in (cut[0], cut[-1], cut[:, 0], cut[:, -1])), "not cut close"
        assert cut.shape[0] / cut.shape[1] == pytest.approx(ratio, rel=0.05)


def test_blocks_are_in_the_order_of_their_numbers():
    outputs = {f"block_{n}": np.full((1, 1, 1, 1), n) for n in (10, 2, 1, 11, 9)}
    outputs["evidence"] = np.zeros((1, 1, 1, 11))
    inside = inside_of(outputs, 0)
    assert [int(block.item()) for block in inside.blocks] == [1, 2, 9, 10, 11]


def test_the_evidence_for_a_letter_is_for_none_of_the_digits(classifier):
    strokes = strokes_from_skeleton(SYMBOLS["A"], np.random.default_rng(5))
    letter = classifier.predict(render([stroke + 90 for stroke in strokes], 10), inside=True)
    assert letter.bars.argmax() == 10
    assert letter.inside.evidence.mean(axis=(0, 1)).argmax() == 10


def test_a_blank_drawing_has_no_inside(classifier):
    assert classifier.predict(np.zeros((50, 50), np.uint8), inside=True).inside is None


@pytest.mark.parametrize(
    ("digit", "variant"),
    [(0, "closed"), (2, "plain"), (3, "round"), (4, "open"), (5, "in one"), (6, "upright"),
     (7, "plain"), (8, "from the right"), (9, "straight")],
)  # fmt: skip
def test_evidence_is_where_the_ink_is_and_differs_for_the_runner_up(classifier, digit, variant):
    prediction = classifier.predict(written(digit, variant), inside=True)
    assert prediction.digit == digit
    evidence = prediction.inside.evidence
    # The ink in and around each of the places that the network distinguishes.
    ink = Image.fromarray(prediction.pixels).reduce(4)
    around = np.asarray(ink.filter(ImageFilter.BoxBlur(1)))
    spoke = evidence[..., digit]
    assert spoke.mean() > 0
    assert spoke[around > np.median(around)].mean() > spoke[around <= np.median(around)].mean()
    runner_up = prediction.probabilities.argsort()[-2]
    assert np.corrcoef(spoke.ravel(), evidence[..., runner_up].ravel())[0, 1] < 0.5


def test_the_most_varied_maps_come_first():
    maps = np.zeros((2, 2, 4), np.float32)
    maps[..., 0] = 5  # constant, so not varied
    maps[0, 0, 1] = 2
    maps[1, 1, 3] = 8
    found = Inside([maps], np.zeros((2, 2, 11))).most_varied(0, 2)
    assert found.dtype == np.uint8
    assert found.tolist() == [[[0, 0], [0, 255]], [[255, 0], [0, 0]]]


def test_maps_of_zeros_are_dark():
    assert not Inside([np.zeros((2, 2, 3))], np.zeros((2, 2, 11))).most_varied(0, 3).any()
