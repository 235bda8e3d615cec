"""The remote classifier makes the same predictions as the local one, and reports errors."""

import http.server
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
import requests
from PIL import Image

from digits import Classifier, ModelError
from digits.card import Card
from digits.images import data_url
from digits.remote import RemoteClassifier
from service.app import create_app
from service.settings import Settings
from tests.helpers.fake import FakeClassifier
from tests.helpers.http import as_file, drawing, numbers
from tests.helpers.servers import ROOT, serve_app


@pytest.fixture
def remote(api) -> Classifier:
    """A remote classifier with the same model as `classifier`."""
    return RemoteClassifier(api)


def assert_same(one, other):
    assert (one.digit, one.verdict) == (other.digit, other.verdict)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-5)
    assert one.none == pytest.approx(other.none, abs=1e-5)
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-5)
    assert np.array_equal(one.pixels, other.pixels)
    for name in ("digit", "confidence", "none"):
        assert type(getattr(one, name)) is type(getattr(other, name))
    for name in ("probabilities", "pixels"):
        assert getattr(one, name).dtype == getattr(other, name).dtype


def images():
    grey = np.asarray(drawing(4))
    transparent = np.zeros((280, 280, 4), np.uint8)
    transparent[..., 3] = 255 - grey
    eight, palette = drawing(8), drawing(8).convert("P")
    palette.info["transparency"] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    modes = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
    return {
        "grey": grey,
        "rgb": np.stack([grey] * 3, axis=2),
        "rgba": transparent,
        "not contiguous": np.asarray(drawing(4, 560))[::2, ::2],
        **{mode: eight.convert("RGBA").convert(mode) for mode in modes if mode != "PA"},
        "PA": eight.convert("LA").convert("PA"),
        "palette with transparency": palette,
        "I;16": Image.fromarray(np.asarray(eight, np.uint16) * 257),
        "I": eight.convert("I"),
        "F": eight.convert("F"),
        "a file with EXIF rotation": Image.open(io.BytesIO(as_file(eight, "JPEG", exif=exif))),
        "blank": np.zeros((50, 40), np.uint8),
        "one pixel": np.zeros((1, 1), np.uint8),
        "scribble": np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8),
    }


@pytest.mark.parametrize("kind", images())
def test_every_image_is_read_as_by_the_local_classifier(remote, classifier, kind):
    image = images()[kind]
    assert_same(remote.predict(image), classifier.predict(image))


INVALID_IMAGES = {
    "float": (np.zeros((28, 28)), TypeError),
    "bool": (np.zeros((28, 28), bool), TypeError),
    "16 bits": (np.zeros((28, 28), np.uint16), TypeError),
    "a list": ([[0, 1]], TypeError),
    "None": (None, TypeError),
    "bytes": (as_file(drawing(1)), TypeError),
    "one dimension": (np.zeros(784, np.uint8), ValueError),
    "two channels": (np.zeros((28, 28, 2), np.uint8), ValueError),
    "many": (np.zeros((3, 28, 28, 1), np.uint8), ValueError),
    "no pixels": (np.zeros((0, 28), np.uint8), ValueError),
    "a PIL image without pixels": (Image.new("L", (0, 28)), ValueError),
}


@pytest.mark.parametrize("kind", INVALID_IMAGES)
def test_anything_but_an_image_raises_the_same_error(remote, classifier, kind):
    image, error = INVALID_IMAGES[kind]
    messages = set()
    for call in (classifier.predict, classifier.read, remote.predict, remote.read):
        with pytest.raises(error) as raised:
            call(image)
        assert raised.type is error
        messages.add(str(raised.value))
    assert len(messages) == 1


def test_a_remote_prediction_has_no_activations(remote):
    assert not remote.has_inside
    prediction = remote.predict(drawing(3), inside=True)
    assert prediction.digit == 3 and prediction.inside is None


def test_reads_numbers(remote, classifier):
    page = numbers("2026", "47  3")
    reading, expected = remote.read(page), classifier.read(page)
    assert reading.text == expected.text == "2026\n47 3"
    for symbol, other in zip(reading.symbols, expected.symbols, strict=True):
        assert (symbol.label, symbol.box) == (other.label, other.box)
        assert symbol.confidence == pytest.approx(other.confidence, abs=1e-5)
        assert np.array_equal(symbol.mask, other.mask)
        assert_same(symbol.prediction, other.prediction)
    assert remote.read(np.asarray(drawing(5))).text == "5"
    blank = remote.read(np.zeros((50, 50), np.uint8))
    assert (blank.text, blank.symbols) == ("", [])


def test_many_threads_may_share_one(remote):
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(remote.predict, [drawing(digit % 10) for digit in range(100)]))
    assert [one.digit for one in found] == [digit % 10 for digit in range(100)]


def test_the_card_is_that_of_the_apis_model(remote):
    assert remote.card == Card.read(ROOT / "model")


# Failures of the API


class Script(http.server.BaseHTTPRequestHandler):
    """Answers each request with the next step of a script, and repeats the last step."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        self.rfile.read(int(self.headers["Content-Length"]))
        step = server.steps[min(server.requests, len(server.steps) - 1)]
        server.requests += 1
        if step == "hang":
            server.stopped.wait()
        if step in ("hang", "hang up"):
            self.close_connection = True
            return
        status, body, headers = step
        body = body.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def scripted(*steps):
    """Run a server with these steps; yield a classifier that uses it, and the server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Script)
    server.steps, server.requests, server.stopped = steps, 0, threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield RemoteClassifier(f"http://127.0.0.1:{server.server_port}"), server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(**changes) -> tuple:
    """Return a valid answer of the API with these changes; "missing" removes a field."""
    result = {
        "digit": 3, "verdict": "digit", "confidence": 0.9, "none": 0.0,
        "probabilities": [0.0125] * 3 + [0.9] + [0.0125] * 6,
        "pixels": data_url(np.zeros((28, 28), np.uint8)),
    }  # fmt: skip
    result = {name: value for name, value in (result | changes).items() if value != "missing"}
    return 200, json.dumps({"results": [result]}), {}


def problem(status: int, detail: str, **headers: str) -> tuple:
    return status, json.dumps({"status": status, "detail": detail}), headers


UNAVAILABLE = problem(503, "Too many requests are waiting.", **{"Retry-After": "30"})


@pytest.mark.parametrize("first", [UNAVAILABLE, (502, "<h1>Bad gateway</h1>", {}), "hang up"])
def test_a_failed_request_is_repeated_once(first):
    with scripted(first, answer()) as (reader, server):
        assert reader.predict(drawing(3)).digit == 3
        assert server.requests == 2


def test_retry_after_is_ignored(monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    with scripted(UNAVAILABLE) as (reader, server):
        with pytest.raises(ModelError, match=r"^Too many requests are waiting\.$"):
            reader.predict(drawing(3))
        assert server.requests == 2
    assert slept == []


def test_a_request_that_times_out_is_not_repeated(monkeypatch):
    monkeypatch.setattr("digits.remote.TIMEOUT", (2, 0.2))
    with scripted("hang") as (reader, server):
        with pytest.raises(ModelError, match="does not answer"):
            reader.predict(drawing(3))
        assert server.requests == 1


def test_a_computer_that_does_not_answer_is_called_once(monkeypatch):
    calls = []

    def request(*arguments, **options):
        calls.append(arguments)
        raise requests.ConnectTimeout

    monkeypatch.setattr("requests.Session.request", request)
    with pytest.raises(ModelError, match="does not answer"):
        RemoteClassifier("http://192.0.2.1").predict(drawing(3))
    assert len(calls) == 1


@pytest.mark.parametrize(
    "response",
    [
        (200, "nonsense", {}),
        (200, "[]", {}),
        (200, '{"results": []}', {}),
        (200, '{"results": [1]}', {}),
        (200, '{"results": [{"error": 1}]}', {}),
        answer(none="missing"),  # an older API
        answer(pixels="data:image/png;base64,AAAA"),
        answer(probabilities="high"),
        answer(probabilities=[]),
        (404, "<h1>Not found</h1>", {}),
        problem(404, "There is nothing at this address."),
        problem(401, "Who are you?"),
        (413, "<h1>nginx: entity too large</h1>", {}),
        (204, "", {}),
    ],
)
def test_another_server_is_a_model_error(response):
    with scripted(response) as (reader, server):
        with pytest.raises(ModelError, match=f"{server.server_port} is not this program's API"):
            reader.predict(drawing(3))
        assert server.requests == 1


def test_an_api_that_does_not_answer_is_a_model_error():
    reader = RemoteClassifier("http://127.0.0.1:9")
    for call in (lambda: reader.predict(drawing(1)), lambda: reader.card):
        with pytest.raises(ModelError, match="does not answer"):
            call()


@pytest.mark.parametrize("address", ["localhost:8000", "http://", "ftp://localhost", "reader"])
def test_a_malformed_address_is_reported(address):
    with pytest.raises(ModelError, match="not the address of an API"):
        RemoteClassifier(address).predict(drawing(1))


def test_an_api_without_a_model(tmp_path):
    with serve_app(create_app(Settings(model=tmp_path))) as url:
        reader = RemoteClassifier(url)
        for call in (lambda: reader.predict(drawing(1)), lambda: reader.card):
            with pytest.raises(ModelError, match="log"):
                call()


def test_an_error_of_the_api_is_a_model_error():
    class Failing(FakeClassifier):
        def predict(self, image, inside=False, source="any"):
            return super().predict(image) if isinstance(image, np.ndarray) else 1 / 0

    with (
        serve_app(create_app(Settings(), lambda folder: Failing())) as url,
        pytest.raises(ModelError, match="went wrong"),
    ):
        RemoteClassifier(url).predict(drawing(1))


def test_an_image_that_is_too_large_gets_the_apis_message():
    with (
        serve_app(create_app(Settings(max_pixels=100))) as url,
        pytest.raises(ValueError, match="smaller"),
    ):
        RemoteClassifier(url).predict(drawing(1))


def test_a_huge_image_is_shrunk_before_it_is_sent(remote):
    page = Image.new("L", (5200, 8000), 255)
    page.paste(drawing(3, 2000), (3000, 5000))
    assert remote.predict(page).digit == 3
    (symbol,) = remote.read(page).symbols
    assert (
        3000 < symbol.box[0] < symbol.box[2] < 5000 and 5000 < symbol.box[1] < symbol.box[3] < 7000
    )
