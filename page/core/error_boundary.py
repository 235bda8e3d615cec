"""Error boundary: visitors read a sentence instead of a traceback, which goes to the log."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

from page.core.text import N_, _, with_code

P = ParamSpec("P")
R = TypeVar("R")

SOMETHING_WRONG = N_("Something went wrong. Please load this page again.")


def guarded(show: Callable[P, R]) -> Callable[P, R | None]:
    """Decorate a part of the page: if it fails, an apology replaces it, and the rest stays.

    `apologize` handles errors elsewhere.
    """

    @functools.wraps(show)
    def shown(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return show(*args, **kwargs)
        except Exception as error:  # not BaseException, with which Streamlit stops a run
            apologize(error)
            return None

    return shown


def apologize(error: Exception) -> bool:
    """Show an apology instead of Streamlit's error box: for an error outside of `guarded` parts.

    Returns:
        True, which tells Streamlit that the error is handled.
    """
    st.html(apology_html(explain(error)))
    return True


def explain(error: Exception) -> str:
    """Return what went wrong and what helps, for visitors; log the error itself."""
    digits = sys.modules.get("digits")  # not imported here: the import may be what failed
    if digits and isinstance(error, digits.ModelError):
        logging.error("%s", error, exc_info=error.__cause__)
        return str(error)
    logging.error("The page could not be shown.", exc_info=error)
    if isinstance(error, ImportError):
        return _(
            "A library that I need can’t be loaded. `pip install -r requirements.txt` installs it."
        )
    return _(SOMETHING_WRONG)


def apology_html(trouble: str) -> str:
    """Return HTML that says why there is no answer. `trouble` is text, with code in backticks."""
    return (
        f'<div class="says" role="alert"><p>{_("I can’t read digits right now.")}</p>'
        f'<p class="more">{with_code(trouble)}</p></div>'
    )
