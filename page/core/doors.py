"""Doors: the buttons below the canvas, and the panel that each opens in place of the answer."""

from __future__ import annotations

from typing import Literal, cast

import streamlit as st

from page.core.component import component
from page.core.settings import load_classifier, load_examples
from page.core.text import N_, _

# "": none is open; the answer is shown. "inside" has no button: the story leads to it.
Door = Literal["", "story", "inside", "fool", "teach"]
DOORS: tuple[Door, ...] = ("", "story", "inside", "fool", "teach")
TITLES: dict[Door, str] = {
    "story": N_("How do you know?"),
    "fool": N_("Can I fool you?"),
    "teach": N_("Teach you"),
}

_script = component(__file__)


def doors() -> Door:
    """Show the doors that this model has, and return the one that is open.

    A hidden radio button stores the open panel, so that the browser restores it after a server
    restart. A presenter's remote (Page Down) opens the story, too.
    """
    st.radio("door", DOORS, key="door", label_visibility="collapsed")
    possible = possible_doors()
    opened = opened_door()
    for door, title in TITLES.items():
        if door in possible:
            st.button(
                _(title),
                key=f"ask_{door}",
                # Constant, because a new type would replace the button and lose the focus.
                type="primary" if door == "story" else "secondary",
                on_click=open_door,
                args=("" if door == opened else door,),
            )
    _script(key="script_doors")
    return opened if opened in possible else ""


def possible_doors() -> set[Door]:
    """The doors that this model has: explaining needs its inside, teaching its examples as well."""
    classifier = load_classifier()
    if not classifier.has_inside:
        return {"fool"}
    if not load_examples(classifier.card.sha256):
        return {"story", "inside", "fool"}
    return {"story", "inside", "fool", "teach"}


def opened_door() -> Door:
    """The door that the visitor opened last, unless it was closed."""
    return cast(Door, st.session_state.get("door", ""))


def open_door(door: Door) -> None:
    """Open a door; "" closes. Only in callbacks: Streamlit forbids setting a shown widget."""
    st.session_state.door = door


def close_button(key: str) -> None:
    """Show a button that closes whatever is open."""
    st.button(_("Close"), key=key, on_click=open_door, args=("",))
