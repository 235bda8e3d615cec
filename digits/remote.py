"""The HTTP client: reads digits through an API, without a model of its own."""

import io
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import requests
from PIL import Image
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

from digits.card import Card, CardError
from digits.images import MAX_PIXELS, decode_data_url, small
from digits.ink.pixels import is_deep, to_grey
from digits.network import ModelError
from digits.types import AnyImage, Prediction, Reading, Source, Symbol

TIMEOUT = 2, 5  # seconds to connect and to read: a visitor is waiting at the page
LOSSLESS = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")  # modes that PNG can store
IMAGE_ERRORS = (400, 413)  # status codes for which the image is to blame, not the API
TRY_AGAIN = (502, 503, 504)  # status codes after which another replica may answer
Parsed = TypeVar("Parsed")


class RemoteClassifier:
    """A `Classifier` that sends pictures to an API. It has no access to the activations."""

    has_inside = False

    def __init__(self, url: str):
        """Take the address of the API: http://host:8000."""
        self._url = url.rstrip("/")
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=32))

    @property
    def card(self) -> Card:
        """The card of the API's model, requested anew each time."""
        try:
            return Card.from_json(self._request("GET", "/v1/model"))
        except CardError:
            raise self._not_our_api() from None

    def predict(self, image: AnyImage, inside: bool = False, source: Source = "any") -> Prediction:
        """Classify one digit; `ink` and `inside` of the prediction are None. See `Classifier`."""
        return self._result("/v1/classify", to_png(image), _prediction, source=source)

    def read(
        self,
        image: AnyImage,
        inside: bool = False,
        quick: bool = False,
        source: Source = "any",
    ) -> Reading:
        """Read everything in a picture; `inside` of each prediction is None. See `Classifier`."""
        file = to_png(image)
        width = image.shape[1] if isinstance(image, np.ndarray) else image.width
        # 1 unless the image was too large to send
        scale = width / Image.open(io.BytesIO(file)).width

        def reading(result: dict[str, Any]) -> Reading:
            symbols = [_symbol(symbol, scale) for symbol in result["symbols"]]
            return Reading(str(result["text"]), symbols)

        mode = "true" if quick else "false"
        return self._result("/v1/read", file, reading, source=source, quick=mode)

    def _result(
        self, path: str, file: bytes, parse: Callable[[dict[str, Any]], Parsed], **params: str
    ) -> Parsed:
        """Send an image file; parse the API's result for it."""
        answer = self._request(
            "POST", path, files={"images": ("drawing.png", file, "image/png")},
            params={**params, "pixels": "true"},
        )  # fmt: skip
        try:
            (result,) = answer["results"]
            return parse(result)
        except (KeyError, TypeError, AttributeError, ValueError, OSError):
            raise self._not_our_api() from None

    def _request(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON of the API's answer.

        Raises:
            ValueError: the API refuses the image.
            ModelError: the API can't be reached, can't read, or is another server.
        """
        try:
            answer = self._send(method, path, **options)
        except (InvalidSchema, InvalidURL, MissingSchema):
            raise ModelError(
                f"“{self._url}” is not the address of an API. An address looks like "
                "http://192.168.0.7:8000."
            ) from None
        except requests.RequestException:
            raise ModelError(
                f"The API at {self._url} does not answer. Try again in a moment; if that does not "
                "help, check that it is running."
            ) from None
        try:
            body = answer.json()
            detail = "" if answer.ok else str(body["detail"])
        except (ValueError, KeyError, TypeError):  # the page of a proxy, or of another server
            raise self._not_our_api(answer) from None
        if answer.ok:
            return body
        if answer.status_code in IMAGE_ERRORS:
            raise ValueError(detail)
        if answer.status_code in (500, 503):
            raise ModelError(detail)
        raise self._not_our_api(answer)

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; if the API is unavailable, retry once, without a delay.

        A visitor is waiting: there is no retry after a timeout, and `Retry-After` is ignored.
        """

        def send() -> requests.Response:
            return self._session.request(method, self._url + path, timeout=TIMEOUT, **options)

        try:
            answer = send()
        except requests.Timeout:
            raise
        except requests.ConnectionError:
            return send()
        return send() if answer.status_code in TRY_AGAIN else answer

    def _not_our_api(self, answer: requests.Response | None = None) -> ModelError:
        status = "" if answer is None else f" Its status is “{answer.status_code} {answer.reason}”."
        return ModelError(
            f"The server at {self._url} is not this program's API, or another version of it."
            f"{status} Check the address."
        )


def _symbol(result: dict[str, Any], scale: float) -> Symbol:
    left, top, right, bottom = (round(edge * scale) for edge in result["box"])
    prediction = result["prediction"]
    return Symbol(
        label=str(result["label"]),
        box=(left, top, right, bottom),
        mask=_decoded(result["mask"]) > 0,
        confidence=float(result["confidence"]),
        prediction=None if prediction is None else _prediction(prediction),
    )


def _prediction(result: dict[str, Any]) -> Prediction:
    probabilities = np.array(result["probabilities"], np.float32)
    return Prediction(
        digit=result["digit"],
        probabilities=probabilities,
        confidence=float(probabilities.max()),
        none=float(result["none"]),
        verdict=result["verdict"],
        pixels=_decoded(result["pixels"]),
    )


def _decoded(url: str) -> np.ndarray:
    """Decode a PNG in a data URL."""
    return np.asarray(Image.open(io.BytesIO(decode_data_url(url)), formats=["PNG"]))


def to_png(image: AnyImage) -> bytes:
    """Convert an image to a PNG file in which the API finds the same ink.

    Raises:
        TypeError, ValueError: not an image; see `digits.ink.pixels.to_grey`.
    """
    grey = to_grey(image)  # checks the type and the shape, too
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    if image.width * image.height > MAX_PIXELS:  # the API refuses more
        image = small(Image.fromarray(grey))
    elif is_deep(image) and image.mode not in LOSSLESS:
        image = Image.fromarray(grey)
    elif image.mode not in LOSSLESS:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=1)
    return png.getvalue()
