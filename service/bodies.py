"""Extracts the images from requests of any supported form."""

import asyncio
import codecs
import sys

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser

from service.problems import CLOSE
from service.schemas import IMAGE_TYPES, Images
from service.settings import Settings

# Other names for these types, and the types that clients send if they don't know the type. The
# content of a file decides how it is decoded.
OTHER_TYPES = (
    "image/jpg", "image/pjpeg", "image/x-png", "image/x-bmp", "image/x-ms-bmp", "image/heif",
    "application/octet-stream", "application/x-www-form-urlencoded", "",
)  # fmt: skip
# A JSON text with n values has about n commas. Parsing millions of them takes seconds and
# gigabytes; counting commas takes milliseconds. Data URLs and base64 contain one comma at most.
MAX_COMMAS = 10_000

# Files stay in memory, which `LimitBodies` limits: a disk may be full or read-only.
MultiPartParser.spool_max_size = sys.maxsize


async def received_images(request: Request, settings: Settings) -> list[bytes | str]:
    """Receive a request and return its images: files, or their bytes in base64.

    Raises:
        HTTPException: the request has no images, too many images or another content type, or it
            does not arrive in time.
        RequestValidationError: its JSON has another format.
    """
    _check_encoding(request)
    try:
        async with asyncio.timeout(settings.body_seconds):
            images = await _images(request)
    except TimeoutError:
        seconds = f"{settings.body_seconds:g} seconds"
        detail = f"The request did not arrive within {seconds}. Try again."
        raise HTTPException(408, detail, CLOSE) from None
    if len(images) > settings.max_images:
        most = settings.max_images
        detail = f"These are too many images. Send at most {most} in one request."
        raise HTTPException(413, detail)
    return images


def _check_encoding(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise HTTPException(
            415,
            f"The content encoding “{encoding}” is not supported. Send the body as it is.",
            CLOSE | {"Accept-Encoding": "identity"},  # RFC 9110, 12.5.3
        )


async def _images(request: Request) -> list[bytes | str]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind in IMAGE_TYPES or kind in OTHER_TYPES:
        return [await request.body()]
    if kind == "application/json":
        # In a thread: parsing some megabytes would block the event loop.
        return await asyncio.to_thread(_from_json, await request.body())
    if kind == "multipart/form-data":
        return await _from_form(request)
    raise HTTPException(
        415,
        f"The content type “{kind}” is not supported. Send {', '.join(IMAGE_TYPES)}, files as "
        "multipart/form-data, or application/json.",
    )


def _from_json(body: bytes) -> list[bytes | str]:
    if body.count(b",") > MAX_COMMAS:
        raise HTTPException(413, "This JSON has too many values. Send an image in each string.")
    try:
        return list(Images.model_validate_json(body.removeprefix(codecs.BOM_UTF8)).images)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False)) from None


async def _from_form(request: Request) -> list[bytes | str]:
    try:
        async with request.form() as form:
            uploads = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
            # Browsers send a field in which no file was chosen as an empty file without a name.
            images: list[bytes | str] = [
                await upload.read() for upload in uploads if upload.filename or upload.size
            ]
    except HTTPException as error:
        if error.status_code != 400:
            raise
        detail = f"This form can't be read: {error.detail} Send each image as a file in it."
        raise HTTPException(400, detail) from None
    if not images:
        raise HTTPException(400, "This form contains no file. Send at least one image.")
    return images
