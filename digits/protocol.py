"""What reads digits, wherever it runs."""

from collections.abc import Iterable
from typing import Any, Protocol

from digits.types import AnyImage, Prediction, Reading, Source


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

    def predict(self, image: AnyImage, inside: bool = False, source: Source = "any") -> Prediction:
        """Classifies one digit."""

    def predict_batch(self, images: Iterable[AnyImage], source: Source = "any") -> list[Prediction]:
        """Classifies one digit in each image, in the order of the images."""

    def read(
        self,
        image: AnyImage,
        inside: bool = False,
        quick: bool = False,
        source: Source = "any",
    ) -> Reading:
        """Reads everything in a picture: one digit, a number, rows of numbers."""
