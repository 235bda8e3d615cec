"""What reads digits, wherever it runs."""

from collections.abc import Iterable
from typing import Any, Protocol

from digits.types import AnyImage, Prediction, Reading


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

    def predict(self, image: AnyImage, inside: bool = False) -> Prediction:
        """Reads one digit."""

    def predict_batch(self, images: Iterable[AnyImage]) -> list[Prediction]:
        """Reads one digit on each image, and answers in their order."""

    def read(self, image: AnyImage, inside: bool = False, quick: bool = False) -> Reading:
        """Reads everything in a picture: one digit, a number, rows of numbers."""
