"""Make image files, and send them to the API."""

import io

import numpy as np
import requests
from PIL import Image

from handwriting import pen


def drawing(digit: int, side: int = 280) -> Image.Image:
    """A digit, dark on white."""
    plain = next(iter(pen.VARIANTS[digit]))
    strokes = pen.draw_digit(digit, np.random.default_rng(digit), plain)
    middle = (side / 2, side / 2)
    ink = pen.render(pen.place(strokes, 0.6 * side, middle), 0.07 * side, side)
    return Image.fromarray(255 - ink)


def numbers(*rows: str, side: int = 100) -> Image.Image:
    """Rows of digits, dark on white."""
    page = Image.new("L", (side * max(map(len, rows)), side * len(rows)), 255)
    for top, row in enumerate(rows):
        for left, digit in enumerate(row):
            if digit != " ":
                page.paste(drawing(int(digit), side), (side * left, side * top))
    return page


def as_file(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def send(url, body, kind="image/png", to="classify", **options):
    """Post a body of this content type to /v1/classify or /v1/read."""
    headers = {"Content-Type": kind}
    return requests.post(f"{url}/v1/{to}", body, headers=headers, timeout=60, **options)


def upload(url, *files, to="classify", **options):
    """Post files in a form."""
    parts = [("images", ("a.png", file, "image/png")) for file in files]
    return requests.post(f"{url}/v1/{to}", files=parts, timeout=60, **options)


def digits(answer) -> list[int | None]:
    """The digit in each image, or None. The answer is of `requests` or of a `TestClient`."""
    assert answer.status_code == 200, answer.text
    found = [result.get("digit", result.get("text")) for result in answer.json()["results"]]
    return [int(label) if str(label).isdecimal() else None for label in found]


def assert_problem(answer, status: int, *words: str) -> None:
    """Check that an answer (`requests`, `TestClient`) is a problem whose detail has these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert problem["title"]
    for word in words:
        assert word in problem["detail"]
    assert problem["detail"].endswith(".")
