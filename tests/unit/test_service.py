"""The HTTP API, with a classifier that needs no network."""

import base64
import gzip
import io
import json

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from starlette.testclient import TestClient

from digits import ModelError, Reading, Symbol
from digits.card import Card
from service.app import create_app
from service.schemas import EXAMPLE, Images
from service.settings import Settings
from tests.helpers.api_client import client_of, image, send, send_json, upload
from tests.helpers.fake import FakeClassifier
from tests.helpers.http import assert_problem, digits


@pytest.fixture(scope="module")
def client():
    with client_of() as client:
        yield client


# Results


def test_results_are_in_the_order_of_the_images(client):
    wanted = [3, 1, 4, 1, 5, 9, 2, 6]
    files = [image(digit) for digit in wanted]
    assert digits(upload(client, *files)) == wanted
    texts = [base64.b64encode(file).decode() for file in files]
    texts[::2] = [f"data:image/png;base64,{text}" for text in texts[::2]]
    assert digits(send_json(client, *texts)) == wanted
    assert digits(send(client, files[0])) == [3]


def test_a_result_has_what_the_network_predicted(client):
    (result,) = send(client, image(7)).json()["results"]
    assert result == {
        "digit": 7, "verdict": "digit", "confidence": 1.0, "none": 0.0,
        "probabilities": [0, 0, 0, 0, 0, 0, 0, 1.0, 0, 0],
    }  # fmt: skip
    answer = client.post(
        "/v1/classify?pixels=true", content=image(7), headers={"Content-Type": "image/png"}
    )
    (result,) = answer.json()["results"]
    png = base64.b64decode(result["pixels"].removeprefix("data:image/png;base64,"))
    assert Image.open(io.BytesIO(png)).size == (28, 28)
    card = FakeClassifier().card
    assert answer.json()["model"] == {
        "network": card.network, "trained": card.trained, "sha256": card.sha256
    }  # fmt: skip


def test_unsure_and_blank_have_no_digit(client):
    (unsure,) = send(client, image(1, height=21)).json()["results"]
    assert (unsure["verdict"], unsure["digit"], unsure["none"]) == ("unsure", None, 0.9)
    white = io.BytesIO()
    Image.new("L", (30, 20), 255).save(white, "PNG")
    (blank,) = send(client, white.getvalue()).json()["results"]
    assert (blank["verdict"], blank["digit"]) == ("blank", None)
    (reading,) = send(client, white.getvalue(), path="/v1/read").json()["results"]
    assert reading == {"text": "", "symbols": []}


def test_the_source_and_the_quick_mode_reach_the_classifier():
    seen = []

    class Listening(FakeClassifier):
        def predict(self, image, inside=False, source="any"):
            seen.append(source)
            return super().predict(image)

        def read(self, image, inside=False, quick=False, source="any"):
            seen.append((quick, source))
            return super().read(image)

    with client_of(Listening()) as client:
        send(client, image(3), path="/v1/read?quick=true&source=canvas")
        send(client, image(3), path="/v1/classify?source=canvas")
        refused = send(client, image(3), path="/v1/read?source=fax")
    assert (True, "canvas") in seen  # there are also those of the server's test images
    assert "canvas" in seen
    assert refused.status_code == 422


def test_a_reading_has_symbols_with_and_without_a_prediction():
    class Decimal(FakeClassifier):
        def read(self, image, inside=False, quick=False, source="any"):
            found = super().read(image)
            dot = np.array([[True, False, True]])
            return Reading(
                found.text + ".", [*found.symbols, Symbol(".", (9, 8, 12, 9), dot, 0.5, None)]
            )

    with client_of(Decimal()) as client:
        (plain,) = send(client, image(3), path="/v1/read").json()["results"]
        (full,) = send(client, image(3), path="/v1/read?pixels=true").json()["results"]
    assert plain["text"] == full["text"] == "3."
    three, dot = plain["symbols"]
    assert (three["label"], three["confidence"], three["prediction"]["digit"]) == ("3", 0.75, 3)
    assert dot == {"label": ".", "box": [9, 8, 12, 9], "confidence": 0.5, "prediction": None}
    png = base64.b64decode(full["symbols"][1]["mask"].partition(",")[2])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), [[True, False, True]])


def test_boxes_are_in_pixels_of_the_file(client):
    file = image(8, height=600, width=3_000)  # is shrunk before it is read
    (result,) = send(client, file, path="/v1/read").json()["results"]
    (symbol,) = result["symbols"]
    assert symbol["box"] == pytest.approx([0, 0, 3_008, 600], abs=3)


def test_a_bad_image_gets_an_error_in_its_place(client):
    first, second, third = upload(client, image(5), b"not an image", image(6)).json()["results"]
    assert (first["digit"], third["digit"]) == (5, 6)
    assert second["error"]["status"] == 400
    assert "PNG" in second["error"]["detail"]
    assert_problem(send(client, b"not an image"), 400, "PNG")
    assert_problem(send_json(client, "§§§"), 400, "base64")


def test_an_image_that_fails_does_not_affect_others(caplog):
    class Tripping(FakeClassifier):
        def predict(self, image, inside=False, source="any"):
            if getattr(image, "width", 0) % 10 == 4:
                raise IndexError("a secret")
            return super().predict(image)

    with client_of(Tripping()) as client:
        answer = upload(client, image(3), image(4), image(5))
        assert digits(answer) == [3, None, 5]
        assert answer.json()["results"][1]["error"]["status"] == 500
        assert_problem(send(client, image(4)), 500, "report")
    assert "secret" not in answer.text
    assert "a secret" in caplog.text


# Requests


@pytest.mark.parametrize(
    "kind",
    ["image/jpg", "image/x-png", "IMAGE/PNG; charset=binary", "application/octet-stream", ""],
)
def test_the_content_decides_how_an_image_is_decoded(client, kind):
    for form in ("PNG", "JPEG", "BMP"):
        answer = send(client, image(1, form=form), kind)
        assert answer.status_code == 200, answer.text


def test_other_content_types_are_rejected(client):
    for kind in ("text/plain", "image/tiff", "nonsense"):
        assert_problem(send(client, image(1), kind), 415, "image/png")


def test_compressed_bodies_are_rejected_not_misread(client):
    for coding in ("gzip", "br", "gzip, identity"):
        answer = send(client, gzip.compress(image(1)), **{"Content-Encoding": coding})
        assert_problem(answer, 415, coding)
        assert answer.headers["Accept-Encoding"] == "identity"
    answer = send(client, image(1), **{"Content-Encoding": "identity"})
    assert answer.status_code == 200


def test_json_of_another_format(client):
    for body in ("", "{", "[]", "{}", '{"images": []}', '{"images": "x"}', '{"images": [1]}'):
        assert_problem(send(client, body, "application/json"), 422)
    for path in ("/v1/classify", "/v1/read"):
        answer = client.post(f"{path}?pixels=perhaps", content=image(1))
        assert_problem(answer, 422, "pixels")


def test_json_with_a_byte_order_mark(client):
    body = b"\xef\xbb\xbf" + json.dumps({"images": [EXAMPLE]}).encode()
    assert send(client, body, "application/json").status_code == 200


def test_json_with_very_many_values_is_rejected_before_it_is_parsed(client, monkeypatch):
    monkeypatch.setattr(Images, "model_validate_json", None)
    for item in (b"1", b'""', b"[]", b"{}"):
        body = b'{"images":[' + b",".join([item] * 50_000) + b"]}"
        assert_problem(send(client, body, "application/json"), 413, "many values")


def test_wrong_json_costs_one_error_however_many_items_are_wrong():
    with pytest.raises(ValidationError) as raised:
        Images.model_validate_json('{"images": [' + ",".join(["1"] * 1_000) + "]}")
    assert raised.value.error_count() == 1


def test_forms_without_files_and_broken_forms(client):
    assert_problem(client.post("/v1/classify", files={"text": (None, "hello")}), 400, "file")
    assert_problem(send(client, b"--x", "multipart/form-data"), 400, "Send each image")
    broken = send(client, b"hello", "multipart/form-data; boundary=x")
    assert_problem(broken, 400, "Send each image")
    large_text = client.post("/v1/classify", files={"text": (None, "x" * 2_000_000)})
    assert_problem(large_text, 400, "Send each image")


def test_a_form_field_without_a_chosen_file_is_ignored(client):
    def part(name: str, file: bytes) -> bytes:
        head = f'--x\r\nContent-Disposition: form-data; name="images"; filename="{name}"\r\n\r\n'
        return head.encode() + file + b"\r\n"

    kind = "multipart/form-data; boundary=x"
    body = part("a.png", image(5)) + part("", b"") + b"--x--\r\n"
    assert digits(send(client, body, kind)) == [5]
    assert_problem(send(client, part("", b"") + b"--x--\r\n", kind), 400, "no file")
    empty = part("a.png", b"") + b"--x--\r\n"
    assert_problem(send(client, empty, kind), 400, "PNG")


def test_too_many_images():
    with client_of(max_images=3) as client:
        assert upload(client, *[image(1)] * 3).status_code == 200
        assert_problem(upload(client, *[image(1)] * 4), 413, "3")
        assert_problem(send_json(client, *[EXAMPLE] * 4), 413, "3")


def test_other_addresses_and_methods(client):
    assert_problem(client.get("/nothing"), 404, "/docs")
    assert_problem(client.get("/v1/classify"), 405, "/docs")
    answer = client.get("/")
    assert answer.is_redirect and answer.headers["Location"] == "/docs"


def test_the_first_address_leads_to_the_docs_behind_a_proxys_prefix():
    app = create_app(Settings(), lambda folder: FakeClassifier())
    with TestClient(app, root_path="/digits", follow_redirects=False) as client:
        assert client.get("/digits/").headers["Location"] == "/digits/docs"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/v1/model", "/docs", "/"])
def test_monitors_may_use_head(client, path):
    expected = client.get(path)
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (expected.status_code, b"")
    assert answer.headers == expected.headers
    assert client.head("/v1/read").status_code == 405


def test_files_of_a_form_need_no_disk(client, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    file = image(8, height=1100, width=1100, form="BMP")
    assert len(file) > 1_000_000
    assert client.post("/v1/read", files={"images": file}).status_code == 200


# The model


def test_without_a_model_the_server_lives_but_is_not_ready(caplog):
    path = "/srv/secret/model"

    def load(folder):
        if broken:
            raise ModelError(f"The model's file “{path}/card.json” is missing.")
        return FakeClassifier()

    broken = True
    with client_of(load=load) as client:
        assert client.get("/health/live").status_code == 200
        for answer in (
            client.get("/health/ready"), client.get("/v1/model"), send(client, image(1)),
        ):  # fmt: skip
            assert_problem(answer, 503, "log")
            assert "secret" not in answer.text, "paths are for the log"
        assert client.head("/health/ready").status_code == 503
        assert path in caplog.text
        broken = False
        assert client.get("/health/ready").status_code == 200
        assert digits(send(client, image(1))) == [1]


@pytest.mark.parametrize("method", ["predict", "read"])
def test_a_model_that_fails_on_a_test_image_is_not_ready(method):
    class Broken(FakeClassifier):
        pass

    def fail(self, image, inside=False):
        raise ValueError("a damaged buffer in /srv/secret/layout.tflite")

    setattr(Broken, method, fail)
    with client_of(Broken()) as client:
        answer = client.get("/health/ready")
        assert_problem(answer, 503)
        assert "secret" not in answer.text


def test_the_card_is_published(client):
    assert Card.from_json(client.get("/v1/model").json()) == FakeClassifier().card


# The rest


def test_metrics_count_images_by_verdict():
    with client_of() as client:
        upload(client, image(1), image(2), b"not an image")
        text = client.get("/metrics").text
    assert 'digits_images_total{verdict="digit"} 2.0' in text
    assert 'digits_images_total{verdict="error"} 1.0' in text
    assert "digits_classify_seconds_count 1.0" in text


def test_other_web_pages_may_call_only_if_they_are_allowed(client):
    origin = {"Origin": "https://example.org"}
    allow = "Access-Control-Allow-Origin"
    assert allow not in client.get("/health/live", headers=origin).headers
    with client_of(cors=["https://example.org"], max_body=1_000) as other:
        assert other.get("/health/live", headers=origin).headers[allow] == "https://example.org"
        rejected = send(other, bytes(2_000), **origin)
        assert_problem(rejected, 413)
        assert rejected.headers[allow] == "https://example.org", "or the page could not read why"


def test_the_description_has_each_schema_once_limits_and_only_possible_errors(client):
    description = client.get("/openapi.json").json()
    text = json.dumps(description)
    assert text.count("about:blank") == 1, "errors refer to one schema"
    assert text.count('"maxItems": 64') == 4, "in JSON and in forms, at two addresses"
    statuses = {
        path: sorted(set(operation["responses"]) - {"200"})
        for path, operations in description["paths"].items()
        for operation in operations.values()
    }
    images = ["400", "408", "413", "415", "422", "500", "503"]
    assert statuses == {
        "/v1/classify": images, "/v1/read": images,
        "/v1/model": ["503"], "/health/live": [], "/health/ready": ["503"], "/metrics": [],
    }  # fmt: skip
