"""Limits the memory that the bodies of requests take."""

import asyncio
from contextlib import suppress

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import CLOSE, problem_response

# Uvicorn buffers this much of each body in any case before it stops receiving.
SMALL_BODY = 65_536  # bytes
TOO_LARGE = (
    "This request is larger than {:,} bytes. Send fewer or smaller images; a few hundred pixels a "
    "side are plenty."
)
LINGER_SECONDS = 5  # to receive the rest of a refused body
TOO_BUSY = "The server is receiving too many large requests. Try again in a second."


class Budget:
    """A number of bytes that concurrent requests share, first come, first served."""

    def __init__(self, total: int):
        self.total = self._left = total
        self._turn = asyncio.Lock()  # held by the first of those that wait
        self._released = asyncio.Event()

    async def acquire(self, amount: int) -> None:
        """Wait until `amount`, at most the total, is left, and take it."""
        async with self._turn:
            while amount > self._left:
                self._released.clear()
                await self._released.wait()
            self._left -= amount

    def release(self, amount: int) -> None:
        """Give back what `acquire` took."""
        self._left += amount
        self._released.set()


def lingering(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Wrap a connection so that the rest of a refused body is received and discarded.

    If a server closes a connection while its client is still sending, the client, often a proxy,
    may not see the response (RFC 9112, 9.6). Caddy then answers with 502.
    """
    complete = False

    async def receiving() -> Message:
        nonlocal complete
        message = await receive()
        complete = not message.get("more_body")
        return message

    async def sending(message: Message) -> None:
        if message["type"] != "http.response.body" or message.get("more_body") or complete:
            return await send(message)
        await send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not complete:
                    await receiving()
        await send({"type": "http.response.body"})

    return receiving, sending


class LimitBodies:
    """ASGI middleware that limits the bytes of each body and of all bodies together.

    A request whose body does not fit beside the others waits before its body is received. Small
    bodies never wait.

    Args:
        app: the application.
        max_body: bytes of a body; a larger one gets 413, at once if its header announces its size.
        max_process_bytes: bytes of all bodies that are being received or processed.
        max_wait: seconds until a request that waits gets 503.
    """

    def __init__(self, app: ASGIApp, max_body: int, max_process_bytes: int, max_wait: float):
        self.app, self.max_body, self.max_wait = app, max_body, max_wait
        self.budget = Budget(max_process_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        size = self._announced_size(Headers(scope=scope))
        if size > SMALL_BODY:
            receive, send = lingering(receive, send)
        if size > self.max_body:
            response = problem_response(413, TOO_LARGE.format(self.max_body), CLOSE)
            return await response(scope, receive, send)
        if size <= SMALL_BODY:
            return await self.app(scope, self._limited(receive), send)
        size = min(size, self.budget.total)
        try:
            async with asyncio.timeout(self.max_wait):
                await self.budget.acquire(size)
        except TimeoutError:
            response = problem_response(503, TOO_BUSY, {"Retry-After": "1", **CLOSE})
            return await response(scope, receive, send)
        try:
            await self.app(scope, self._limited(receive), send)
        finally:
            self.budget.release(size)

    def _announced_size(self, headers: Headers) -> int:
        """Return the size of the body in bytes; the limit if the client does not announce it."""
        if "transfer-encoding" in headers:
            return self.max_body
        length = headers.get("content-length", "")
        return int(length) if length.isdecimal() else 0

    def _limited(self, receive: Receive) -> Receive:
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_body:
                raise HTTPException(413, TOO_LARGE.format(self.max_body), CLOSE)
            return message

        return limited
