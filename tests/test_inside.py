import numpy as np
import pytest

from digits.inside import class_activation_map


def test_the_map_is_what_the_network_adds_up():
    rng = np.random.default_rng(0)
    features, weights = rng.random((7, 7, 5)), rng.normal(size=(5, 11))
    for output in (0, 10):
        found = class_activation_map(features, weights, output)
        assert found.shape == (7, 7)
        pooled = features.mean(axis=(0, 1)) @ weights
        assert found.mean() == pytest.approx(pooled[output], abs=1e-5)


def test_the_map_is_large_where_what_counts_is():
    features = np.zeros((7, 7, 3))
    features[2, 5, 1] = 1
    features[6, 0, 2] = 1
    weights = np.array([[0.0, 0], [2, 0], [-1, 3]])
    found = class_activation_map(features, weights, 0)
    assert np.unravel_index(found.argmax(), found.shape) == (2, 5)
    assert np.unravel_index(found.argmin(), found.shape) == (6, 0)
    assert class_activation_map(features, weights, 1).argmax() == 6 * 7
