"""Has an API read digits: for pages without a model of their own."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import requests
from PIL import Image
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3 import Retry
from urllib3.exceptions import ReadTimeoutError

from digits.images import MOST_PIXELS, decode_data_url, small
from digits.network import ModelError
from digits.normalize import to_grey
from digits.types import AnyImage, Prediction, Reading, Symbol

CONNECT_TIMEOUT, READ_TIMEOUT = 2, 5  # seconds: somebody stands before the page and waits
MOST_IMAGES, MOST_BYTES = 64, 9_000_000  # of a request: the API takes hardly more
LOSSLESS = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")  # modes that PNG keeps
ABOUT_AN_IMAGE = (400, 413)  # statuses; others are about the API


class OnceMore(Retry):
    """Tries again, once and at once: another replica may answer.

    Not after a timeout: whoever waits has waited long enough. Nor as late as `Retry-After` says:
    people stand before the page.
    """

    def __init__(self, total: int = 1, **options: Any):
        options |= {
            "allowed_methods": None,  # reading a drawing twice does no harm
            "status_forcelist": (502, 503, 504),
            "raise_on_status": False,
            "respect_retry_after_header": False,
        }
        super().__init__(total, **options)

    def increment(self, *args: Any, **more: Any) -> "OnceMore":
        if isinstance(error := more.get("error"), ReadTimeoutError):
            raise error
        return super().increment(*args, **more)


class RemoteClassifier:
    """A `Classifier` that asks an API. It can't tell what went on inside the network."""

    has_inside = False

    def __init__(self, url: str):
        """Takes the address of the API: http://host:8000."""
        self._url = url.rstrip("/")
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            adapter = HTTPAdapter(pool_maxsize=32, max_retries=OnceMore())
            self._session.mount(scheme, adapter)

    @property
    def card(self) -> dict[str, Any]:
        """What train.py recorded of the API's model. Asks for it each time."""
        card = self._ask("GET", "/v1/model")
        if not isinstance(card, dict):
            raise self._strange()
        return card

    def predict(self, image: AnyImage, inside: bool = False) -> Prediction:
        """Reads one digit; `Prediction.inside` stays None."""
        return self.predict_batch([image])[0]

    def predict_batch(self, images: Iterable[AnyImage]) -> list[Prediction]:
        """Reads one digit on each image, and answers in their order."""
        return [
            self._prediction(result)
            for files in _requests(images)
            for result in self._results("/v1/classify", files)
        ]

    def read(self, image: AnyImage, inside: bool = False) -> Reading:
        """Reads all that is written; see `DigitClassifier.read`."""
        file = to_png(image)
        (result,) = self._results("/v1/read", [file])
        width = image.shape[1] if isinstance(image, np.ndarray) else image.width
        scale = width / Image.open(io.BytesIO(file)).width  # 1, but for huge images
        try:
            symbols = [self._symbol(symbol, scale) for symbol in result["symbols"]]
            return Reading(str(result["text"]), symbols)
        except (KeyError, TypeError, AttributeError, ValueError, OSError):
            raise self._strange() from None

    def _results(self, path: str, files: list[bytes]) -> list[dict[str, Any]]:
        """What the API makes of each file."""
        form = [("images", ("drawing.png", file, "image/png")) for file in files]
        more = len(files) - 1  # seconds: photographs may take so long
        answer = self._ask("POST", path, more, files=form, params={"pixels": "true"})
        try:
            results: list[dict[str, Any]] = answer["results"]
            for error in (result["error"] for result in results if "error" in result):
                raise _error(error["status"], error["detail"])
        except (KeyError, TypeError):
            raise self._strange() from None
        if len(results) != len(files):
            raise self._strange()
        return results

    def _ask(self, method: str, path: str, more_seconds: float = 0, **options: Any) -> Any:
        """The JSON that the API answers with."""
        timeout = (CONNECT_TIMEOUT, READ_TIMEOUT + more_seconds)
        try:
            answer = self._session.request(method, self._url + path, timeout=timeout, **options)
        except (InvalidSchema, InvalidURL, MissingSchema):
            raise ModelError(
                f"“{self._url}” is no address of a reader. It looks like http://192.168.0.7:8000."
            ) from None
        except requests.RequestException:
            raise ModelError(
                f"The reader at {self._url} does not answer. Please try again in a moment; if it "
                "stays so, see whether it runs."
            ) from None
        try:
            body = answer.json()
            detail = "" if answer.ok else str(body["detail"])
        except (ValueError, KeyError, TypeError):  # the page of a proxy, or of another server
            raise self._strange(answer) from None
        if answer.ok:
            return body
        if answer.status_code in (*ABOUT_AN_IMAGE, 500, 503):
            raise _error(answer.status_code, detail)
        raise self._strange(answer)

    def _strange(self, answer: requests.Response | None = None) -> ModelError:
        said = "" if answer is None else f" It says “{answer.status_code} {answer.reason}”."
        return ModelError(
            f"What answers at {self._url} is not this program's API, or another version of it."
            f"{said} See whether the address is right."
        )

    def _symbol(self, result: dict[str, Any], scale: float) -> Symbol:
        left, top, right, bottom = (round(edge * scale) for edge in result["box"])
        prediction = result["prediction"]
        return Symbol(
            label=str(result["label"]),
            box=(left, top, right, bottom),
            mask=_decoded(result["mask"]) > 0,
            confidence=float(result["confidence"]),
            prediction=None if prediction is None else self._prediction(prediction),
        )

    def _prediction(self, result: dict[str, Any]) -> Prediction:
        try:
            probabilities = np.array(result["probabilities"], np.float32)
            return Prediction(
                digit=result["digit"],
                probabilities=probabilities,
                confidence=float(probabilities.max()),
                none=float(result["none"]),
                verdict=result["verdict"],
                pixels=_decoded(result["pixels"]),
            )
        except (KeyError, TypeError, AttributeError, ValueError, OSError):
            raise self._strange() from None


def _decoded(url: str) -> np.ndarray:
    """The pixels of a PNG in a data URL."""
    return np.asarray(Image.open(io.BytesIO(decode_data_url(url)), formats=["PNG"]))


def _error(status: int, detail: str) -> Exception:
    """What `DigitClassifier` raises where the API answers with a problem."""
    return ValueError(detail) if status in ABOUT_AN_IMAGE else ModelError(detail)


def _requests(images: Iterable[AnyImage]) -> Iterator[list[bytes]]:
    """The images as files, as many at a time as the API takes."""
    files: list[bytes] = []
    size = 0
    for image in images:
        file = to_png(image)
        if len(files) == MOST_IMAGES or size + len(file) > MOST_BYTES:
            if files:
                yield files
            files, size = [], 0
        files.append(file)
        size += len(file)
    if files:
        yield files


def to_png(image: AnyImage) -> bytes:
    """An image as a PNG file, from which the API reads the same.

    Raises:
        TypeError, ValueError: not an image; see `digits.normalize.normalize`.
    """
    grey = to_grey(image)  # which is strict about what it takes
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    if image.width * image.height > MOST_PIXELS:  # which the API would refuse
        image = small(Image.fromarray(grey))
    elif image.mode == "F" or (image.mode.startswith("I") and image.mode not in LOSSLESS):
        image = Image.fromarray(grey)
    elif image.mode not in LOSSLESS:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=1)
    return png.getvalue()
