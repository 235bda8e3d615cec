"""Loads the model, and runs it in threads."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from fastapi import HTTPException, Request
from PIL import Image
from starlette.requests import ClientDisconnect

from digits import Classifier, ModelError
from digits.images import ImageError, ImageTooLarge, decode_data_url, image_size, open_image
from service.metrics import Metrics
from service.problems import SENTENCES, problem
from service.settings import Settings

# Requests with more pixels take a tenth of a second or longer.
MANY_PIXELS = 4_000_000
TOO_MANY_PIXELS = (
    "The images of this request have too many pixels together. Send fewer at once, or smaller "
    "ones: a few hundred pixels a side are plenty."
)

Size = tuple[int, int]  # width and height in the file, before it was turned upright and shrunk
Describe = Callable[[Classifier, Image.Image, Size], dict[str, Any]]


class ManyPixels(Exception):
    """The images of a request have more than `MANY_PIXELS` together."""


class Inference:
    """The model, and the threads that decode images and run it.

    Requests with many pixels have separate threads, so that small requests never wait for large
    ones, and few, so that their images fit into `max_process_pixels`.

    Args:
        settings: limits, and the folder of the model.
        load: loads a model from its folder.
    """

    def __init__(self, settings: Settings, load: Callable[[Path], Classifier]):
        self.settings = settings
        self.metrics = Metrics()
        self._load = load
        self._classifier: Classifier | None = None
        self._loading = Lock()
        self._places = settings.threads + settings.queue  # free ones, counted on the event loop

    def start(self) -> None:
        """Start the threads, and load the model in one of them."""
        fitting = max(1, self.settings.max_process_pixels // self.settings.max_pixels)
        self._threads = ThreadPoolExecutor(self.settings.threads, thread_name_prefix="reader")
        self._large = ThreadPoolExecutor(
            min(fitting, self.settings.threads), thread_name_prefix="large-images"
        )
        self._threads.submit(self.classifier)

    def stop(self) -> None:
        """Wait for the requests that have been accepted, and stop the threads."""
        self._threads.shutdown()
        self._large.shutdown()
        self.metrics.close()

    def classifier(self) -> Classifier:
        """Return the classifier, after it has read a test image.

        Raises:
            ModelError: the model can't be used. The next call tries again, so that a repaired model
                needs no restart.
        """
        with self._loading:
            if self._classifier is None:
                classifier = self._load(self.settings.model)
                try:
                    classifier.predict(_strokes(1))
                    classifier.read(_strokes(2))
                except ModelError:
                    raise
                except Exception as error:
                    raise ModelError(f"The model can't read a test image: {error!r}.") from error
                self._classifier = classifier
            return self._classifier

    async def results(
        self, request: Request, images: list[bytes | str], describe: Describe
    ) -> list[dict[str, Any]]:
        """Read images in a thread.

        Args:
            request: the request that they came with; if its client disconnects before a thread
                is free, they are not read.
            images: files, or their bytes in base64.
            describe: converts an image to a result.

        Returns:
            For each image its result, or a `schemas.Failure` as a dict.

        Raises:
            HTTPException: too many requests are waiting.
            ModelError: the model can't be used.
        """
        if not self._places:
            detail = "Too many requests are waiting. Try again in a second."
            raise HTTPException(503, detail, {"Retry-After": "1"})
        self._places -= 1
        try:
            with self.metrics.seconds.time():
                try:
                    return await self._run(self._threads, request, images, describe, MANY_PIXELS)
                except ManyPixels:
                    return await self._run(self._large, request, images, describe)
        finally:
            self._places += 1

    async def _run(
        self,
        threads: ThreadPoolExecutor,
        request: Request,
        images: list[bytes | str],
        describe: Describe,
        max_pixels: int | None = None,
    ) -> list[dict[str, Any]]:
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(threads, self._results, images, describe, max_pixels)
        return await _unless_disconnected(work, request)

    def _results(
        self, images: list[bytes | str], describe: Describe, max_pixels: int | None
    ) -> list[dict[str, Any]]:
        classifier = self.classifier()
        files = [_decoded(image) for image in images]
        sizes = [self._size(file) for file in files]
        if max_pixels and sum(width * height for width, height in sizes) > max_pixels:
            raise ManyPixels
        left = self.settings.max_request_pixels
        results = []
        for file, size in zip(files, sizes, strict=True):  # keeps one decoded image in memory
            pixels = size[0] * size[1]
            try:
                if isinstance(file, ImageError):
                    raise file
                if pixels > left:
                    raise ImageTooLarge(TOO_MANY_PIXELS)
                left -= pixels
                image = open_image(file, self.settings.max_pixels)
                result = describe(classifier, image, size)
            except ImageTooLarge as error:
                result = {"error": problem(413, str(error))}
            except ImageError as error:
                result = {"error": problem(400, str(error))}
            except Exception:  # concerns this image only
                logging.exception("An image could not be read.")
                result = {"error": problem(500, SENTENCES[500])}
            self.metrics.count(result)
            results.append(result)
        return results

    def _size(self, file: bytes | ImageError) -> Size:
        """Return width and height of an image that will be decoded, else zeros."""
        if isinstance(file, bytes):
            with suppress(Exception):  # `open_image` will raise it again
                width, height = image_size(file)
                if width * height <= self.settings.max_pixels:
                    return width, height
        return 0, 0


def _decoded(image: bytes | str) -> bytes | ImageError:
    if isinstance(image, bytes):
        return image
    try:
        return decode_data_url(image)
    except ImageError as error:
        return error


def _strokes(count: int) -> np.ndarray:
    """Draw vertical strokes, uint8 (28, 28 · count)."""
    image = np.zeros((28, 28 * count), np.uint8)
    image[4:24, 13::28] = image[4:24, 14::28] = 255
    return image


async def _unless_disconnected(work: asyncio.Future[Any], request: Request) -> Any:
    """Wait for the work; cancel it if the client disconnects before it has begun.

    Raises:
        ClientDisconnect: the client has disconnected.
    """
    # Most work is done within the timeout, and watching a client costs time.
    done, _ = await asyncio.wait((work,), timeout=0.05)
    if not done:
        disconnected = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait((work, disconnected), return_when=asyncio.FIRST_COMPLETED)
        finally:
            disconnected.cancel()
        if not work.done():
            work.cancel()
            raise ClientDisconnect
    return work.result()


async def _disconnected(request: Request) -> None:
    """Return when the client has disconnected."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
