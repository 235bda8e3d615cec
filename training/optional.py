"""Checks for the packages that only training needs."""

import importlib.util
import platform
import sys

from numpy._core._multiarray_umath import __cpu_features__ as CPU_FEATURES

NAMES = {"tensorflow": "TensorFlow", "matplotlib": "Matplotlib"}
NO_TENSORFLOW_FROM = (3, 14)  # the first Python that TensorFlow has no wheels for
NO_AVX = (
    "TensorFlow needs a processor with AVX, which this one lacks: train on another computer, and "
    "copy the model folder here."
)


class MissingPackageError(Exception):
    """A package is not installed. The message gives the command that installs it."""


def require(module: str) -> None:
    """Raise an error if a module can't be used.

    Raises:
        MissingPackageError: the sentence of `missing`.
    """
    if sentence := missing(module):
        raise MissingPackageError(sentence)


def missing(module: str) -> str:
    """Return why a module can't be used, and which command adds it.

    Args:
        module: "tensorflow" or "matplotlib".

    Returns:
        One sentence, with the command in backticks; empty if it can be used.
    """
    is_tensorflow = module == "tensorflow"
    if importlib.util.find_spec(module):
        return NO_AVX if is_tensorflow and not has_avx() else ""
    start = f"{NAMES[module]} is not installed"
    if is_tensorflow and sys.version_info >= NO_TENSORFLOW_FROM:
        return (
            f"{start}: there is no TensorFlow for Python {sys.version_info[0]}."
            f"{sys.version_info[1]}, but `uv sync --python 3.13 --extra train` sets up Python 3.13 "
            "with it."
        )
    return f"{start}: run `uv sync --extra train`, or with pip `pip install -r requirements.txt`."


def has_avx() -> bool:
    """Whether the processor has AVX. Without it TensorFlow's x86 wheels abort when imported."""
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return CPU_FEATURES["AVX"] if x86 else True
