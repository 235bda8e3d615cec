"""Reads handwritten digits. Knows nothing of the page, and imports no TensorFlow."""

from digits.classifier import DigitClassifier, Prediction
from digits.litert import ModelError
from digits.protocol import Classifier
from digits.reading import Reading, Sign

__version__ = "2.0.0"  # and in pyproject.toml
__all__ = [
    "Classifier", "DigitClassifier", "ModelError", "Prediction", "Reading", "Sign", "__version__",
]  # fmt: skip
