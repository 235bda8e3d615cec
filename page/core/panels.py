"""The panels that open in place of the answer, and the buttons below the canvas that open them."""

from __future__ import annotations

from typing import cast

import streamlit as st

from page.core.component import component
from page.core.settings import load_classifier, load_examples
from page.core.text import N_, _
from page.core.visit import Panel, visit

PANELS: tuple[Panel, ...] = ("", "story", "inside", "fool", "teach")
TITLES: dict[Panel, str] = {  # of the panels that have a button
    "story": N_("How do you know?"),
    "fool": N_("Can I fool you?"),
    "teach": N_("Teach you"),
}

_script = component(__file__)


def panel_buttons() -> Panel:
    """Show a button for each panel that this model supports, and return the panel that is open.

    A presenter's remote (Page Down) opens the story, too.
    """
    possible = possible_panels()
    opened = opened_panel()
    for panel, title in TITLES.items():
        if panel in possible:
            st.button(
                _(title),
                key=f"open_{panel}",
                # Constant, because a new type would replace the button and lose the focus.
                type="primary" if panel == "story" else "secondary",
                on_click=open_panel,
                args=("" if panel == opened else panel,),
            )
    _script(key="script_panels", data={"opened": opened}, on_close_change=lambda: open_panel(""))
    return opened if opened in possible else ""


def possible_panels() -> set[Panel]:
    """Return the panels that this model supports: some need its inside, teaching its examples."""
    classifier = load_classifier()
    if not classifier.has_inside:
        return {"fool"}
    if not load_examples():
        return {"story", "inside", "fool"}
    return {"story", "inside", "fool", "teach"}


def opened_panel() -> Panel:
    """Return the panel that the visitor opened last, unless it was closed.

    A hidden radio button keeps it in the browser, which restores it after a server restart.
    Otherwise its value is ignored: while a panel is being opened, the browser sends the old one.
    """
    state = visit()
    if state.panel is not None:
        st.session_state.open_panel = state.panel
    restored = st.radio("panel", PANELS, key="open_panel", label_visibility="collapsed")
    if state.panel is None:
        state.panel = cast(Panel, restored)
    return state.panel


def open_panel(panel: Panel) -> None:
    """Open a panel, or close it with "". Call this in callbacks, before the page is built."""
    visit().panel = panel


def close_button(key: str) -> None:
    """Show a button that closes the open panel."""
    st.button(_("Close"), key=key, on_click=open_panel, args=("",))
