"""Reads handwritten digits over HTTP. Run `uvicorn api:app`, then open /docs there."""

import asyncio
import hashlib
import logging
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from PIL import Image
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_json
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digits import DigitClassifier, ModelError, Prediction
from digits.images import (
    MOST_PIXELS,
    ImageError,
    ImageTooLarge,
    PixelBudget,
    data_url,
    decode_data_url,
    image_size,
    open_image,
)

IMAGE_TYPES = (
    "image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/heic", "image/avif",
)  # fmt: skip
# Other names of these, and what clients send that know none: the content of the file decides.
OTHER_TYPES = (
    "image/jpg", "image/pjpeg", "image/x-png", "image/x-bmp", "image/x-ms-bmp", "image/heif",
    "application/octet-stream", "application/x-www-form-urlencoded", "",
)  # fmt: skip
HANG_UP = {"Connection": "close"}  # or the server would go on reading a body that is refused
SENTENCES = {
    404: "There is nothing at this address. See /docs for what there is.",
    405: "This address does not take this method. See /docs for what it takes.",
    500: "Something went wrong here. Please report what you sent.",
}


class Settings(BaseSettings):
    """Each can be set by an environment variable: DIGITS_MODEL, DIGITS_THREADS and so on."""

    model_config = SettingsConfigDict(env_prefix="DIGITS_")

    model: Path = Path(__file__).parent / "model"  # the folder that train.py wrote
    threads: int = Field(os.cpu_count() or 1, ge=1)  # that decode and read
    queue: int = Field(256, ge=0)  # requests that may wait for a thread; more get a 503
    max_body: int = Field(10_000_000, ge=1)  # bytes
    max_pixels: int = Field(MOST_PIXELS, ge=1)  # of an image
    max_request_pixels: int = Field(100_000_000, ge=1)  # of all images of a request together
    max_images: int = Field(64, ge=1)  # of a request
    body_seconds: float = Field(60, gt=0)  # for a client to send its request
    cors: list[str] = []  # origins of other pages that may call, as JSON: ["https://example.org"]


AnySettings = TypeVar("AnySettings", bound=BaseSettings)


def settings_or_exit(kind: type[AnySettings]) -> AnySettings:
    """Settings from the environment; if one makes no sense, ends the program with a sentence."""
    try:
        return kind()
    except ValidationError as error:
        first = error.errors()[0]
        name, what = first["loc"][0], first["msg"]
    except SettingsError as error:
        name, what = re.findall(r'field "(\w+)"', str(error))[0], "Input should be JSON"
    variable = f"DIGITS_{name}".upper()
    sys.exit(f"The setting {variable} is “{os.environ[variable]}”, which can't be used: {what}.")


# What goes in and out. Answers are described by these, but built without them: that is faster.


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


class Failure(BaseModel):
    """Stands in the place of an image that could not be read."""

    error: Problem


class Result(BaseModel):
    """What the network makes of one image."""

    digit: int | None = Field(ge=0, le=9, description="null when blank or unsure")
    verdict: Literal["digit", "unsure", "blank"]
    confidence: float = Field(ge=0, le=1, description="the largest of the probabilities")
    probabilities: list[float] = Field(min_length=10, max_length=10, description="of 0 to 9")
    none: float = Field(ge=0, le=1, description="how likely it is that this is no digit")
    pixels: str | None = Field(None, description="the 28 × 28 that the network saw, as a data URL")


class Answer(BaseModel):
    """The results, in the order in which the images were sent."""

    model: Model
    results: list[Result | Failure]


class SymbolResult(Result):
    """What the network makes of one symbol of what is written."""

    box: list[int] = Field(
        min_length=4, max_length=4, description="left, top, right, bottom in the image's pixels"
    )


class ReadingResult(BaseModel):
    """What is written on one image."""

    text: str = Field(
        description="“2026”: rows parted by a line break, numbers in a row by a space, “?” for "
        "what is no digit. Empty when nothing is written."
    )
    symbols: list[SymbolResult] = Field(description="in the order of the text")


class Readings(BaseModel):
    """The results, in the order in which the images were sent."""

    model: Model
    results: list[ReadingResult | Failure]


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
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status in (400, 404, 405, 408, 413, 415, 422, 503)
}

# The addresses

router = APIRouter()
Pixels = Annotated[bool, Query(description="also send what the network saw")]
IMAGES = {"requestBody": {"required": True, "content": REQUEST_BODY}}


@router.post("/v1/classify", response_model=Answer, openapi_extra=IMAGES)
async def classify(request: Request, pixels: Pixels = False) -> Response:
    """Says which digit is on an image, or on each of many. Send them in the form that is at hand:
    one image as the body, files in a form, or JSON with data URLs."""

    def classified(classifier: DigitClassifier, data: bytes, image: Image.Image) -> dict[str, Any]:
        return result(classifier.predict(image), pixels)

    return await request.app.state.reader.answer(request, classified)


@router.post("/v1/read", response_model=Readings, openapi_extra=IMAGES)
async def read(request: Request, pixels: Pixels = False) -> Response:
    """Says all that is written on each image: one digit, a number, rows of numbers. Takes the same
    forms of input as `/v1/classify`."""

    def reading(classifier: DigitClassifier, data: bytes, image: Image.Image) -> dict[str, Any]:
        found = classifier.read(image)
        scale = max(image_size(data)) / max(image.size)  # a large image was made smaller
        symbols = [
            {
                **result(symbol.prediction, pixels),
                "box": [round(edge * scale) for edge in symbol.box],
            }
            for symbol in found.symbols
        ]
        return {"text": found.text, "symbols": symbols}

    return await request.app.state.reader.answer(request, reading)


@router.get("/v1/model")
def model_card(request: Request) -> dict[str, Any]:
    """How the network was trained, and how good it is: all that train.py recorded."""
    return without_paths(request.app.state.reader.classifier().card)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Answers as long as the server runs."""
    return {"status": "live"}


@router.get("/health/ready")
def ready(request: Request) -> dict[str, str]:
    """Answers with 200 once a digit has been classified."""
    request.app.state.reader.classifier()
    return {"status": "ready"}


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Counts and times for Prometheus."""
    return request.app.state.reader.metrics.response()


def result(prediction: Prediction, pixels: bool) -> dict[str, Any]:
    """A `Result`."""
    fields = {
        "digit": prediction.digit,
        "verdict": prediction.verdict,
        "confidence": round(prediction.confidence, 6),
        "probabilities": [round(share, 6) for share in prediction.probabilities.tolist()],
        "none": round(prediction.none, 6),
    }
    return {**fields, "pixels": data_url(prediction.pixels)} if pixels else fields


def without_paths(card: dict[str, Any]) -> dict[str, Any]:
    """A card of train.py without what tells about folders of the computer that it ran on."""
    return {
        key: without_paths(value) if isinstance(value, dict) else value
        for key, value in card.items()
        if not (key in ("command", "source") and re.search(r"[\\/]", str(value)))
    }


# The work

Describe = Callable[[DigitClassifier, bytes, Image.Image], dict[str, Any]]


class Reader:
    """The model, and the threads that decode and read: both would block the event loop."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.metrics = Metrics()
        self._classifier: DigitClassifier | None = None
        self._loading = Lock()
        self._places = settings.threads + settings.queue  # left; only the event loop counts them

    def start(self) -> None:
        """Starts the threads, and loads the model in one: the server can answer meanwhile."""
        self._threads = ThreadPoolExecutor(self.settings.threads, thread_name_prefix="reader")
        self._threads.submit(self.classifier)

    def stop(self) -> None:
        """Returns when all that was begun is done."""
        self._threads.shutdown()
        self.metrics.close()

    def classifier(self) -> DigitClassifier:
        """The classifier, once it has read its first digit.

        Raises:
            ModelError: the model can't be used. The next call looks again, so it can be mended.
        """
        with self._loading:
            if self._classifier is None:
                folder = self.settings.model
                classifier = DigitClassifier.load(folder)
                for name in Model.model_fields:
                    if not isinstance(classifier.card.get(name), str):
                        raise ModelError(
                            f"The model's card.json doesn't say “{name}”. Run `python train.py "
                            f"--out {folder}` to make a new model."
                        )
                stroke = np.zeros((28, 28), np.uint8)
                stroke[4:24, 13:15] = 255
                classifier.predict(stroke)
                self._classifier = classifier
            return self._classifier

    async def answer(self, request: Request, describe: Describe) -> Response:
        """Has a thread read the request's images.

        Raises:
            HTTPException: the request can't be read, or too many are waiting.
            ModelError: the model can't be used.
        """
        files = await received_files(request, self.settings)
        if not self._places:
            detail = "Too many requests are waiting. Try again in a second."
            raise HTTPException(503, detail, {"Retry-After": "1"})
        self._places -= 1
        try:
            with self.metrics.seconds.time():
                loop = asyncio.get_running_loop()
                work = loop.run_in_executor(self._threads, self._results, files, describe)
                results = await result_unless_gone(work, request)
        finally:
            self._places += 1
        if len(results) == 1 and "error" in results[0]:
            error = results[0]["error"]
            return problem_response(error["status"], error["detail"])
        model = {name: self.classifier().card[name] for name in Model.model_fields}
        content = to_json({"model": model, "results": results})
        return Response(content, media_type="application/json")

    def _results(self, files: list[bytes | str], describe: Describe) -> list[dict[str, Any]]:
        """One image after the other, so that only one at a time takes memory."""
        classifier, budget = self.classifier(), PixelBudget(self.settings.max_request_pixels)
        results: list[dict[str, Any]] = []
        for file in files:
            try:
                data = decode_data_url(file) if isinstance(file, str) else file
                image = open_image(data, self.settings.max_pixels, budget)
                results.append(describe(classifier, data, image))
            except ImageTooLarge as error:
                results.append({"error": problem(413, str(error))})
            except ImageError as error:
                results.append({"error": problem(400, str(error))})
            except Exception:  # the others can be read all the same
                logging.exception("An image could not be read.")
                results.append({"error": problem(500, SENTENCES[500])})
            self.metrics.count(results[-1])
        return results


async def result_unless_gone(work: asyncio.Future[Any], request: Request) -> Any:
    """Waits for the work; cancels it if the client hangs up before its turn has come."""
    # Most work is done by then: it pays to watch the clients of the rest only.
    done, _ = await asyncio.wait((work,), timeout=0.05)
    if not done:
        gone = asyncio.ensure_future(hung_up(request))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        if not work.done():
            work.cancel()
            raise ClientDisconnect
    return work.result()


async def hung_up(request: Request) -> None:
    """Returns when the client has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Metrics:
    """Counts and times for Prometheus: of all workers, where `uvicorn --workers` started some.

    Each worker writes its numbers to a file in a folder that they share, and each can add them up:
    prometheus_client's multiprocess mode. It has to be switched on before its first import.
    """

    def __init__(self) -> None:
        self._share()
        import prometheus_client as prometheus

        self._registry = prometheus.CollectorRegistry()
        self.images = prometheus.Counter(
            "digits_images", "Images, by what became of them.", ["verdict"],
            registry=self._registry,
        )  # fmt: skip
        self.seconds = prometheus.Histogram(
            "digits_classify_seconds",
            "From the whole request received to its answer.",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=self._registry,
        )

    def _share(self) -> None:
        self._mine: Path | None = None  # a file that shows that this worker uses the folder
        if multiprocessing.parent_process() is None:
            return
        # What the workers of a server have in common, and nobody else has.
        secret = multiprocessing.current_process().authkey
        name = f"digits-metrics-{hashlib.sha256(secret).hexdigest()[:16]}"
        folder = str(Path(tempfile.gettempdir(), name))
        if os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder) == folder:
            Path(folder).mkdir(mode=0o700, exist_ok=True)
            self._mine = Path(folder, f"worker-{os.getpid()}")
            self._mine.touch()

    def count(self, result: dict[str, Any]) -> None:
        """Counts what became of an image."""
        if "text" in result:
            verdict = "unsure" if "?" in result["text"] else "digit" if result["text"] else "blank"
        else:
            verdict = result.get("verdict", "error")
        self.images.labels(verdict).inc()

    def response(self) -> Response:
        """All numbers, in Prometheus's text format."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    def close(self) -> None:
        """The last worker removes the folder."""
        if self._mine:
            self._mine.unlink(missing_ok=True)
            if not any(self._mine.parent.glob("worker-*")):
                shutil.rmtree(self._mine.parent, ignore_errors=True)


# What a request holds


async def received_files(request: Request, settings: Settings) -> list[bytes | str]:
    """The request's images: files, or texts with their bytes in base64.

    Raises:
        HTTPException: it has none, too many, or something else, or it does not arrive in time.
        RequestValidationError: its JSON has another shape.
    """
    try:
        async with asyncio.timeout(settings.body_seconds):
            files = await images_of(request, settings.max_images)
    except TimeoutError:
        seconds = f"{settings.body_seconds:g} seconds"
        detail = f"The request did not arrive within {seconds}. Try again."
        raise HTTPException(408, detail, HANG_UP) from None
    if len(files) > settings.max_images:
        raise too_many_images(settings.max_images)
    return files


async def images_of(request: Request, most: int) -> list[bytes | str]:
    """The images, from whichever form they came in; at most so many files of a form."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind in IMAGE_TYPES or kind in OTHER_TYPES:
        return [await request.body()]
    if kind == "application/json":
        try:
            return list(Images.model_validate_json(await request.body()).images)
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from None
    if kind == "multipart/form-data":
        try:
            async with request.form(max_files=most) as form:
                uploads = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
                files: list[bytes | str] = [await upload.read() for upload in uploads]
        except StarletteHTTPException as error:
            if error.detail.startswith("Too many files"):
                raise too_many_images(most) from None
            raise
        if not files:
            raise HTTPException(400, "This form has no file in it. Send at least one image.")
        return files
    raise HTTPException(
        415,
        f"A body of the type “{kind}” is not read. Send {', '.join(IMAGE_TYPES)}, files as "
        "multipart/form-data, or application/json.",
    )


def too_many_images(most: int) -> HTTPException:
    return HTTPException(413, f"These are too many images. Send at most {most} in one request.")


class LimitBody:
    """Refuses a body that is too large: at once if its header says so, else while it streams in."""

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


# Errors: each a sentence that says what to do


def problem(status: int, detail: str) -> dict[str, Any]:
    """A `Problem`, with the title that its status has by itself."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    content = to_json(problem(status, detail))
    return Response(content, status, headers, "application/problem+json")


async def http_problem(request: Request, error: StarletteHTTPException) -> Response:
    detail = SENTENCES.get(error.status_code, error.detail)
    return problem_response(error.status_code, detail, error.headers)


async def other_shape(request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the body"
    return problem_response(422, f"At {where}: {first['msg']}. See /docs for the shape.")


async def client_gone(request: Request, error: ClientDisconnect) -> Response:
    return problem_response(400, "The request was broken off.")  # nobody reads this


async def no_model(request: Request, error: ModelError) -> Response:
    logging.error("%s", error)
    return problem_response(503, str(error), {"Retry-After": "30"})


async def our_fault(request: Request, error: Exception) -> Response:
    return problem_response(500, SENTENCES[500])


HANDLERS: dict[Any, Any] = {
    StarletteHTTPException: http_problem,
    RequestValidationError: other_shape,
    ClientDisconnect: client_gone,
    ModelError: no_model,
    Exception: our_fault,
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; its threads start and end with the server.

    Args:
        settings: those of the environment unless given.
    """
    settings = settings or settings_or_exit(Settings)
    reader = Reader(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        reader.start()
        yield
        await asyncio.to_thread(reader.stop)

    app = FastAPIOffline(
        title="Draw a digit",
        description="Reads handwritten digits, and says so when something is none.",
        version="1",
        lifespan=lifespan,
        responses=PROBLEMS,
        exception_handlers=HANDLERS,
    )
    app.state.reader = reader
    app.include_router(router)
    app.add_middleware(LimitBody, most=settings.max_body)
    if settings.cors:
        app.add_middleware(
            CORSMiddleware, allow_origins=settings.cors, allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
        )  # fmt: skip
    return app


app = create_app()
