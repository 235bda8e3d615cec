"""Data of the right form that can't be handwritten digits is rejected."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.data import DataError, load_mnist
from training.plausibility import check_plausible

SMALL = Path(__file__).parents[1] / "data" / "mnist_small.npz"


@pytest.fixture(scope="module")
def mnist():
    return load_mnist(SMALL)


def test_digits_are_accepted(mnist):
    check_plausible(mnist)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: {"y_train": np.full_like(m.y_train, 3)}, "all its training labels are 3"),
        (lambda m: {"x_train": m.x_train[:50], "y_train": m.y_train[:50]}, "only 50"),
        (lambda m: {"y_train": np.where(m.y_train == 7, 1, m.y_train)}, "0 training.* digit 7"),
        (lambda m: {"x_train": (m.x_train > 127).astype(np.uint8)}, "0 and 1.* by 255"),
        (lambda m: {"x_train": m.x_train.transpose(0, 2, 1)}, "transposed, as in EMNIST"),
        (lambda m: {"x_train": m.x_train[:, ::-1, ::-1]}, "rotated by 180"),
        (lambda m: {"y_train": (m.y_train + 1) % 10}, "don't belong to its images"),
    ],
    ids=["one label", "few", "a digit missing", "0 and 1", "transposed", "rotated", "shifted"],
)
def test_anything_else_is_rejected(mnist, change, words):
    with pytest.raises(DataError, match=f"mnist_small.npz.*{words}"):
        check_plausible(replace(mnist, **change(mnist)))
