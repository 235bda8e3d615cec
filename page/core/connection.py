"""Tell visitors when the connection to the server is lost; rerun the page when it is back."""

from __future__ import annotations

from page.core.component import component
from page.core.text import _

_connection = component(__file__)


def watch_connection() -> None:
    """Mount connection.js, outside of any fragment: it reruns the whole page."""
    data = {"gone": _("I’ve lost my connection. It will come back by itself.")}
    _connection(key="script_connection", data=data, on_back_change=lambda: None)
