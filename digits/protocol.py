"""The interface of classifiers, in this process or behind the API."""

from typing import Protocol

from digits.card import Card
from digits.types import AnyImage, Prediction, Reading, Source


class Classifier(Protocol):
    """The interface that `DigitClassifier` and `RemoteClassifier` share.

    Any number of threads may share an instance.

    Raises:
        TypeError, ValueError: not an image; see `digits.ink.find_ink`.
        ModelError: nothing can be read right now. The message contains the reason and the remedy.
    """

    @property
    def card(self) -> Card:
        """The model card."""

    @property
    def has_inside(self) -> bool:
        """Whether `inside` returns the activations of the network."""

    def predict(self, image: AnyImage, inside: bool = False, source: Source = "any") -> Prediction:
        """Classify one digit."""

    def read(
        self,
        image: AnyImage,
        inside: bool = False,
        quick: bool = False,
        source: Source = "any",
    ) -> Reading:
        """Read everything in a picture: one digit, a number, rows of numbers."""
