"""HTML that changes in place, ten times a second if need be."""

from page.core.component import component

_patched = component(__file__)


def patched_html(html: str, key: str) -> None:
    """Shows HTML like `st.html`, but elements that are still there afterwards are not replaced.

    So bars can move by CSS transitions, and what has the focus keeps it.

    Args:
        html: trusted: nothing in it is filtered.
        key: names the place on the page.
    """
    _patched(data={"html": html}, key=key)
