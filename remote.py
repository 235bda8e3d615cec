"""Reads digits with an API elsewhere as if it were here: for pages without a model of their own."""

import base64
import io
from collections.abc import Iterable

import numpy as np
import requests
from PIL import Image
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from digits import ModelError, Prediction

PATIENCE = (2, 5)  # seconds: to connect, and to wait for an answer
AT_ONCE = 64  # images a request: the API reads no more
LOSSLESS = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")  # modes that PNG knows


class RemoteClassifier:
    """The contract of `DigitClassifier`, kept by an API. Any number of threads may share one.

    But for one thing: the API does not tell what went on inside the network.
    """

    has_inside = False

    def __init__(self, url: str):
        """Takes the address of the API: http://host:8000."""
        self._url = url.rstrip("/")
        self._session = requests.Session()
        # Once more, at once, for another replica may answer: to read a digit twice does no harm.
        once_more = Retry(
            1, allowed_methods=None, status_forcelist=(502, 503, 504), raise_on_status=False
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=32, max_retries=once_more))

    def predict(self, image: np.ndarray | Image.Image, inside: bool = False) -> Prediction:
        """Reads one drawing; see `predict_batch`. `Prediction.inside` stays None."""
        return self.predict_batch([image])[0]

    def predict_batch(self, images: Iterable[np.ndarray | Image.Image]) -> list[Prediction]:
        """Reads drawings of any sizes, and answers in their order.

        Args:
            images: each as in `digits.normalize.normalize`.

        Raises:
            ModelError: the API does not answer, or can't read anything now.
            ValueError: an image is not one, or too large.
        """
        files = [("images", ("drawing.png", to_png(image), "image/png")) for image in images]
        found: list[Prediction] = []
        for start in range(0, len(files), AT_ONCE):
            found += self._classify(files[start : start + AT_ONCE])
        return found

    def _classify(self, files: list) -> list[Prediction]:
        try:
            answer = self._session.post(
                f"{self._url}/v1/classify", files=files, params={"pixels": "true"}, timeout=PATIENCE
            )
            body = answer.json()
            results = body["results"] if answer.ok else [{"error": body}]
            errors = [result["error"]["detail"] for result in results if "error" in result]
            found = [] if errors else [prediction(result) for result in results]
        except (requests.RequestException, ValueError, KeyError, TypeError):
            raise ModelError(
                f"The reader at {self._url} does not answer. Please try again in a moment; if it "
                "stays so, see whether it runs."
            ) from None
        if errors:
            raise (ModelError if answer.status_code >= 500 else ValueError)(errors[0])
        return found


def to_png(image: np.ndarray | Image.Image) -> bytes:
    """The drawing as a file, without loss."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    if image.mode not in LOSSLESS:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=1)
    return png.getvalue()


def prediction(result: dict) -> Prediction:
    """What the API says, as `DigitClassifier` says it."""
    picture = base64.b64decode(result["pixels"].partition(",")[2])
    return Prediction(
        digit=result["digit"],
        probabilities=np.array(result["probabilities"], np.float32),
        confidence=result["confidence"],
        verdict=result["verdict"],
        pixels=np.asarray(Image.open(io.BytesIO(picture))),
    )
