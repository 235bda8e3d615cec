"""The weights between a network and what fine-tuning made of it, on made-up data."""

import numpy as np
import pytest

from tests.helpers.packages import needs_tensorflow

pytestmark = [pytest.mark.slow, needs_tensorflow]


def sure_of(digit):
    """A network without blocks that believes in one digit, whatever it sees."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(11, activation="softmax"),
        ]
    )
    weights, bias = (np.zeros(one.shape) for one in model.get_weights())
    bias[digit] = 4
    model.set_weights([weights, bias])
    return model


def mixed(before, after, labels, parts):
    import train

    x = np.zeros((len(labels), 28, 28, 1), np.float32)
    return train.mix(before, after, x[:500], x, np.array(labels), np.array(parts))


def test_the_kinds_of_held_out_digits_count_alike():
    """Half and half is best, though of the one kind there are nine times as many."""
    before, after = sure_of(1), sure_of(7)
    model, told = mixed(before, after, [1] * 900 + [7] * 100, [900])
    assert told["share"] == 0.5
    assert np.argmax(model.get_weights()[1]) in (1, 7)
    assert model.get_weights()[1][[1, 7]] == pytest.approx([2, 2])
    assert np.shape(list(told["losses"].values())) == (4, 2)
    assert before.get_weights()[1][7] == 0 and after.get_weights()[1][1] == 0, "neither is changed"


@pytest.mark.parametrize(("label", "share"), [(1, 0.25), (7, 1.0)])
def test_the_share_follows_the_held_out_digits(label, share):
    model, told = mixed(sure_of(1), sure_of(7), [label] * 40, [20])
    assert told["share"] == share
    assert model.get_weights()[1][7] == pytest.approx(4 * share)


def test_of_equal_shares_the_fine_tuned_network_wins():
    assert mixed(sure_of(3), sure_of(3), [3] * 10, [5])[1]["share"] == 1


def test_a_kind_without_digits_does_not_count():
    assert mixed(sure_of(1), sure_of(7), [1] * 20, [20])[1]["share"] == 0.25


def test_statistics_are_those_of_the_images_in_every_block():
    import keras

    from training import network

    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    before, after = network.small_convnet(), network.small_convnet()
    images = rng.random((300, 28, 28, 1), np.float32)
    model = network.interpolated(before, after, 0.5)
    network.renew_statistics(model, images)
    normal = [one for one in model.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert len(normal) == 4
    for layer in normal:
        out = keras.Model(model.inputs, layer.output).predict(images, verbose=0)
        assert np.abs(out.mean(axis=(0, 1, 2))).max() < 1e-2
        variance = keras.ops.convert_to_numpy(layer.moving_variance)
        expected = variance / (variance + layer.epsilon)
        assert out.var(axis=(0, 1, 2)) == pytest.approx(expected, rel=0.01)
