"""Rejects data that has the right form but cannot be a set of handwritten digits to learn from."""

from pathlib import Path

import numpy as np

from training.data import DataError, Mnist

MIN_IMAGES = 200  # to train on; with fewer nothing is learned
MIN_OF_EACH = 5  # training images of each digit
CHECKED = 1000  # images that a linear classifier reads
# Accuracy of that classifier: chance is 0.1, and it reads MNIST at 0.8.
CHANCE, READABLE = 0.15, 0.5
PRACTICE = Path(__file__).with_name("practice.npz")  # 6,000 images of MNIST


def check_plausible(mnist: Mnist) -> None:
    """Checks that images and labels can be those of handwritten digits.

    Raises:
        DataError: there are too few, a digit is missing, the images hold no shades, or they are
            turned or mirrored, or don't match their labels.
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
    """Reads the images in eight orientations with a linear classifier trained on MNIST."""
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
    weights = _linear_classifier()
    accuracy = {
        name: float(np.mean(_classify(weights, images) == y))
        for name, images in orientations.items()
    }
    best = max(accuracy, key=lambda name: accuracy[name])
    if best and accuracy[best] > READABLE > accuracy[""]:
        raise _rejected(mnist, f"its images are {best}")
    if accuracy[best] < CHANCE:
        raise _rejected(mnist, "its labels don't belong to its images. Check their order")


def _linear_classifier() -> np.ndarray:
    """Least squares from pixels to digits, with a little ridge: float (785, 10)."""
    with np.load(PRACTICE) as practice:
        x, y = _features(practice["x_train"]), practice["y_train"]
    return np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ np.eye(10)[y])


def _classify(weights: np.ndarray, images: np.ndarray) -> np.ndarray:
    return (_features(images) @ weights).argmax(axis=1)


def _features(images: np.ndarray) -> np.ndarray:
    flat = images.reshape(len(images), -1).astype(np.float32) / 255
    return np.concatenate([flat, np.ones((len(flat), 1), np.float32)], axis=1)


def _rejected(mnist: Mnist, reason: str) -> DataError:
    return DataError(f"“{mnist.source}” can't be used: {reason}.")
