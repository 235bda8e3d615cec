"""The look of the pages: the style sheets of all features, and the colours they share."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from page.core.first_page import blocked_html, preload_html

PAGE = Path(__file__).parents[1]
# The order matters: of two equally specific rules, the later one wins. The canvas has its own.
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
# With these headers Streamlit would send a compressed page, or none (304 Not Modified).
NOT_FORWARDED = (b"accept-encoding", b"if-none-match", b"if-modified-since")


class Style:
    """Middleware that adds the style sheets to the HTML page, so that its first paint has them.

    `st.html` would send them with the first run, after Streamlit has shown its own layout. They
    are in the body, because Streamlit adds rules of its own to the head, and later ones win.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the style sheets to the HTML page that a browser requests."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if scope.get("method") != "GET" or "text/html" not in headers.get("accept", ""):
            await self._app(scope, receive, send)
            return
        start: Message | None = None  # of an HTML page, held back until all of it is here
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
            page_headers = MutableHeaders(scope=start)
            page_headers["content-length"] = str(len(page))
            del page_headers["etag"]  # of the unchanged page
            del page_headers["last-modified"]
            await send(start)
            await send({"type": "http.response.body", "body": page})

        plain = [(name, value) for name, value in scope["headers"] if name not in NOT_FORWARDED]
        await self._app({**scope, "headers": plain}, receive, send_with_style)


def is_html(message: Message) -> bool:
    """Whether the start of a response announces an HTML page."""
    return Headers(scope=message).get("content-type", "").startswith("text/html")


def style_html() -> str:
    """Return all style sheets as one element."""
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
