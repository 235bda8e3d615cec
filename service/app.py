"""Creates the API's application from its parts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Receive, Scope, Send

from digits import Classifier, DigitClassifier
from service.inference import Inference
from service.limits import LimitBodies
from service.problems import HANDLERS
from service.routes import router
from service.settings import Settings, settings_or_exit


class HeadAsGet:
    """ASGI middleware that allows HEAD wherever GET is allowed (RFC 9110, 9.1).

    The server leaves out the body.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, send)


def create_app(
    settings: Settings | None = None, load: Callable[[Path], Classifier] = DigitClassifier.load
) -> FastAPI:
    """Create the application. Its threads start and stop with the server.

    Args:
        settings: by default those in the environment.
        load: loads a model from its folder.
    """
    settings = settings or settings_or_exit(Settings)
    inference = Inference(settings, load)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        inference.start()
        yield
        await asyncio.to_thread(inference.stop)

    app = FastAPIOffline(
        title="Draw a digit",
        description="Reads handwritten digits and numbers, and reports what is not a digit.",
        version="1",
        lifespan=lifespan,
        exception_handlers=HANDLERS,
    )
    app.state.inference = inference
    app.include_router(router)
    app.add_middleware(
        LimitBodies,
        max_body=settings.max_body,
        max_process_bytes=settings.max_process_bytes,
        max_wait=settings.body_seconds,
    )
    app.add_middleware(HeadAsGet)
    if settings.cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
        )
    return app
