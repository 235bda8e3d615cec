"""Doors: the buttons below the canvas, and the panel that each opens in place of the answer."""

from __future__ import annotations

from typing import cast

import streamlit as st

from page.core.component import component
from page.core.settings import load_classifier, load_examples
from page.core.text import N_, _
from page.core.visit import Door, visit

DOORS: tuple[Door, ...] = ("", "story", "inside", "fool", "teach")
TITLES: dict[Door, str] = {
    "story": N_("How do you know?"),
    "fool": N_("Can I fool you?"),
    "teach": N_("Teach you"),
}

_script = component(__file__)


def doors() -> Door:
    """Show the doors that this model has, and return the one that is open.

    A presenter's remote (Page Down) opens the story, too.
    """
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
    """Return the door that the visitor opened last, unless it was closed.

    A hidden radio button keeps it in the browser, which restores it after a server restart. It only
    counts then: what the browser sends while a door is being opened still has the old value.
    """
    if visit().door is not None:
        st.session_state.door = visit().door
    kept = st.radio("door", DOORS, key="door", label_visibility="collapsed")
    if visit().door is None:
        visit().door = cast(Door, kept)
    return cast(Door, visit().door)


def open_door(door: Door) -> None:
    """Open a door; "" closes. Only in callbacks, before the page is built."""
    visit().door = door


def close_button(key: str) -> None:
    """Show a button that closes whatever is open."""
    st.button(_("Close"), key=key, on_click=open_door, args=("",))
