"""A client of the API with a classifier that needs no network."""

import io
import json
from contextlib import contextmanager

from PIL import Image
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.helpers.fake import FakeClassifier


@contextmanager
def client_of(classifier=None, load=None, **settings):
    """A client of an application with these settings."""
    load = load or (lambda folder: classifier or FakeClassifier())
    app = create_app(Settings(**settings), load)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def image(digit: int, height: int = 11, width: int = 20, form: str = "PNG") -> bytes:
    """An image file that `FakeClassifier` reads as this digit."""
    file = io.BytesIO()
    Image.new("L", (width + digit, height)).save(file, form)
    return file.getvalue()


def send(client, body, kind="image/png", path="/v1/classify", **headers):
    return client.post(path, content=body, headers={"Content-Type": kind, **headers})


def send_json(client, *images: str):
    return send(client, json.dumps({"images": images}), "application/json")


def upload(client, *files: bytes):
    parts = [("images", ("a.png", file, "image/png")) for file in files]
    return client.post("/v1/classify", files=parts)
