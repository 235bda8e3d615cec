"""Reads handwritten digits and numbers. Needs neither the page nor TensorFlow."""

from digits.classifier import DigitClassifier
from digits.network import ModelError
from digits.protocol import Classifier
from digits.types import Ink, Prediction, Reading, Symbol

__version__ = "2.0.0"  # keep in step with pyproject.toml
__all__ = [
    "Classifier", "DigitClassifier", "Ink", "ModelError", "Prediction", "Reading", "Symbol",
    "__version__",
]  # fmt: skip
