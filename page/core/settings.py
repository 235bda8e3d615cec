"""The settings of the page (environment variables), and its model."""

from __future__ import annotations

import os
import sys
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
# Other origins that may embed the page, as in a Content-Security-Policy.
EMBED = os.environ.get("DIGITS_EMBED", "").split()
KIOSK = os.environ.get("DIGITS_KIOSK", "0") != "0"  # nobody is at the desk: see page.kiosk.kiosk
LIVE = os.environ.get("DIGITS_LIVE", "1") != "0"  # answer while the pen moves, not only afterwards
# Time without a touch after which a kiosk starts over.
_SECONDS = os.environ.get("DIGITS_KIOSK_SECONDS", "60")
try:
    KIOSK_SECONDS = float(_SECONDS)
except ValueError:
    sys.exit(f"The setting DIGITS_KIOSK_SECONDS is “{_SECONDS}”. It should be seconds, such as 60.")


@st.cache_resource(show_spinner=False)  # once for all visitors; failures are not cached
def load_classifier() -> Classifier:
    """Return the classifier of the model folder, or of an API if `DIGITS_API` is set."""
    if API:
        from digits.remote import RemoteClassifier

        return RemoteClassifier(API)
    from digits import DigitClassifier

    return DigitClassifier.load(MODEL)


@st.cache_resource(show_spinner=False)
def load_examples() -> Examples | None:
    """Return the training images in the model folder if they belong to its network."""
    from digits.explain.neighbours import Examples

    return Examples.load(MODEL, load_classifier().card.sha256)


def find_classifier() -> tuple[Classifier | None, str]:
    """Return the classifier and "", or None and why it can't be loaded, for visitors."""
    try:
        return load_classifier(), ""
    except Exception as error:
        return None, explain(error)
