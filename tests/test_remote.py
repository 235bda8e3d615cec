"""The classifier that asks an API, and the page that uses it."""

import base64
import http.server
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from digits import ModelError
from remote import RemoteClassifier, to_png
from tests.conftest import serve, serve_api
from tests.test_api import drawing
from tests.test_page import draw, expect_answer, expect_digit, press, written


def assert_same(one, other):
    assert (one.digit, one.verdict) == (other.digit, other.verdict)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-5)
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-5)
    assert np.array_equal(one.pixels, other.pixels)


def kinds_of_images():
    grey = np.asarray(drawing(4))
    clear = np.zeros((280, 280, 4), np.uint8)
    clear[..., 3] = 255 - grey
    return {
        "grey": grey,
        "rgb": np.stack([grey] * 3, axis=2),
        "rgba": clear,
        "pil": drawing(8),
        "cmyk": drawing(8).convert("CMYK"),
        "blank": np.zeros((50, 40), np.uint8),
        "scribble": np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8),
    }


@pytest.mark.parametrize("kind", kinds_of_images())
def test_gives_the_same_answer_as_the_model_itself(api, classifier, kind):
    image = kinds_of_images()[kind]
    assert_same(RemoteClassifier(api).predict(image), classifier.predict(image))


def test_many_in_order_and_from_many_threads(api, classifier):
    images = [np.asarray(drawing(digit % 10)) for digit in range(150)]
    remote = RemoteClassifier(f"{api}/")
    for one, other in zip(
        remote.predict_batch(images), classifier.predict_batch(images), strict=True
    ):
        assert_same(one, other)
    assert remote.predict_batch([]) == []
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(remote.predict, images))
    assert [one.digit for one in found] == [digit % 10 for digit in range(150)]


def test_an_api_that_is_away_is_said_in_a_sentence():
    with pytest.raises(ModelError, match="does not answer"):
        RemoteClassifier("http://127.0.0.1:9").predict(drawing(1))


def test_an_api_without_a_model(tmp_path):
    with (
        serve_api("/health/live", DIGITS_MODEL=str(tmp_path)) as (url, _),
        pytest.raises(ModelError, match=r"python train\.py"),
    ):
        RemoteClassifier(url).predict(drawing(1))


def test_what_is_no_image_is_an_error_of_the_caller(api):
    with pytest.raises(ValueError, match="smaller"):
        RemoteClassifier(api).predict(Image.new("1", (10_000, 4_001)))


class Moody(http.server.BaseHTTPRequestHandler):
    """An API that answers the first request with 503, or with nothing at all."""

    requests, mood = 0, "refuses"

    def do_POST(self):
        cls = type(self)
        cls.requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if cls.mood == "hangs":
            time.sleep(20)
        if cls.requests == 1 and cls.mood == "refuses":
            self.send_error(503)
            return
        result = {
            "digit": 3, "verdict": "digit", "confidence": 1.0, "probabilities": [0.1] * 10,
            "pixels": "data:image/png;base64," + base64.b64encode(to_png(drawing(3, 28))).decode(),
        }  # fmt: skip
        body = json.dumps({"results": [result]} if cls.mood == "refuses" else "nonsense").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def moody():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Moody.requests, Moody.mood = 0, "refuses"
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_it_tries_once_more(moody):
    assert RemoteClassifier(moody).predict(drawing(3)).digit == 3
    assert Moody.requests == 2


@pytest.mark.parametrize("mood", ["hangs", "talks nonsense"])
def test_it_does_not_wait_for_ever_nor_believe_anything(moody, mood, monkeypatch):
    monkeypatch.setattr("remote.PATIENCE", (1, 0.5))
    Moody.mood = mood
    with pytest.raises(ModelError, match="does not answer"):
        RemoteClassifier(moody).predict(drawing(3))


def test_the_page_asks_the_api_and_says_so_when_it_is_away(visit, tmp_path):
    with (
        serve_api() as (api_url, api),
        serve(DIGITS_API=api_url, DIGITS_MODEL=str(tmp_path)) as url,
    ):
        page = visit(url)
        by_itself = visit()
        for one in (page, by_itself):
            draw(one, written(7))
            expect_digit(one, 7)
            one.locator(".st-key-seen img").wait_for()
        for region in (".st-key-answer .stHtml", ".st-key-seen .stHtml"):
            assert page.locator(region).inner_html() == by_itself.locator(region).inner_html()
        learned, ours = (
            visit(f"{address}/learned", until=".misread img")
            for address in (url, by_itself.url.rstrip("/"))
        )
        gallery = "images => images.map(image => [image.src, image.alt])"
        shown = [one.locator(".misread img").evaluate_all(gallery) for one in (learned, ours)]
        assert shown[0] == shown[1] != []
        api.terminate()
        api.wait(30)
        press(page, "Clear")
        draw(page, written(3))  # the very same drawing would need no API: it has been read
        assert api_url in expect_answer(page, "can’t read digits right now")
        assert "Traceback" not in page.locator("body").inner_text()
