"""What the page does while it has no connection to the server, and when it has one again."""

from __future__ import annotations

from html import escape

from page.core.component import component
from page.core.text import N_, _

GONE = N_("I’ve lost my connection. It will come back by itself.")


def gone_html(kind: str) -> str:
    """An empty line, in which the words appear when the connection is gone."""
    return f'<p class="{kind}" role="status" data-gone="{escape(_(GONE))}"></p>'


_connection = component(__file__)


def watch_connection() -> None:
    """Has the browser watch the connection. Outside of any fragment: all is to be run again."""
    _connection(key="connection", data={"gone": _(GONE)}, on_back_change=lambda: None)
