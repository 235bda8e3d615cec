"""The settings of the page (environment variables), and the model it reads with."""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from page.core.error_boundary import explain

if TYPE_CHECKING:  # at run time it is imported once the canvas is there to draw on
    from digits import Classifier
    from digits.explain.neighbours import Examples

# The tests point DIGITS_MODEL at a copy of the model that they have damaged.
MODEL = Path(os.environ.get("DIGITS_MODEL", Path(__file__).parents[2] / "model"))
API = os.environ.get("DIGITS_API")  # the address of an API to use instead of the model
TALLY = os.environ.get("DIGITS_TALLY")  # a file that counts right answers: page.tally.counts
# Who else may show the page in a frame: origins, as in a Content-Security-Policy.
EMBED = os.environ.get("DIGITS_EMBED", "").split()
KIOSK = os.environ.get("DIGITS_KIOSK", "0") != "0"  # nobody is at the desk: see page.kiosk.kiosk
LIVE = os.environ.get("DIGITS_LIVE", "1") != "0"  # answer while the pen moves, not only afterwards


def seconds(name: str, default: float) -> float:
    """Return a number of seconds from the environment; the default if it is malformed."""
    text = os.environ.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if value > 0 and math.isfinite(value):
        return value
    logging.warning("%s is “%s”, no number of seconds: %g are taken.", name, text, default)
    return default


KIOSK_SECONDS = seconds("DIGITS_KIOSK_SECONDS", 60)  # without a touch, until it starts over


@st.cache_resource(show_spinner=False)  # once for all visitors; a failure is not kept
def load_classifier() -> Classifier:
    """Return the classifier of the model folder, or of an API if `DIGITS_API` is set."""
    classifier: Classifier
    if API:
        from digits.remote import RemoteClassifier

        classifier = RemoteClassifier(API)
    else:
        from digits import DigitClassifier

        classifier = DigitClassifier.load(MODEL)
    return classifier


@st.cache_resource(show_spinner=False)
def load_examples(network: str) -> Examples | None:
    """Return the training images in the model folder if they belong to this network (SHA-256)."""
    from digits.explain.neighbours import Examples

    return Examples.load(MODEL, network)


def find_classifier() -> tuple[Classifier | None, str]:
    """Return the classifier and "", or None and why it can't be loaded, for visitors."""
    try:
        return load_classifier(), ""
    except Exception as error:
        return None, explain(error)
