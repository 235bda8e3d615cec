"""The menu that changes the language of the page."""

from __future__ import annotations

import json

import streamlit as st

from page.core.component import component
from page.core.text import LANGUAGES, RIGHT_TO_LEFT, _, language, set_language

_menu = component(__file__)


def language_menu() -> None:
    """Show the menu, and set the language of the document in the browser."""
    chosen = _menu(
        key="language_switch",
        data={
            "label": _("Language"),
            "language": language(),
            "direction": "rtl" if language() in RIGHT_TO_LEFT else "ltr",
            "languages": json.dumps(LANGUAGES),
        },
        on_chosen_change=lambda: None,
    ).chosen
    if chosen in LANGUAGES and chosen != language():
        set_language(chosen)
        st.rerun()
