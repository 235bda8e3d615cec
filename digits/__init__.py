"""Reads handwritten digits. Knows nothing of the page, and imports no TensorFlow."""

from digits.classifier import DigitClassifier, ModelError, Prediction

__all__ = ["DigitClassifier", "ModelError", "Prediction"]
