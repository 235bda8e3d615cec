"""A classifier without a network, for tests of what surrounds it."""

import numpy as np

from digits import Prediction, Reading, Symbol
from digits.card import Card, Thresholds


class FakeClassifier:
    """A `digits.Classifier` that predicts the last decimal of an image's width.

    An image without dark pixels is blank, and a square image is unsure.
    """

    has_inside = False

    def __init__(self) -> None:
        self.card = Card(
            "fake", 1.0, Thresholds(), trained="2026-01-01T00:00:00+00:00", sha256="0" * 64
        )

    def predict(self, image, inside: bool = False, source: str = "any") -> Prediction:
        grey = np.asarray(image if isinstance(image, np.ndarray) else image.convert("L"))
        height, width = grey.shape
        pixels = np.zeros((28, 28), np.uint8)
        if grey.min() > 127:
            return Prediction(None, np.full(10, 0.1, np.float32), 0.1, 0.0, "blank", pixels)
        digit = width % 10
        pixels[:, digit] = 255
        probabilities = np.eye(10, dtype=np.float32)[digit]
        if width == height:
            return Prediction(None, probabilities, 1.0, 0.9, "unsure", pixels)
        return Prediction(digit, probabilities, 1.0, 0.0, "digit", pixels)

    def read(
        self, image, inside: bool = False, quick: bool = False, source: str = "any"
    ) -> Reading:
        prediction = self.predict(image)
        if prediction.verdict == "blank":
            return Reading("", [])
        height, width = np.asarray(image).shape[:2]
        label = "?" if prediction.digit is None else str(prediction.digit)
        mask = np.ones((height, width), bool)
        return Reading(label, [Symbol(label, (0, 0, width, height), mask, 0.75, prediction)])
