"""HTML that changes in place, ten times a second if need be."""

from pathlib import Path

import streamlit as st

_patched = st.components.v2.component(
    "digits_patched",
    html='<div class="patched"></div>',
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
    isolate_styles=False,
)


def patched_html(html: str, key: str) -> None:
    """Shows HTML like `st.html`, but elements that are still there afterwards are not replaced.

    So bars can move by CSS transitions, and what has the focus keeps it.

    Args:
        html: trusted: nothing in it is filtered.
        key: names the place on the page.
    """
    _patched(data={"html": html}, key=key)
