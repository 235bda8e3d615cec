"""Runs an exported network on data sets as the page does, and tests it on MNIST."""

import numpy as np

from digits.calibration import apply_temperature
from digits.card import Misread, Test
from digits.images import data_url
from digits.network import Network
from training.calibration import log_loss
from training.data import Mnist


def outputs(network: bytes, images: np.ndarray) -> np.ndarray:
    """Compute the probabilities of an exported network.

    Args:
        network: from `training.export.export`.
        images: uint8 (n, 28, 28), not empty.

    Returns:
        float32 (n, classes).
    """
    return Network(network).run(images, ["probabilities"])["probabilities"]


def test(network: bytes, mnist: Mnist, temperature: float) -> Test:
    """Classify MNIST's test images; the likeliest digit counts, even if "unsure".

    Args:
        network: from `training.export.export`.
        mnist: only its test images are used.
        temperature: of the confidences.
    """
    labels = mnist.y_test
    predicted = outputs(network, mnist.x_test)
    loss = log_loss(predicted, labels)
    probabilities, _ = apply_temperature(predicted, temperature)
    guesses, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (labels, guesses), 1)
    accuracy = float(np.mean(guesses == labels))
    print(f"Test loss: {loss:.4f}")
    print(f"Test accuracy: {accuracy:.4f}")
    return Test(
        images=len(labels),
        accuracy=accuracy,
        loss=loss,
        digit_accuracy=(confusion.diagonal() / confusion.sum(axis=1).clip(1)).tolist(),
        confusion=confusion.tolist(),
        misread=[
            Misread(
                number=int(i),
                label=int(labels[i]),
                guess=int(guesses[i]),
                confidence=float(confidence[i]),
                pixels=data_url(mnist.x_test[i]),
            )
            for i in np.flatnonzero(guesses != labels)
        ],
    )
