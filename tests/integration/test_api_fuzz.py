"""The API under what nobody meant to send: every check of Schemathesis, and damaged images."""

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
    """A small picture of noise and edges, whose file has something of everything to damage."""
    rng = np.random.default_rng(number)
    grey = (rng.integers(0, 256, (24, 40)) * (np.arange(40) > 20 + number)).astype(np.uint8)
    image, out = Image.fromarray(grey), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 1 + number
    more = {"exif": exif} if form in ("JPEG", "WEBP", "PNG") else {}
    if form == "GIF":
        more = {"save_all": True, "append_images": [image.rotate(180)]}
    image.convert("RGB" if number % 2 else "L").save(out, form, **more)
    return out.getvalue()


FILES = [file(form, number) for form in FORMS for number in range(4)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real file, cut, flipped and spliced."""
    data = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("cut", "flip", "zero", "splice", "repeat"))):
            case "cut":
                del data[place:]
            case "flip" if place < len(data):
                data[place] ^= draw(st.integers(1, 255))
            case "zero":
                data[place : place + 4] = bytes(len(data[place : place + 4]))
            case "splice":
                other = draw(st.sampled_from(FILES))
                data[place:] = other[draw(st.integers(0, len(other))) :]
            case "repeat":
                data[place:place] = data[: draw(st.integers(0, len(data)))]
    return bytes(data)


@pytest.fixture(scope="module")
def own_api():
    with serve_api() as (url, server):
        yield url, psutil.Process(server.pid)


@settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(files=st.lists(damaged(), min_size=32, max_size=32))
def send_damaged(url: str, counts: dict[str, int], files: list[bytes]) -> None:
    parts = [("images", ("a.png", one, "image/png")) for one in files]
    answer = requests.post(f"{url}/v1/classify", files=parts, timeout=30)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert len(results) == len(files)
    for one in results:
        if "error" in one:
            assert one["error"]["status"] in (400, 413)
        counts["error" if "error" in one else "read"] += 1


def test_thousands_of_damaged_images(own_api):
    url, server = own_api
    counts = {"error": 0, "read": 0}
    send_damaged(url, counts)
    before = server.memory_info().rss
    send_damaged(url, counts)
    assert sum(counts.values()) > 2_000
    assert counts["error"] > 250
    assert counts["read"] > 250, "some are damaged where it does no harm"
    assert server.memory_info().rss < 1.1 * before + 5e6, "memory stays flat"


def test_the_api_keeps_to_its_description(api, tmp_path):
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
