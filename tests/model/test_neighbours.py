import hashlib
import io
import shutil
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from digits.card import EXAMPLES
from digits.explain.filters import filter_response
from digits.explain.neighbours import Examples, pack, pool, unpack
from digits.normalize import normalize
from handwriting import non_digits, pen
from tests.helpers.packages import needs_tensorflow
from tests.helpers.servers import ROOT

SMALL = ROOT / "tests" / "data" / "mnist_small.npz"


def picture(strokes, width: float = 18) -> np.ndarray:
    return pen.render(pen.place(strokes, 180, (140, 140)), width)


def test_comes_with_the_model_and_stays_small(examples):
    assert (ROOT / "model" / EXAMPLES).stat().st_size <= 1_000_000
    assert np.bincount(examples.labels, minlength=10).min() >= 100
    assert len(examples.non_digits) >= 100
    assert np.isfinite(examples.embeddings).all()


def test_neighbours_of_digits_are_the_same_digits(examples, mnist_sample, mnist_described):
    same = [
        neighbour.label == label
        for (embedding, _), label in zip(mnist_described, mnist_sample[1], strict=True)
        for neighbour in examples.nearest(embedding)
    ]
    assert len(same) == 8 * 300
    assert np.mean(same) > 0.97


def test_neighbours_look_like_the_drawing(examples, mnist_sample, mnist_described):
    """They are more alike than other images of the same digit."""

    def blurred(pixels: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(pixels).reduce(2), np.float32).ravel()

    with np.load(ROOT / "model" / EXAMPLES) as file:
        everything = np.stack([blurred(unpack(packed)) for packed in file["images"]])
    nearer = []
    described = zip(*mnist_sample, mnist_described, strict=True)
    for image, label, (embedding, _) in islice(described, 100):
        others = everything[examples.labels == label]
        usual = np.mean([np.corrcoef(blurred(image), other)[0, 1] for other in others[::9]])
        found = examples.nearest(embedding)
        alike = np.mean([np.corrcoef(blurred(image), blurred(n.pixels))[0, 1] for n in found])
        nearer.append(alike > usual)
    assert np.mean(nearer) > 0.95


def test_neighbours_of_a_crossed_seven_are_crossed(classifier, examples):
    rng = np.random.default_rng(0)
    bars = []
    for variant in ("crossed", "plain"):
        for _ in range(10):
            drawing = picture(pen.draw_digit(7, rng, variant))
            embedding = examples.embed(classifier.predict(drawing, inside=True).inside)
            # The bar's left end: ink to the left of the stem, at half height.
            ink = [n.pixels[12:19, 5:11].max() > 100 for n in examples.nearest(embedding)]
            bars.append(np.mean(ink))
    assert np.mean(bars[:10]) > np.mean(bars[10:]) + 0.3


def test_neighbours_of_non_digits_are_farther_away(classifier, examples, mnist_described):
    def nearest(embedding: np.ndarray) -> float:
        found = examples.nearest(embedding)
        assert len(found) == 8
        return found[0].distance

    rng = np.random.default_rng(1)
    pictures = [picture(non_digits.draw_non_digit(rng)) for _ in range(50)]
    insides = [classifier.predict(one, inside=True).inside for one in pictures]
    drawn = [nearest(examples.embed(inside)) for inside in insides]
    digits = [nearest(embedding) for embedding, _ in mnist_described[:50]]
    assert np.median(drawn) > np.quantile(digits, 0.9)


def test_finds_the_nearest_in_order(examples):
    rng = np.random.default_rng(2)
    for count in (1, 8, 30):
        wanted = examples.embeddings[rng.integers(len(examples.labels))] + 0.1
        found = examples.nearest(wanted, count)
        distances = np.linalg.norm(examples.embeddings - wanted, axis=1)
        assert [n.distance for n in found] == pytest.approx(np.sort(distances)[:count], abs=1e-3)
        assert found[0].label == examples.labels[distances.argmin()]
        assert all(n.pixels.shape == (28, 28) and n.pixels.dtype == np.uint8 for n in found)


def test_images_survive_packing():
    images = np.arange(2 * 28 * 28).reshape(2, 28, 28).astype(np.uint8)
    back = unpack(pack(images))
    assert back.shape == images.shape and back.dtype == np.uint8
    assert np.abs(back.astype(int) - images).max() <= 8
    black_and_white = np.where(images % 2, 255, 0).astype(np.uint8)
    assert np.array_equal(unpack(pack(black_and_white)), black_and_white)


@pytest.mark.parametrize("side", [3, 4, 7, 14])
def test_pooling_keeps_the_place_of_features(side):
    maps = np.zeros((side, side, 2), np.float32)
    maps[0, -1, 1] = 1  # the second map, at the upper right
    pooled = pool(maps).reshape(3, 3, 2)
    assert pooled[0, 2, 1] > 0
    assert pooled.sum() == pytest.approx(pooled[0, 2, 1])
    assert pool(np.stack([maps, maps])).shape == (2, 18)
    assert pool(np.ones((side, side, 2), np.float32)) == pytest.approx(np.ones(18))


def test_a_folder_without_examples_or_with_those_of_another_network_has_none(classifier, tmp_path):
    sha256 = classifier.card.sha256
    assert Examples.load(tmp_path, sha256) is None
    shutil.copy(ROOT / "model" / EXAMPLES, tmp_path)
    assert Examples.load(tmp_path, sha256) is not None
    assert Examples.load(tmp_path, "0" * 64) is None


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2]


def of_other_shapes(data: bytes) -> bytes:
    with np.load(io.BytesIO(data)) as file:
        arrays = dict(file)
    changed = io.BytesIO()
    np.savez(changed, **arrays | {"labels": arrays["labels"][:-1]})
    return changed.getvalue()


@pytest.mark.parametrize("damage", [cut_short, of_other_shapes, lambda _: b""])
def test_damaged_examples_are_ignored_and_logged(classifier, tmp_path, caplog, damage):
    (tmp_path / EXAMPLES).write_bytes(damage((ROOT / "model" / EXAMPLES).read_bytes()))
    assert Examples.load(tmp_path, classifier.card.sha256) is None
    assert "python train.py" in caplog.text


def test_filters_respond_as_in_the_network(classifier, mnist_sample):
    assert len(classifier.card.filters) >= 3
    for image in mnist_sample[0][:10]:
        prediction = classifier.predict(image, inside=True)
        for one in classifier.card.filters:
            found = filter_response(np.array(one.kernel), one.bias, prediction.pixels)
            assert found.shape == (28, 28)
            pooled = found.reshape(14, 2, 14, 2).max(axis=(1, 3))
            own = prediction.inside.blocks[0][..., one.map]
            assert pooled == pytest.approx(own, abs=5e-3)


@needs_tensorflow
@pytest.mark.slow
def test_training_chooses_examples_for_its_network(tmp_path):
    import keras

    from training import examples, network

    keras.utils.set_random_seed(0)
    model = network.small_convnet()
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
    with np.load(SMALL) as small:
        x, y = small["x_train"], small["y_train"]
    model.fit(x[..., None] / 255, y, epochs=4, verbose=0)
    (tmp_path / EXAMPLES).write_bytes(examples.choose(model, b"the network", x, y, seed=3))
    found = Examples.load(tmp_path, hashlib.sha256(b"the network").hexdigest())
    with np.load(tmp_path / EXAMPLES) as file:
        kept = file["images"]
    for packed, label in zip(kept, found.labels, strict=True):
        assert any(np.array_equal(packed, one) for one in pack(x[y == label]))
    for one in examples.filters(model, x):
        assert np.shape(one.kernel) == (5, 5)


@needs_tensorflow
@pytest.mark.slow
def test_the_choice_covers_rare_variants():
    from training.examples import cover

    rng = np.random.default_rng(0)
    common, rare = rng.normal(0, 1, (1000, 2)), [[50, 0], [0, 50]]
    chosen = cover(np.concatenate([common, rare]), 20, rng)
    assert len(set(chosen.tolist())) == 20
    assert {1000, 1001} <= set(chosen.tolist())
    assert cover(common[:5], 20, rng).tolist() == [0, 1, 2, 3, 4]


def test_the_response_to_blank_pixels_is_the_bias():
    assert filter_response(np.ones((5, 5)), -0.5, np.zeros((28, 28), np.uint8)).max() == 0
    found = filter_response(np.eye(3), 0.5, normalize(np.zeros((9, 9), np.uint8)))
    assert found == pytest.approx(np.full((28, 28), 0.5))
