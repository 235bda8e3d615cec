"""Tells visitors when the connection to the server is lost, and reruns the page when it is back."""

from __future__ import annotations

from html import escape

from page.core.component import component
from page.core.text import N_, _

GONE = N_("I’ve lost my connection. It will come back by itself.")


def gone_html(kind: str) -> str:
    """Return an empty line; connection.js fills it while the connection is gone."""
    return f'<p class="{kind}" role="status" data-gone="{escape(_(GONE))}"></p>'


_connection = component(__file__)


def watch_connection() -> None:
    """Mount connection.js, outside of any fragment: it reruns the whole page."""
    _connection(key="script_connection", data={"gone": _(GONE)}, on_back_change=lambda: None)
