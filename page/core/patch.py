"""HTML that changes in place, up to ten times a second."""

from collections.abc import Callable

import streamlit as st

from page.core.component import component

_patched = component(__file__)


def patched_html(html: str, key: str, on_tap: Callable[[int], None] | None = None) -> None:
    """Show HTML like `st.html`, but keep the elements that the new HTML also has.

    CSS transitions then move the bars, and the focus stays where it is.

    Args:
        html: trusted HTML. Nothing is filtered.
        key: of the component.
        on_tap: called before the next run with the `data-symbol` of the element that was tapped.
    """

    def tapped() -> None:
        if on_tap:
            on_tap(st.session_state[key]["symbol"])

    _patched(data={"html": html}, key=key, on_symbol_change=tapped)
