"""Reads handwritten digits. Knows nothing of the page, and imports no TensorFlow."""

from digits.classifier import DigitClassifier, Prediction
from digits.network import ModelError
from digits.numbers.reader import Reading, Symbol
from digits.protocol import Classifier

__version__ = "2.0.0"  # and in pyproject.toml
__all__ = [
    "Classifier", "DigitClassifier", "ModelError", "Prediction", "Reading", "Symbol", "__version__",
]  # fmt: skip
