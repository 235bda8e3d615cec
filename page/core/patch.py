"""HTML that changes in place, up to ten times a second."""

from page.core.component import component

_patched = component(__file__)


def patched_html(html: str, key: str) -> None:
    """Show HTML like `st.html`, but keep the elements that are in the new HTML, too.

    CSS transitions then move the bars, and the focus stays where it is.

    Args:
        html: trusted HTML. Nothing is filtered.
        key: of the component.
    """
    _patched(data={"html": html}, key=key)
