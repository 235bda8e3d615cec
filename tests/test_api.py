"""The API through a real uvicorn, on a real port."""

import base64
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
import requests
from PIL import Image

from digits import pen
from digits.images import ImageError, ImageTooLarge, open_image
from tests.conftest import ROOT, serve_api

TYPES = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp"}


def drawing(digit: int, side: int = 280) -> Image.Image:
    """A digit, dark on white."""
    plain = next(iter(pen.WAYS[digit]))
    strokes = pen.draw_digit(digit, np.random.default_rng(digit), plain)
    middle = (side / 2, side / 2)
    ink = pen.render(pen.place(strokes, 0.6 * side, middle), 0.07 * side, side)
    return Image.fromarray(255 - ink)


def as_file(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def classify(url, body, kind="image/png", **options):
    address = f"{url}/v1/classify"
    return requests.post(address, body, headers={"Content-Type": kind}, timeout=60, **options)


def upload(url, *files, **options):
    parts = [("images", ("a.png", file, "image/png")) for file in files]
    return requests.post(f"{url}/v1/classify", files=parts, timeout=60, **options)


def digits(answer) -> list[int | None]:
    assert answer.status_code == 200, answer.text
    return [result["digit"] for result in answer.json()["results"]]


def assert_problem(answer, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    for word in words:
        assert word in problem["detail"]
    assert problem["detail"].endswith((".", "!"))


@pytest.mark.parametrize(("form", "kind"), TYPES.items())
def test_reads_every_type(api, form, kind):
    for digit in (2, 7):
        image = drawing(digit).convert("RGB")
        answer = classify(api, as_file(image, form), f"image/{kind}")
        assert digits(answer) == [digit]
        (result,) = answer.json()["results"]
        assert result["verdict"] == "digit"
        assert result["confidence"] == max(result["probabilities"]) > 0.8
        assert sum(result["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert "pixels" not in result


def test_answers_in_the_order_sent(api):
    wanted = [int(digit) for digit in np.random.default_rng(0).permutation(30) % 10]
    files = [as_file(drawing(digit)) for digit in wanted]
    assert digits(upload(api, *files)) == wanted
    text = [base64.b64encode(file).decode() for file in files]
    text[::2] = [f"data:image/png;base64,{one}" for one in text[::2]]
    body = json.dumps({"images": text})
    assert digits(classify(api, body, "application/json")) == wanted


def test_a_bad_image_in_a_batch_gets_an_error_in_its_place(api):
    good = as_file(drawing(5))
    answer = upload(api, good, b"no image", good[:200], good)
    assert answer.status_code == 200
    first, second, third, fourth = answer.json()["results"]
    assert first["digit"] == fourth["digit"] == 5
    for bad in (second, third):
        assert bad["error"]["status"] == 400
        assert "PNG" in bad["error"]["detail"]


def test_nothing_drawn_and_no_digit(api):
    blank = classify(api, as_file(Image.new("L", (280, 280), 255))).json()["results"][0]
    assert (blank["verdict"], blank["digit"]) == ("blank", None)
    cross = [np.array([[40.0, 40], [240, 240]]), np.array([[240.0, 40], [40, 240]])]
    ink = pen.render(cross, 20)
    unsure = classify(api, as_file(Image.fromarray(255 - ink))).json()["results"][0]
    assert (unsure["verdict"], unsure["digit"]) == ("unsure", None)
    assert len(unsure["probabilities"]) == 10


def test_pixels_on_request(api, classifier):
    image = drawing(3)
    answer = classify(api, as_file(image), params={"pixels": "true"})
    head, _, data = answer.json()["results"][0]["pixels"].partition(",")
    assert head == "data:image/png;base64"
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert np.array_equal(pixels, classifier.predict(image).pixels)


def test_says_which_model_answered(api):
    card = json.loads((ROOT / "model" / "card.json").read_text("utf-8"))
    answer = classify(api, as_file(drawing(1))).json()
    assert answer["model"]["sha256"] == card["sha256"]
    assert requests.get(f"{api}/v1/model", timeout=60).json() == card


def oddities() -> dict[str, bytes]:
    seven = drawing(7)
    ink = seven.point(lambda grey: 255 - grey)
    clear = Image.merge("RGBA", [Image.new("L", seven.size, 0)] * 3 + [ink])
    deep = Image.fromarray(np.asarray(seven, np.uint16) * 257)
    turned = Image.Exif()
    turned[0x0112] = 6  # is to be turned by 90° clockwise to be seen upright
    frames = {"save_all": True, "append_images": [drawing(0)] * 3}
    return {
        "transparent": as_file(clear),
        "palette": as_file(seven.quantize(4)),
        "16 bits": as_file(deep),
        "one bit": as_file(seven.convert("1")),
        "CMYK": as_file(seven.convert("CMYK"), "JPEG"),
        "EXIF": as_file(seven.rotate(90), "JPEG", exif=turned),
        "animated GIF": as_file(seven, "GIF", **frames),
        "animated WebP": as_file(seven, "WEBP", **frames),
        "large": as_file(drawing(7, 3000), "JPEG"),
    }


@pytest.mark.parametrize("name", oddities())
def test_odd_images_are_read_right(api, name):
    assert digits(classify(api, oddities()[name])) == [7]


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (10, 20_000)])
def test_odd_sizes_get_an_answer(api, size):
    assert digits(classify(api, as_file(Image.new("L", size, 255)))) == [None]


def test_not_an_image(api):
    good = as_file(drawing(4))
    for body in (b"", b"hello", good[:300], b"\x89PNG\r\n\x1a\n" + bytes(100)):
        assert_problem(classify(api, body), 400, "PNG")
    assert_problem(upload(api, b"hello"), 400)
    body = json.dumps({"images": ["§§§"]})
    assert_problem(classify(api, body, "application/json"), 400, "base64")


def test_only_the_named_decoders_are_reached(api):
    for form in ("TIFF", "ICO", "PPM", "TGA", "EPS", "PDF", "PCX", "JPEG2000"):
        image = drawing(3, 64).convert("RGB")
        with pytest.raises(ImageError):
            open_image(as_file(image, form))
        assert_problem(classify(api, as_file(image, form)), 400)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and then has nothing to show."""
    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(100))))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def test_too_many_pixels_are_told_from_the_header(api):
    for size in ((10_000, 4_001), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
        with pytest.raises(ImageTooLarge):
            open_image(png_header(*size))
        assert_problem(classify(api, png_header(*size)), 413, "smaller")


def test_a_body_that_is_too_large(api):
    assert_problem(classify(api, bytes(10_000_001)), 413, "10,000,000")

    def endless():  # no Content-Length: it must be refused on the way
        for _ in range(100_000):
            sent.append(1)
            yield bytes(65_536)

    sent = []
    with suppress(requests.ConnectionError):  # it may hang up while we are still sending
        assert_problem(classify(api, endless()), 413)
    assert len(sent) < 2_000, "it was let in for far more than 10 MB"
    assert digits(classify(api, as_file(drawing(6)))) == [6]


def test_a_body_that_says_that_it_is_too_large_is_not_waited_for(api):
    with raw_request(api, 10_000_001) as client:
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_too_many_images(api):
    file = as_file(drawing(1, 28))
    assert len(digits(upload(api, *[file] * 64))) == 64
    assert_problem(upload(api, *[file] * 65), 413, "64")
    body = json.dumps({"images": [base64.b64encode(file).decode()] * 65})
    assert_problem(classify(api, body, "application/json"), 413, "64")


def test_types_that_are_not_read(api):
    file = as_file(drawing(1))
    for kind in ("text/plain", "image/tiff", "application/octet-stream", ""):
        assert_problem(classify(api, file, kind), 415, "image/png")


def test_json_of_another_shape(api):
    for body in ("", "{", "[]", "{}", '{"images": []}', '{"images": "x"}', '{"images": [1]}'):
        assert_problem(classify(api, body, "application/json"), 422)
    assert_problem(classify(api, as_file(drawing(1)), params={"pixels": "perhaps"}), 422, "pixels")


def test_forms_without_a_file_and_broken_forms(api):
    address = f"{api}/v1/classify"
    form = {"text": (None, "hello")}
    assert_problem(requests.post(address, files=form, timeout=60), 400, "file")
    assert_problem(classify(api, b"--x", "multipart/form-data"), 400)
    assert_problem(classify(api, b"hello", "multipart/form-data; boundary=x"), 400)


def test_other_addresses_and_methods(api):
    assert_problem(requests.get(f"{api}/nothing", timeout=60), 404)
    assert_problem(requests.get(f"{api}/v1/classify", timeout=60), 405)


def test_health_and_metrics(api):
    assert requests.get(f"{api}/health/live", timeout=60).status_code == 200
    assert requests.get(f"{api}/health/ready", timeout=60).status_code == 200
    before = read_so_far(api)
    classify(api, as_file(drawing(8)))
    assert read_so_far(api) == before + 1


def test_without_a_model_it_lives_but_is_not_ready(tmp_path):
    with serve_api("/health/live", DIGITS_MODEL=str(tmp_path)) as (url, _):
        assert_problem(requests.get(f"{url}/health/ready", timeout=60), 503, "python train.py")
        assert_problem(classify(url, as_file(drawing(1))), 503, "python train.py")
        for file in (ROOT / "model").glob("*.*"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        assert requests.get(f"{url}/health/ready", timeout=60).status_code == 200


def test_no_other_page_may_call_unless_asked_for(api):
    origin = {"Origin": "https://example.org"}
    assert (
        "Access-Control-Allow-Origin"
        not in requests.get(f"{api}/health/live", headers=origin, timeout=60).headers
    )
    with serve_api(DIGITS_CORS='["https://example.org"]') as (url, _):
        headers = requests.get(f"{url}/health/live", headers=origin, timeout=60).headers
        assert headers["Access-Control-Allow-Origin"] == "https://example.org"


def test_a_full_queue_says_when_to_come_back():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_api(DIGITS_THREADS="1", DIGITS_QUEUE="1") as (url, _):
        with ThreadPoolExecutor(20) as clients:
            answers = list(clients.map(lambda _: classify(url, large), range(20)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert 0 < len(refused) < 20
        for answer in refused:
            assert_problem(answer, 503, "second")
            assert int(answer.headers["Retry-After"]) >= 1
        for answer in set(answers) - set(refused):
            assert digits(answer) == [7]
        assert digits(classify(url, large)) == [7], "the places were given back"


def test_sigterm_under_load_loses_nothing():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_api(DIGITS_THREADS="1") as (url, server), ThreadPoolExecutor(12) as clients:
        sent = [clients.submit(classify, url, large) for _ in range(12)]
        while not any(one.done() for one in sent):  # the others wait for the only thread
            time.sleep(0.01)
        server.send_signal(signal.SIGTERM)
        assert [digits(one.result()) for one in sent] == [[7]] * 12
        assert server.wait(30) in (0, -signal.SIGTERM)
        with pytest.raises(requests.ConnectionError):
            classify(url, large)


def read_so_far(url: str, verdict: str = "digit") -> float:
    lines = requests.get(f"{url}/metrics", timeout=60).text.splitlines()
    count = f'digits_images_total{{verdict="{verdict}"}}'
    return sum(float(line.split()[1]) for line in lines if line.startswith(count))


def test_the_work_of_clients_that_are_gone_is_dropped():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_api(DIGITS_THREADS="1") as (url, _):
        clients = [raw_request(url, len(large)) for _ in range(20)]
        for client in clients:
            client.sendall(large)
        for client in clients:
            client.close()
        assert digits(classify(url, large)) == [7]
        assert read_so_far(url) < 10


def raw_request(url: str, length: int) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)))
    head = f"POST /v1/classify HTTP/1.1\r\nHost: {host}\r\nContent-Type: image/png\r\n"
    client.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
    return client


def test_clients_that_hang_up_half_way_and_slow_ones_hold_nobody_up(api):
    file = as_file(drawing(9))
    for _ in range(20):
        client = raw_request(api, len(file))
        client.sendall(file[: len(file) // 2])
        client.close()
    slow = [raw_request(api, len(file)) for _ in range(20)]
    trickle = threading.Event()

    def dribble():
        for byte in file:
            if trickle.wait(0.05):
                return
            for client in slow:
                client.send(bytes([byte]))

    thread = threading.Thread(target=dribble)
    thread.start()
    try:
        for _ in range(30):
            assert digits(classify(api, file)) == [9]
    finally:
        trickle.set()
        thread.join()
        for client in slow:
            client.close()


def test_a_request_that_never_ends_is_given_up():
    file = as_file(drawing(9))
    with serve_api(DIGITS_BODY_SECONDS="0.5") as (url, _), raw_request(url, len(file)) as client:
        client.sendall(file[:10])
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 408")


def test_the_calls_in_the_readme_work_as_they_stand(api):
    blocks = re.findall(r"```(\w*)\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
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
    elsewhere = []
    page.on(
        "request",
        lambda r: None if r.url.startswith((api, "data:", "blob:")) else elsewhere.append(r.url),
    )
    page.goto(f"{api}/docs")
    page.locator("#operations-default-classify_v1_classify_post").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    body = page.locator(".live-responses-table .response-col_description code").first
    body.wait_for()
    assert '"digit": 7' in body.inner_text()
    assert not elsewhere, "the documentation works without internet"
    page.close()


@pytest.mark.parametrize(("name", "value"), [("THREADS", "many"), ("CORS", "everybody")])
def test_a_setting_that_makes_no_sense_is_said_without_a_traceback(name, value):
    environment = {**os.environ, f"DIGITS_{name}": value}
    command = [sys.executable, "-m", "uvicorn", "api:app", "--port=1"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "setting" in done.stderr
    assert name.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_importing_it_does_not_import_tensorflow_or_streamlit():
    ask = "import sys, api; print({'tensorflow', 'keras', 'streamlit', 'ray'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
