"""Fuzz tests of the API: all checks of Schemathesis, and damaged images."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.helpers.servers import ROOT, serve_api

pytestmark = pytest.mark.slow

FORMS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def file(form: str, number: int) -> bytes:
    """A small image with noise, edges and metadata, so that every part of a file can be damaged."""
    rng = np.random.default_rng(number)
    grey = (rng.integers(0, 256, (24, 40)) * (np.arange(40) > 20 + number)).astype(np.uint8)
    image, out = Image.fromarray(grey), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 1 + number
    options = {"exif": exif} if form in ("JPEG", "WEBP", "PNG") else {}
    if form == "GIF":
        options = {"save_all": True, "append_images": [image.rotate(180)]}
    image.convert("RGB" if number % 2 else "L").save(out, form, **options)
    return out.getvalue()


FILES = [file(form, number) for form in FORMS for number in range(4)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real file, damaged one to four times."""
    data = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("cut", "flip", "zero", "splice", "repeat"))):
            case "cut":
                del data[position:]
            case "flip" if position < len(data):
                data[position] ^= draw(st.integers(1, 255))
            case "zero":
                data[position : position + 4] = bytes(len(data[position : position + 4]))
            case "splice":
                other = draw(st.sampled_from(FILES))
                data[position:] = other[draw(st.integers(0, len(other))) :]
            case "repeat":
                data[position:position] = data[: draw(st.integers(0, len(data)))]
    return bytes(data)


@pytest.fixture(scope="module")
def separate_api():
    with serve_api() as (url, server):
        yield url, psutil.Process(server.pid)


@settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(files=st.lists(damaged(), min_size=32, max_size=32))
def send_damaged(url: str, counts: dict[str, int], files: list[bytes]) -> None:
    parts = [("images", ("a.png", file, "image/png")) for file in files]
    answer = requests.post(f"{url}/v1/classify", files=parts, timeout=30)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert len(results) == len(files)
    for result in results:
        if "error" in result:
            assert result["error"]["status"] in (400, 413)
        counts["error" if "error" in result else "read"] += 1


def test_thousands_of_damaged_images(separate_api):
    url, server = separate_api
    counts = {"error": 0, "read": 0}
    send_damaged(url, counts)
    before = server.memory_info().rss
    send_damaged(url, counts)
    assert sum(counts.values()) > 2_000
    assert counts["error"] > 250
    assert counts["read"] > 250, "some damage is harmless"
    assert server.memory_info().rss < 1.1 * before + 5e6, "memory stays flat"


def test_the_api_conforms_to_its_description(api, tmp_path):
    rejected = ["400", "405", "413", "415", "422"]  # 413: more images than maxItems
    config = f"[checks.negative_data_rejection]\nexpected-statuses = {rejected}\n"
    (tmp_path / "schemathesis.toml").write_text(config.replace("'", '"'))
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{api}/openapi.json"]
    command += ["--checks=all", "--seed=1", "--max-examples=40"]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.helpers.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **hooks},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
