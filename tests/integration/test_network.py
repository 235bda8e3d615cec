"""Compares the networks' custom layers and sampling with those of Keras."""

import numpy as np
import pytest

from tests.helpers.packages import needs_tensorflow

pytestmark = [pytest.mark.slow, needs_tensorflow]


@pytest.fixture
def images():
    return np.random.default_rng(1).random((40, 28, 28, 1), np.float32)


def test_the_fused_normalization_learns_like_that_of_keras():
    """Test the layer alone: after pooling and ReLU, a rounding error can redirect a gradient."""
    import keras
    import tensorflow as tf

    from training import network

    rng = np.random.default_rng(1)
    shape = (40, 14, 14, 8)
    x = tf.constant(rng.normal(rng.normal(0, 3, 8), 2, shape), tf.float32)
    weight = tf.constant(rng.normal(0, 1, shape), tf.float32)
    results = []
    for kind in (network.FusedBatchNormalization, keras.layers.BatchNormalization):
        layer = kind(momentum=0.9)
        layer.build(shape)
        layer.gamma.assign(np.linspace(0.5, 2, 8))
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=True)
            loss = tf.reduce_sum(weight * outputs)
        gradients = tape.gradient(loss, [x, *layer.trainable_variables])
        results.append([outputs, *gradients, *layer.get_weights(), layer(x)])
    for one, other in zip(*results, strict=True):
        assert np.array(one) == pytest.approx(np.array(other), rel=1e-3, abs=1e-4)


def test_the_plain_network_equals_the_fused_one(images):
    import keras

    from training import network

    keras.utils.set_random_seed(1)
    fused = network.small_convnet()
    plain = network.plain(fused)
    assert not any(isinstance(layer, network.FusedBatchNormalization) for layer in plain.layers)
    for model in (fused, plain):
        model(images, training=True)
    for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5), "statistics, too"
    assert fused.predict(images, verbose=0) == pytest.approx(
        plain.predict(images, verbose=0), abs=1e-4
    )


def test_sampling_interpolates_like_keras():
    import keras

    from training.augmentation import sampled

    rng = np.random.default_rng(1)
    images = rng.random((5, 20, 24)).astype(np.float32)
    y = rng.uniform(-4, 24, images.shape).astype(np.float32)
    x = rng.uniform(-4, 28, images.shape).astype(np.float32)
    indices = np.broadcast_to(np.arange(5, dtype=np.float32)[:, None, None], images.shape)
    expected = keras.ops.image.map_coordinates(
        images, np.stack([indices, y, x]), order=1, fill_mode="constant"
    )
    assert np.array(sampled(images, y, x)) == pytest.approx(np.array(expected), abs=1e-5)


def test_a_finished_training_of_the_layout_network_trains_no_further(
    writer, tmp_path, capsys, monkeypatch
):
    """The same command continues with the steps after the training."""
    from training import layout
    from training.pages import write_pages

    monkeypatch.setattr(layout, "BATCH_SIZE", 2)
    pages = write_pages([writer], layout.BATCH_SIZE, seed=1)
    (tmp_path / "pages").mkdir()
    np.savez(tmp_path / "pages" / "pages-000000.npz", *pages)
    first, second = (layout.fit(tmp_path / "pages", pages, 1, 2, tmp_path) for _ in range(2))
    assert capsys.readouterr().out.count("step 2 of 2") == 1
    kernels = zip(first.get_weights(), second.get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in kernels)
