"""The look of the pages: the style sheets of all features, and the colours they share."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from page.core.first_page import blocked_html, preload_html

PAGE = Path(__file__).parents[1]
# In this order: of two rules that are equally specific, the later one wins. The canvas has its own.
STYLE_SHEETS = (
    "core/base.css",
    "draw/draw.css",
    "draw/answer.css",
    "draw/inside.css",
    "story/stage.css",
    "story/story.css",
    "play/play.css",
    "tally/tally.css",
    "photo/photo.css",
    "learned/learned.css",
    "learned/charts.css",
    "learned/lesson.css",
    "share/share.css",
    "kiosk/kiosk.css",
)
# With these, Streamlit would answer with a compressed page, or that the page has not changed.
NOT_FORWARDED = (b"accept-encoding", b"if-none-match", b"if-modified-since")


class Style:
    """Puts the style sheets into the HTML page, so that the first paint looks like all others.

    `st.html` would send them with the first run, after Streamlit has shown its own layout. They
    are in the body, because Streamlit adds rules of its own to the head, and later ones win.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add them to the HTML page that a browser asks for."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if scope.get("method") != "GET" or "text/html" not in headers.get("accept", ""):
            await self._app(scope, receive, send)
            return
        start: Message | None = None  # of an HTML page, until all of it is here
        page = b""

        async def send_with_style(message: Message) -> None:
            nonlocal start, page
            if message["type"] == "http.response.start" and is_html(message):
                start = message
                return
            if start is None:
                await send(message)
                return
            page += message.get("body", b"")
            if message.get("more_body"):
                return
            page = page.replace(b"</head>", preload_html().encode() + b"</head>", 1)
            body = style_html() + blocked_html(headers.get("accept-language", ""))
            page = page.replace(b"</body>", body.encode() + b"</body>", 1)
            changed = MutableHeaders(scope=start)
            changed["content-length"] = str(len(page))
            del changed["etag"]  # of the page without them
            del changed["last-modified"]
            await send(start)
            await send({"type": "http.response.body", "body": page})

        plain = [(name, value) for name, value in scope["headers"] if name not in NOT_FORWARDED]
        await self._app({**scope, "headers": plain}, receive, send_with_style)


def is_html(message: Message) -> bool:
    """Whether an answer that starts is an HTML page."""
    return Headers(scope=message).get("content-type", "").startswith("text/html")


def style_html() -> str:
    """All style sheets as one element."""
    sheets = [(PAGE / name).read_text("utf-8") for name in STYLE_SHEETS]
    return f"<style>{colours_css()}{''.join(sheets)}</style>"


def colours_css() -> str:
    """Return the accent and the card colour of each theme as custom properties.

    `.streamlit/config.toml` is their only source: Streamlit's buttons use it too.
    """
    lines = [
        f"--{name}-on-{theme}: {config.get_option(f'theme.{theme}.{option}')};"
        for name, option in (("accent", "primaryColor"), ("card", "secondaryBackgroundColor"))
        for theme in ("light", "dark")
    ]
    return ":root {" + "".join(lines) + "}\n"
