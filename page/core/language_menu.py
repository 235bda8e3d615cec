"""The page's language in the browser, and the switch that changes it."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from page.core.text import LANGUAGES, RIGHT_TO_LEFT, _, language, speak

_switch = st.components.v2.component(
    "digits_language",
    html='<label class="language"><span></span> <select></select></label>',
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
    isolate_styles=False,
)


def switch_language() -> None:
    """Tells the browser the page's language, and shows the list to choose another one from."""
    chosen = _switch(
        key="language_switch",
        data={
            "label": _("Language"),
            "language": language(),
            "direction": "rtl" if language() in RIGHT_TO_LEFT else "ltr",
            "languages": json.dumps(LANGUAGES),  # text: for a list, Streamlit loads pandas
        },
        on_chosen_change=lambda: None,
    ).chosen
    if chosen in LANGUAGES and chosen != language():
        speak(chosen)
        st.rerun()
