"""Rejects data of the right form that can't be handwritten digits."""

import numpy as np

from handwriting import synthetic
from training.data import DataError, Mnist

MIN_IMAGES = 200  # to train on
MIN_OF_EACH = 5  # training images of each digit
CHECKED, DRAWN = 500, 500  # images, and the synthetic digits that they are compared with
# Accuracy of that comparison; it is 0.7 for MNIST:
MIN_READABLE, MIN_MATCHING = 0.5, 0.15


def check_plausible(mnist: Mnist) -> None:
    """Check that images and labels can be those of handwritten digits.

    Raises:
        DataError: there are too few, a digit is missing, the images have only the values 0 and 1,
            are rotated or mirrored, or don't match their labels.
    """
    if mnist.canonical:
        return
    x, y = mnist.x_train, mnist.y_train
    if len(y) < MIN_IMAGES:
        raise _rejected(mnist, f"it has only {len(y)} training images. Pass at least {MIN_IMAGES}")
    counts = np.bincount(y, minlength=10)
    if counts.max() == len(y):
        raise _rejected(mnist, f"all its training labels are {y[0]}. Pass images of all ten digits")
    if counts.min() < MIN_OF_EACH:
        digit = int(counts.argmin())
        raise _rejected(
            mnist,
            f"it has {counts[digit]} training images of the digit {digit}. "
            f"Pass at least {MIN_OF_EACH} of each digit",
        )
    if x.max() <= 1:
        raise _rejected(
            mnist,
            "its images hold only the values 0 and 1, which is black. Multiply them by 255 before "
            "you save them",
        )
    _check_orientation(mnist, x[:CHECKED], y[:CHECKED])


def _check_orientation(mnist: Mnist, x: np.ndarray, y: np.ndarray) -> None:
    """Classify the images, turned and mirrored, by their nearest synthetic digits."""
    orientations = {
        "": x,
        "transposed, as in EMNIST: swap their rows and columns": x.transpose(0, 2, 1),
        "mirrored: flip them left to right": x[:, :, ::-1],
        "upside down: flip them": x[:, ::-1],
        "rotated by 180 degrees: rotate them back": x[:, ::-1, ::-1],
        "rotated by 90 degrees: rotate them back": np.rot90(x, 1, (1, 2)),
        "rotated by -90 degrees: rotate them back": np.rot90(x, -1, (1, 2)),
        "transposed and rotated: undo both": np.rot90(x, 2, (1, 2)).transpose(0, 2, 1),
    }
    rng = np.random.default_rng(0)
    digits = np.arange(DRAWN) % 10
    drawn = _features(np.stack([synthetic.training_image(int(digit), rng) for digit in digits]))
    accuracy = {
        name: float(np.mean(digits[(_features(images) @ drawn.T).argmax(axis=1)] == y))
        for name, images in orientations.items()
    }
    best = max(accuracy, key=lambda name: accuracy[name])
    if best and accuracy[best] > MIN_READABLE > accuracy[""]:
        raise _rejected(mnist, f"its images are {best}")
    if accuracy[best] < MIN_MATCHING:
        raise _rejected(mnist, "its labels don't belong to its images. Check their order")


def _features(images: np.ndarray) -> np.ndarray:
    """Return images of 14 × 14 pixels with mean 0 and norm 1: float32 (n, 196)."""
    small = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4), dtype=np.float32)
    flat = small.reshape(len(images), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True).clip(1e-6)


def _rejected(mnist: Mnist, reason: str) -> DataError:
    return DataError(f"“{mnist.source}” can't be used: {reason}.")
