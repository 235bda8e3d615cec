"""Classifies handwriting over HTTP. Run `uvicorn api:app`, then open /docs there."""

import asyncio
import base64
import binascii
import logging
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore
from time import perf_counter
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from PIL import Image
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digits import DigitClassifier, ModelError, Prediction
from digits.images import MOST_PIXELS, ImageError, ImageTooLarge, data_url, open_image

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
RETRY_AFTER = "1"  # seconds: a queue is worked off within one
HANG_UP = {"Connection": "close"}  # or the server would go on to read what is refused
SENTENCES = {
    404: "There is nothing at this address. See /docs for what there is.",
    405: "This address does not take this method. See /docs for what it takes.",
}


class Settings(BaseSettings):
    """Each can be set by an environment variable: DIGITS_MODEL, DIGITS_THREADS and so on."""

    model_config = SettingsConfigDict(env_prefix="DIGITS_")

    model: Path = Path(__file__).parent / "model"  # the folder that train.py wrote
    threads: int = Field(os.cpu_count() or 1, ge=1)  # that decode and classify
    queue: int = Field(256, ge=0)  # requests that may wait for a thread; more get a 503
    max_body: int = Field(10_000_000, ge=1)  # bytes
    max_pixels: int = Field(MOST_PIXELS, ge=1)  # of an image
    max_images: int = Field(64, ge=1)  # of a request
    body_seconds: float = Field(60, gt=0)  # for a client to send its request
    cors: list[str] = []  # origins of other pages that may call, as JSON: ["https://example.org"]


try:
    settings = Settings()
except (ValidationError, SettingsError) as error:
    sys.exit(f"api.py: a setting can't be used; see README.md for what it may be. {error}")


# What goes in and out


class Images(BaseModel):
    """Images as text."""

    images: list[Annotated[str, Field(json_schema_extra={"format": "image"})]] = Field(
        min_length=1, description="Each a file's bytes as a data URL, or as plain base64."
    )


class Model(BaseModel):
    """Which network answered."""

    network: str
    trained: str
    sha256: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="What was wrong, and what to do.")


class Result(BaseModel):
    """What the network makes of one image."""

    digit: int | None = Field(ge=0, le=9, description="null when blank or unsure")
    verdict: Literal["digit", "unsure", "blank"]
    confidence: float = Field(ge=0, le=1, description="the largest of the probabilities")
    probabilities: list[float] = Field(min_length=10, max_length=10, description="of 0 to 9")
    pixels: str | None = Field(None, description="the 28 × 28 that the network saw, as a data URL")


class Failure(BaseModel):
    """Stands in the place of an image that could not be read."""

    error: Problem


class Answer(BaseModel):
    """The results, in the order in which the images were sent."""

    model: Model
    results: list[Result | Failure]


# A crossed 7, so that one can try the API without having an image at hand
EXAMPLE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACAAAAAgAQMAAABJtOi3AAAABlBMVEX///8AAABVwtN+AAAAU"
    "klEQVR42nXOIQ6DAAAEweFogkWiKD/p15H9AigkEoFoExIqAEdXj1j+Vk2iqUVH6Tm8YyRmcpoFPig20RLdJswuPB04QujF"
    "g2jgReyUvuvtxA8ABBCKOn2kWAAAAABJRU5ErkJggg=="
)
FILE = {"type": "string", "format": "binary"}
REQUEST_BODY = {
    "application/json": {
        "schema": Images.model_json_schema(), "example": {"images": [EXAMPLE]},
    },
    "multipart/form-data": {
        "schema": {
            "type": "object", "required": ["images"],
            "properties": {"images": {"type": "array", "items": FILE, "minItems": 1}},
        },
    },
    **{kind: {"schema": FILE} for kind in IMAGE_TYPES},
}  # fmt: skip

# The work, in threads of its own: decoding and classifying would hold the event loop up

pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="classify")
places = BoundedSemaphore(settings.threads + settings.queue)

images_total = Counter("digits_images", "Images, by what became of them.", ["verdict"])
seconds = Histogram(
    "digits_classify_seconds",
    "From the whole request received to its answer.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)


@cache  # a failure is not kept: a model that has been mended is found
def classifier() -> DigitClassifier:
    """The classifier, once it has read its first digit."""
    loaded = DigitClassifier.load(settings.model)
    one = np.zeros((28, 28), np.uint8)
    one[4:24, 13:15] = 255
    loaded.predict(one)
    return loaded


def read(files: list[bytes | ImageError], pixels: bool) -> list[Result | Failure]:
    """Decodes and classifies; what can't be read becomes a `Failure` in its place."""
    images: list[Image.Image] = []
    failures: dict[int, Failure] = {}
    for place, file in enumerate(files):
        try:
            if isinstance(file, ImageError):
                raise file
            images.append(open_image(file, settings.max_pixels))
        except ImageError as error:
            failures[place] = Failure(error=problem(status_of(error), str(error)))
    predictions = iter(classifier().predict_batch(images))
    results = [
        failures[place] if place in failures else result(next(predictions), pixels)
        for place in range(len(files))
    ]
    for one in results:
        images_total.labels(one.verdict if isinstance(one, Result) else "error").inc()
    return results


def result(prediction: Prediction, pixels: bool) -> Result:
    """A prediction as it is sent."""
    more = {"pixels": data_url(prediction.pixels)} if pixels else {}
    return Result(
        digit=prediction.digit,
        verdict=prediction.verdict,
        confidence=round(prediction.confidence, 6),
        probabilities=[round(share, 6) for share in prediction.probabilities.tolist()],
        **more,
    )


def status_of(error: ImageError) -> HTTPStatus:
    """What an image's error is in HTTP."""
    if isinstance(error, ImageTooLarge):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPStatus.BAD_REQUEST


def problem(status: int, detail: str) -> Problem:
    """A problem with the title that its status has by itself."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)


# The application


@asynccontextmanager
async def lifespan(app: FastAPIOffline) -> AsyncIterator[None]:
    """Loads the model while the server is already up, and finishes what runs before it stops."""
    pool.submit(classifier)
    yield
    await asyncio.to_thread(pool.shutdown)


class LimitBody:
    """Refuses a body that is too large: at once if it says so, else while it streams in."""

    def __init__(self, app: ASGIApp, most: int):
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        received, announced = 0, Headers(scope=scope).get("content-length", "")

        async def counted() -> Message:
            nonlocal received
            too_large = announced.isdecimal() and int(announced) > self.most
            if not too_large:
                message = await receive()
                received += len(message.get("body", b""))
            if too_large or received > self.most:
                raise HTTPException(
                    413,
                    f"This request is larger than {self.most:,} bytes. Send fewer or smaller "
                    "images; a few hundred pixels a side are plenty.",
                    HANG_UP,
                )
            return message

        return await self.app(scope, counted, send)


app = FastAPIOffline(
    title="Draw a digit",
    description="Classifies handwritten digits, and says so when something is none.",
    version="1",
    lifespan=lifespan,
    responses={
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
        }
        for status in (400, 404, 405, 408, 413, 415, 422, 503)
    },
)
app.add_middleware(LimitBody, most=settings.max_body)
if settings.cors:
    app.add_middleware(
        CORSMiddleware, allow_origins=settings.cors, allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
    )  # fmt: skip


@app.post(
    "/v1/classify",
    response_model=Answer,
    response_model_exclude_unset=True,
    openapi_extra={"requestBody": {"required": True, "content": REQUEST_BODY}},
)
async def classify(
    request: Request,
    pixels: Annotated[bool, Query(description="also send what the network saw")] = False,
) -> Any:
    """Classifies one image or many, sent in the form that is at hand: one image as the body, files
    in a form, or JSON with data URLs."""
    try:
        async with asyncio.timeout(settings.body_seconds):
            files = await received_files(request)
    except TimeoutError:
        raise HTTPException(
            408,
            f"The request did not arrive within {settings.body_seconds:g} seconds. Try again.",
            HANG_UP,
        ) from None
    if len(files) > settings.max_images:
        raise too_many_images()
    began = perf_counter()
    results = await in_pool(request, files, pixels)
    seconds.observe(perf_counter() - began)
    if len(results) == 1 and isinstance(results[0], Failure):
        raise HTTPException(results[0].error.status, results[0].error.detail)
    card = classifier().card
    model = Model(network=card["network"], trained=card["trained"], sha256=card["sha256"])
    return Answer(model=model, results=results)


async def received_files(request: Request) -> list[bytes | ImageError]:
    """The images' bytes, from whichever form they came in."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind in IMAGE_TYPES:
        return [await request.body()]
    if kind == "multipart/form-data":
        try:
            async with request.form(max_files=settings.max_images) as form:
                uploads = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
                files = [await upload.read() for upload in uploads]
        except StarletteHTTPException as error:
            if error.detail.startswith("Too many files"):
                raise too_many_images() from None
            raise
        if not files:
            raise HTTPException(400, "This form has no file in it. Send at least one image.")
        return files
    if kind == "application/json":
        return [
            from_base64(text) for text in Images.model_validate_json(await request.body()).images
        ]
    raise HTTPException(
        415,
        f"A body of the type “{kind}” is not read. Send {', '.join(IMAGE_TYPES)}, files as "
        "multipart/form-data, or application/json.",
    )


def too_many_images() -> HTTPException:
    return HTTPException(
        413, f"These are too many images. Send at most {settings.max_images} in one request."
    )


def from_base64(text: str) -> bytes | ImageError:
    """The bytes of a data URL or of plain base64."""
    try:
        return base64.b64decode(
            text.partition(",")[2] if text.startswith("data:") else text, validate=True
        )
    except (binascii.Error, ValueError):
        return ImageError(
            "This is neither a data URL nor base64. Send the image's bytes in base64."
        )


async def in_pool(
    request: Request, files: list[bytes | ImageError], pixels: bool
) -> list[Result | Failure]:
    """Has the pool read the files; drops the work when the client is gone before its turn."""
    if not places.acquire(blocking=False):
        raise HTTPException(
            503,
            "Too many requests are waiting. Try again in a second.",
            {"Retry-After": RETRY_AFTER},
        )
    work = pool.submit(read, files, pixels)
    work.add_done_callback(lambda _: places.release())
    done, gone = asyncio.wrap_future(work), asyncio.ensure_future(client_gone(request))
    try:
        await asyncio.wait((done, gone), return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            raise HTTPException(400, "The client is gone.")  # nobody reads this
        return done.result()
    finally:
        gone.cancel()
        done.cancel()  # waiting still: it will not be begun


async def client_gone(request: Request) -> None:
    """Returns when the client has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


@app.get("/v1/model")
def model_card() -> dict[str, Any]:
    """How the network was trained, and how good it is: all that train.py recorded."""
    return classifier().card


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Answers as long as the server runs."""
    return {"status": "live"}


@app.get("/health/ready")
def ready() -> dict[str, str]:
    """Answers with 200 once a digit has been classified."""
    classifier()
    return {"status": "ready"}


@app.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Counts and times for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


# Errors: each a sentence that says what to do


def problem_response(status: int, detail: str, headers: dict[str, str] | None = None):
    return JSONResponse(
        problem(status, detail).model_dump(), status, headers, "application/problem+json"
    )


@app.exception_handler(StarletteHTTPException)
async def http_problem(request: Request, error: StarletteHTTPException) -> JSONResponse:
    detail = SENTENCES.get(error.status_code, error.detail)
    return problem_response(error.status_code, detail, error.headers)


@app.exception_handler(RequestValidationError)
@app.exception_handler(ValidationError)
async def other_shape(
    request: Request, error: RequestValidationError | ValidationError
) -> JSONResponse:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the body"
    return problem_response(422, f"At {where}: {first['msg']}. See /docs for the shape.")


@app.exception_handler(ModelError)
async def no_model(request: Request, error: ModelError) -> JSONResponse:
    logging.error("%s", error)
    return problem_response(503, str(error), {"Retry-After": "30"})


@app.exception_handler(Exception)
async def our_fault(request: Request, error: Exception) -> JSONResponse:
    return problem_response(500, "Something went wrong here. Please report what you sent.")
