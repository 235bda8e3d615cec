"""Errors as problem details (RFC 9457): a sentence that says what is wrong and what to do."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from digits import ModelError

MEDIA_TYPE = "application/problem+json"
# A server that rejects a request while its body is still arriving would otherwise read the rest.
CLOSE = {"Connection": "close"}
SENTENCES = {
    404: "There is nothing at this address. See /docs for the addresses.",
    405: "This address does not support this method. See /docs for the methods.",
    500: "Something went wrong on the server. Please report what you sent.",
}
# Leaves out file names, which are in the log.
NO_MODEL = "The model can't be used at the moment. The server's log says why. Try again later."


def problem(status: int, detail: str) -> dict[str, Any]:
    """Return a `schemas.Problem` as a dict."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response whose body is a `schemas.Problem`."""
    return Response(to_json(problem(status, detail)), status, headers, MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of an endpoint for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


async def on_http_exception(request: Request, error: HTTPException) -> Response:
    """Answer with the sentence of `SENTENCES`, or that of the error."""
    detail = SENTENCES.get(error.status_code, error.detail)
    return problem_response(error.status_code, detail, error.headers)


async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
    """Answer with 422 and the first of the errors."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the body"
    return problem_response(422, f"At {where}: {first['msg']}. See /docs for the format.")


async def on_disconnect(request: Request, error: ClientDisconnect) -> Response:
    """End a request whose client is gone."""
    return problem_response(400, "The request was cut off.")


async def on_model_error(request: Request, error: ModelError) -> Response:
    """Answer with 503; the reason goes to the log."""
    logging.error("%s", error)
    return problem_response(503, NO_MODEL, {"Retry-After": "30"})


async def on_exception(request: Request, error: Exception) -> Response:
    """Answer with 500; Starlette logs the traceback."""
    return problem_response(500, SENTENCES[500])


HANDLERS: dict[Any, Any] = {
    HTTPException: on_http_exception,
    RequestValidationError: on_validation_error,
    ClientDisconnect: on_disconnect,
    ModelError: on_model_error,
    Exception: on_exception,
}
