"""The API with the shipped model, on a real uvicorn server."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import requests
from PIL import Image

from service.app import create_app
from service.settings import Settings
from tests.helpers.http import as_file, assert_problem, digits, drawing, numbers, send, upload
from tests.helpers.servers import ROOT, serve_api, serve_app


def files() -> dict[str, bytes]:
    """A seven in every supported image format, and in unusual variants."""
    pillow_heif.register_heif_opener()
    seven = drawing(7)
    ink = seven.point(lambda grey: 255 - grey)
    transparent = Image.merge("RGBA", [Image.new("L", seven.size, 0)] * 3 + [ink])
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: rotate by 90° clockwise
    frames = {"save_all": True, "append_images": [drawing(0)] * 3}
    return {
        **{form: as_file(seven.convert("RGB"), form) for form in ("PNG", "JPEG", "BMP", "HEIF")},
        "transparent": as_file(transparent),
        "palette": as_file(seven.quantize(4)),
        "16 bits": as_file(Image.fromarray(np.asarray(seven, np.uint16) * 257)),
        "CMYK": as_file(seven.convert("CMYK"), "JPEG"),
        "EXIF": as_file(seven.rotate(90), "JPEG", exif=exif),
        "animated GIF": as_file(seven, "GIF", **frames),
        "animated WebP": as_file(seven, "WEBP", **frames),
        "AVIF": as_file(seven, "AVIF"),
        "large": as_file(drawing(7, 3000), "JPEG"),
    }


@pytest.mark.parametrize("to", ["classify", "read"])
def test_every_image_format_is_read(api, to):
    kinds = files()
    assert dict(
        zip(kinds, digits(upload(api, *kinds.values(), to=to)), strict=True)
    ) == dict.fromkeys(kinds, 7)


@pytest.mark.parametrize("orientation", [1, 6])
def test_numbers_are_read_and_located(api, classifier, orientation):
    page = numbers("2026", "47  3", side=300)  # large enough to be shrunk before reading
    exif = Image.Exif()
    exif[0x0112] = orientation
    rotated = page.rotate({1: 0, 6: 90}[orientation], expand=True)
    answer = send(api, as_file(rotated, "JPEG", exif=exif), "image/jpeg", to="read")
    (result,) = answer.json()["results"]
    assert result["text"] == "2026\n47 3"
    positions = [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (1, 1), (4, 1)]
    for symbol, (left, top) in zip(result["symbols"], positions, strict=True):
        box = symbol["box"]
        centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        assert centre == pytest.approx((300 * left + 150, 300 * top + 150), abs=24)


@pytest.mark.parametrize("name", ["digits.tflite", "card.json"])
def test_a_damaged_model_is_not_ready_until_it_is_repaired(tmp_path, name):
    model = tmp_path / "model"
    shutil.copytree(ROOT / "model", model)
    content = (model / name).read_bytes()
    (model / name).write_bytes(content[:-100] + bytes(100))
    with serve_app(create_app(Settings(model=model))) as url:
        assert requests.get(f"{url}/health/live", timeout=60).status_code == 200
        for answer in (
            requests.get(f"{url}/health/ready", timeout=60), send(url, as_file(drawing(1))),
        ):  # fmt: skip
            assert_problem(answer, 503, "log")
            assert str(tmp_path) not in answer.text
        (model / name).write_bytes(content)
        assert requests.get(f"{url}/health/ready", timeout=60).status_code == 200


# Load and memory


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_hostile_requests_take_bounded_memory():
    def peak() -> float:
        status = Path(f"/proc/{server.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000

    with serve_api(DIGITS_THREADS="1") as (url, server):
        send(url, as_file(drawing(7)))
        before = peak()
        for item in (b"1", b"[]", b'""'):
            body = b'{"images":[' + b",".join([item] * (9_800_000 // (len(item) + 1))) + b"]}"
            assert_problem(send(url, body, "application/json"), 413)
        assert peak() - before < 100

        bomb = as_file(Image.new("RGBA", (6_300, 6_300), (255, 255, 255, 255)))
        assert len(bomb) < 200_000
        before = peak()
        results = upload(url, *[bomb] * 40).json()["results"]
        assert [result.get("verdict") for result in results] == ["blank"] * 2 + [None] * 38
        decoded = 6_300 * 6_300 * 4 / 1e6  # MB
        assert peak() - before < 2.5 * decoded, "more than one image at a time"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_many_large_bodies_at_once_take_bounded_memory():
    size = 9_000_000
    with serve_api() as (url, server):
        status = Path(f"/proc/{server.pid}/status")
        before = int(re.search(r"VmRSS:\s+(\d+) kB", status.read_text())[1]) / 1000
        clients = [raw_request(url, size) for _ in range(60)]
        try:
            for client in clients:
                client.setblocking(False)
            unsent = dict.fromkeys(clients, size - 1)  # the last byte is never sent
            rounds = 0
            while unsent and rounds < 200:
                rounds += 1
                for client in list(unsent):
                    try:
                        unsent[client] -= client.send(bytes(min(unsent[client], 1_000_000)))
                    except BlockingIOError:
                        continue
                    if not unsent[client]:
                        del unsent[client]
                time.sleep(0.01)
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1000
            assert peak - before < 200, "60 bodies have 540 MB"
            assert digits(send(url, as_file(drawing(7)))) == [7], "small requests do not wait"
        finally:
            for client in clients:
                client.close()


@pytest.mark.slow
def test_all_workers_are_counted(tmp_path):
    file, count = as_file(drawing(8)), 40
    with serve_api("--workers=2", TMPDIR=str(tmp_path)) as (url, _):
        for _ in range(count):  # each on a new connection, which either worker may accept
            assert digits(send(url, file)) == [8]
        assert [count_read(url) for _ in range(20)] == [count] * 20
        timed = requests.get(f"{url}/metrics", timeout=60).text
        assert f"digits_classify_seconds_count {count}.0" in timed
    assert not list(tmp_path.glob("digits-metrics-*")), "the files of the workers' metrics remain"


def count_read(url: str, verdict: str = "digit") -> float:
    lines = requests.get(f"{url}/metrics", timeout=60).text.splitlines()
    count = f'digits_images_total{{verdict="{verdict}"}}'
    return sum(float(line.split()[1]) for line in lines if line.startswith(count))


@pytest.mark.slow
def test_sigterm_under_load_loses_nothing():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_api(DIGITS_THREADS="1") as (url, server), ThreadPoolExecutor(6) as clients:
        sent = [clients.submit(send, url, large) for _ in range(6)]
        while not any(request.done() for request in sent):  # the others wait for the only thread
            time.sleep(0.01)
        server.send_signal(signal.SIGTERM)
        assert [digits(request.result()) for request in sent] == [[7]] * 6
        assert server.wait(30) in (0, -signal.SIGTERM)
        with pytest.raises(requests.ConnectionError):
            send(url, large)


def test_requests_of_disconnected_clients_are_dropped():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_app(create_app(Settings(threads=1))) as url:
        clients = [raw_request(url, len(large)) for _ in range(20)]
        for client in clients:
            client.sendall(large)
        for client in clients:
            client.close()
        assert digits(send(url, large)) == [7]
        assert count_read(url) < 10


def raw_request(url: str, length: int) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)))
    head = f"POST /v1/classify HTTP/1.1\r\nHost: {host}\r\nContent-Type: image/png\r\n"
    client.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
    return client


def test_a_body_that_announces_too_many_bytes_is_rejected_at_once(api):
    with raw_request(api, 10_000_001) as client:
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_the_rest_of_a_body_that_is_too_large_is_received(api):
    """Otherwise a proxy that is still sending reports a broken connection."""
    with raw_request(api, 20_000_000) as client:
        client.settimeout(60)
        assert client.recv(100).startswith(b"HTTP/1.1 413")
        client.sendall(bytes(20_000_000))
        while client.recv(1000):
            pass


def test_clients_that_disconnect_or_are_slow_do_not_delay_others(api):
    file = as_file(drawing(9))
    for _ in range(20):
        client = raw_request(api, len(file))
        client.sendall(file[: len(file) // 2])
        client.close()
    slow = [raw_request(api, len(file)) for _ in range(20)]
    stop = threading.Event()

    def send_slowly():
        for byte in file:
            if stop.wait(0.05):
                return
            for client in slow:
                client.send(bytes([byte]))

    thread = threading.Thread(target=send_slowly)
    thread.start()
    try:
        for _ in range(30):
            assert digits(send(api, file)) == [9]
    finally:
        stop.set()
        thread.join()
        for client in slow:
            client.close()


def test_a_request_that_never_ends_times_out():
    file = as_file(drawing(9))
    settings = Settings(body_seconds=0.5)
    with serve_app(create_app(settings)) as url, raw_request(url, len(file)) as client:
        client.sendall(file[:10])
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 408")


# Documentation and settings


def test_the_documented_calls_work(api):
    blocks = re.findall(
        r"```(\w*)\n(.*?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL
    )
    calls = [(kind, code) for kind, code in blocks if "http://127.0.0.1:8000/v1" in code]
    assert len(calls) == 3
    printed = []
    for kind, code in calls:
        code = code.replace("http://127.0.0.1:8000", api)
        shell = [sys.executable, "-c", code] if kind == "python" else ["bash", "-ec", code]
        done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    one, two, by_python = printed
    assert [result["digit"] for result in json.loads(one)["results"]] == [7]
    assert [result["digit"] for result in json.loads(two)["results"]] == [7, 4]
    assert by_python.startswith("digit 4 ")


def test_try_it_out_works(api, browser):
    page = browser.new_page()
    external = []
    page.on(
        "request",
        lambda r: None if r.url.startswith((api, "data:", "blob:")) else external.append(r.url),
    )
    page.goto(f"{api}/docs")
    page.locator("#operations-default-classify_v1_classify_post").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    body = page.locator(".live-responses-table .response-col_description code").first
    body.wait_for()
    assert '"digit": 7' in body.inner_text()
    assert not external, "the documentation works without internet"
    page.close()


@pytest.mark.parametrize(
    ("name", "value", "app"),
    [("THREADS", "many", "api:app"), ("CORS", "everybody", "service.app:create_app")],
)
def test_an_invalid_setting_is_reported(name, value, app):
    environment = {**os.environ, f"DIGITS_{name}": value}
    command = [sys.executable, "-m", "uvicorn", app, "--factory"][: 5 if "create" in app else 4]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert re.fullmatch(f"The setting DIGITS_{name} is “{value}”, .*\\.\n", done.stderr)
