"""The stage: the page on a full screen, for an audience; see stage.js."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from page.core.text import _

_stage = st.components.v2.component(
    "digits_stage",
    html='<button type="button" class="stage-button"><svg viewBox="0 0 24 24" aria-hidden="true">'
    '<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" /></svg></button>',
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
    isolate_styles=False,
)


def offer_stage() -> None:
    """A button that fills the screen with the page. The key F does so, too, and `?stage`."""
    _stage(key="stage_button", data={"label": _("Full screen (F)")})
