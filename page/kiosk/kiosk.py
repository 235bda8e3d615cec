"""Kiosk mode: a page that is left alone starts over, and draws until somebody touches it."""

from __future__ import annotations

import streamlit as st

from page.core.component import component
from page.core.settings import KIOSK, KIOSK_SECONDS
from page.core.text import _
from page.core.visit import visit

WARNING = 10  # seconds before it starts over, in which it asks whether anybody is there

_kiosk = component(__file__)


def is_kiosk() -> bool:
    """Whether this visit is in kiosk mode. Remembers it when the address changes."""
    if (asked := st.query_params.get("kiosk")) is not None:
        visit().kiosk = asked != "0"
    return KIOSK if visit().kiosk is None else visit().kiosk


def enable_kiosk() -> None:
    """Mount the script of kiosk mode if this visit is in kiosk mode."""
    if is_kiosk():
        data = {
            "seconds": KIOSK_SECONDS,
            "warning": min(WARNING, KIOSK_SECONDS / 2),
            "touch": _("Touch the sheet and draw a digit!"),
            "there": _("Are you still there? Touch the screen, or I’ll start over."),
        }
        _kiosk(key="script_kiosk", data=data)
