"""What reads digits, wherever it runs."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from PIL import Image

from digits.classifier import Prediction
from digits.numbers.reader import Reading

Drawing = np.ndarray | Image.Image  # as in `digits.normalize.normalize`


class Classifier(Protocol):
    """The contract of `DigitClassifier`, which `RemoteClassifier` keeps too.

    Any number of threads may share one.

    Raises:
        TypeError, ValueError: what was given is no image; see `digits.normalize.normalize`.
        ModelError: nothing can be read right now. The message says why, and what to do.
    """

    @property
    def card(self) -> dict[str, Any]:
        """What train.py recorded of the model."""

    @property
    def has_inside(self) -> bool:
        """Whether `inside` tells what went on in the network."""

    def predict(self, image: Drawing, inside: bool = False) -> Prediction:
        """Reads one digit."""

    def predict_batch(self, images: Iterable[Drawing]) -> list[Prediction]:
        """Reads one digit on each image, and answers in their order."""

    def read(self, image: Drawing, inside: bool = False) -> Reading:
        """Reads all that is written: one digit, a number, rows of numbers."""
