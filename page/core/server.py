"""ASGI middleware around Streamlit, and the preparation of the server.

The middleware limits who may connect, how much is uploaded, and who may embed the page.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util, config
from streamlit.runtime import get_instance
from streamlit.web.server.server_util import get_display_address, get_url

from page.core.hosts import IN_CONTAINER, bracketed, is_address, is_private, parse_url
from page.core.settings import EMBED
from page.core.style import is_html

XSRF_COOKIE = "_streamlit_xsrf="
UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")
POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1
MAX_DESCRIPTORS = 8192  # Streamlit holds three for each visit until two minutes after it


class OwnPages:
    """Middleware that lets only pages of this server open its WebSocket.

    Streamlit accepts pages from any port of this computer, and any host name: a web site could make
    its own name resolve to this computer (DNS rebinding).
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection before it is open (HTTP 403) if another page asks for it."""
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            host, origin = headers.get("host", ""), headers.get("origin")
            if not is_own_host(host) or not is_own_origin(origin, host):
                logging.warning(
                    "Refused a visit of %s from %s. If the page is meant to be at that address, "
                    "start it with --browser.serverAddress=<name>.",
                    *(host, origin),
                )
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return
        await self._app(scope, receive, send)


def is_own_host(host: str) -> bool:
    """Whether the page may be at this address, `name:port`.

    Any IP address and any local name is accepted. A public name must be set, because its owner
    decides where it resolves to. A container can't know its names: it accepts all until one is set.
    """
    if config.get_option("server.allowedHosts"):
        return True  # Streamlit checks it
    name = parse_url(f"//{host}").hostname or ""
    public = _public_name()
    return (
        is_address(name) or is_private(name) or (IN_CONTAINER if public is None else name == public)
    )


def is_own_origin(origin: str | None, host: str) -> bool:
    """Whether a page with this origin may connect; None: the client is not a browser."""
    if origin is None or not config.get_option("server.enableCORS"):
        return True
    page = parse_url(origin)
    return (
        page.netloc == host
        or origin in config.get_option("server.corsAllowedOrigins")
        or (page.hostname or "") == _public_name()
    )


def _public_name() -> str | None:
    is_set = config.is_manually_set("browser.serverAddress")
    return config.get_option("browser.serverAddress") if is_set else None


class OwnAddresses:
    """Middleware that redirects addresses below the pages, like /a/b, to the first page.

    Streamlit serves the HTML page at every unknown address, but there its relative links to scripts
    are wrong, and it would stay empty.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect (HTTP 307), relatively because of proxies, instead of sending the page."""
        base = "/" + config.get_option("server.baseUrlPath").strip("/")
        below = scope.get("path", "").removeprefix(base).strip("/").count("/")
        redirected = False

        async def send_page(message: Message) -> None:
            nonlocal redirected
            if below and message["type"] == "http.response.start" and is_html(message):
                redirected = True
                await RedirectResponse("../" * below)(scope, receive, send)
            elif not redirected:
                await send(message)

        await self._app(scope, receive, send_page)


class OneUpload:
    """Middleware that keeps one uploaded file per visit, and receives one at a time."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._receiving: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Drop the visit's previous upload; refuse concurrent ones (HTTP 429)."""
        put = scope["type"] == "http" and scope["method"] == "PUT"
        upload = UPLOAD.search(scope["path"]) if put else None
        if not upload:
            await self._app(scope, receive, send)
            return
        visit = upload[1]
        if visit in self._receiving:
            refusal = PlainTextResponse("Send one file at a time.", 429)
            await refusal(scope, receive, send)
            return
        self._receiving.add(visit)
        try:
            get_instance().uploaded_file_mgr.remove_session_files(visit)
            await self._app(scope, receive, send)
        finally:
            self._receiving.discard(visit)


class Frames:
    """Middleware that lets only this server and the origins in DIGITS_EMBED embed the page."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._policy = " ".join(("frame-ancestors 'self'", *EMBED))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the policy to each response."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                if EMBED:
                    _partition_cookies(headers)
            await send(message)

        await self._app(scope, receive, send_with_policy)


def _partition_cookies(headers: MutableHeaders) -> None:
    """Partition the XSRF cookie by embedding site (CHIPS).

    Browsers that block third-party cookies accept partitioned ones.
    """
    cookies = headers.getlist("set-cookie")
    if any(cookie.startswith(XSRF_COOKIE) for cookie in cookies):
        del headers["set-cookie"]
        for cookie in cookies:
            is_xsrf = cookie.startswith(XSRF_COOKIE)
            headers.append("set-cookie", f"{cookie}; Partitioned" if is_xsrf else cookie)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Prepare the server, before the first visit."""
    raise_descriptor_limit()
    MultiPartParser.spool_max_size = sys.maxsize  # of uploads: a disk may be full or read-only
    if EMBED:  # else browsers don't send the cookie from a frame, and uploads get 403
        config.set_option("server.xsrfCookieSameSite", "none")
    address = page_address()
    if "[" in address:
        print(f"  In a browser: {address}\n")  # Streamlit printed it without brackets
    if not config.get_option("server.headless"):
        open_browser = cli_util.open_browser
        asyncio.get_running_loop().call_later(0.3, open_browser, address)  # it listens by then
    yield


def raise_descriptor_limit() -> None:
    """Raise the limit of open files and connections: on macOS it is 256, enough for 80 visits."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(MAX_DESCRIPTORS, hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def page_address() -> str:
    """Return the address of the page, for a browser on this machine."""
    address = config.get_option("server.address")
    host = _public_name() or (get_display_address(address) if address else "localhost")
    return get_url(bracketed(host))
