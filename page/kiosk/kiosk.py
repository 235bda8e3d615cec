"""Kiosk mode: a page that is left alone starts over, and draws until somebody touches it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from page.core.settings import KIOSK, KIOSK_SECONDS
from page.core.text import _

WARNING = 10  # seconds before it starts over: it asks whether anybody is still there

_kiosk = st.components.v2.component(
    "digits_kiosk",
    html='<p class="kiosk-line" aria-hidden="true" hidden></p>',
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
    isolate_styles=False,
)


def is_kiosk() -> bool:
    """Whether this visit is in kiosk mode. It stays so, whatever becomes of the address."""
    state = st.session_state
    asked = st.query_params.get("kiosk")
    state.kiosk = state.get("kiosk", KIOSK) if asked is None else asked != "0"
    return state.kiosk


def watch_over_the_page() -> None:
    """In kiosk mode, for a visit with `?kiosk` or all but those with `?kiosk=0`: the browser's."""
    if is_kiosk():
        data = {
            "seconds": KIOSK_SECONDS,
            "warning": min(WARNING, KIOSK_SECONDS / 2),
            "touch": _("Touch the sheet and draw a digit!"),
            "there": _("Are you still there? Touch the screen, or I’ll start over."),
        }
        _kiosk(key="kiosk", data=data)
