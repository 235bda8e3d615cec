"""The API through a real uvicorn, on a real port."""

import base64
import io
import json
import os
import re
import shutil
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
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import requests
from PIL import Image

from api import Settings, create_app
from digits import DigitClassifier
from digits.images import ImageError, ImageTooLarge, open_image
from handwriting import pen
from tests.helpers.http import as_file, assert_problem, digits, drawing, numbers, send, upload
from tests.helpers.servers import ROOT, serve_api, serve_app

# What holds for either address
both = pytest.mark.parametrize("to", ["classify", "read"])
TYPES = {"PNG": "png", "JPEG": "jpeg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp"}


@pytest.mark.parametrize(("form", "kind"), TYPES.items())
def test_reads_every_type(api, form, kind):
    for digit in (2, 7):
        image = drawing(digit).convert("RGB")
        answer = send(api, as_file(image, form), f"image/{kind}")
        assert digits(answer) == [digit]
        (result,) = answer.json()["results"]
        assert result["verdict"] == "digit"
        assert result["confidence"] == max(result["probabilities"]) > 0.8
        assert sum(result["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert "pixels" not in result


@both
def test_answers_in_the_order_sent(api, to):
    wanted = [int(digit) for digit in np.random.default_rng(0).permutation(30) % 10]
    files = [as_file(drawing(digit)) for digit in wanted]
    assert digits(upload(api, *files, to=to)) == wanted
    text = [base64.b64encode(file).decode() for file in files]
    text[::2] = [f"data:image/png;base64,{one}" for one in text[::2]]
    body = json.dumps({"images": text})
    assert digits(send(api, body, "application/json", to=to)) == wanted


def test_a_bad_image_in_a_batch_gets_an_error_in_its_place(api):
    good = as_file(drawing(5))
    answer = upload(api, good, b"no image", good[:200], good)
    assert answer.status_code == 200
    first, second, third, fourth = answer.json()["results"]
    assert first["digit"] == fourth["digit"] == 5
    for bad in (second, third):
        assert bad["error"]["status"] == 400
        assert "PNG" in bad["error"]["detail"]


def test_reads_numbers_and_tells_where_each_digit_is(api, classifier):
    sheet = numbers("2026", "47  3")
    (result,) = send(api, as_file(sheet), to="read", params={"pixels": "true"}).json()["results"]
    assert result["text"] == "2026\n47 3"
    assert [symbol["digit"] for symbol in result["symbols"]] == [2, 0, 2, 6, 4, 7, 3]
    for symbol, (left, top) in zip(
        result["symbols"], [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (1, 1), (4, 1)], strict=True
    ):
        box = symbol["box"]
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        assert middle == pytest.approx((100 * left + 50, 100 * top + 50), abs=8)
        assert 15 <= box[2] - box[0] <= 75 and 50 <= box[3] - box[1] <= 75
        assert symbol["pixels"].startswith("data:image/png;base64,")
        assert symbol["confidence"] == max(symbol["probabilities"])
    expected = classifier.read(sheet)
    assert [symbol["box"] for symbol in result["symbols"]] == [
        list(s.box) for s in expected.symbols
    ]


def test_one_digit_is_read_as_it_is_classified(api):
    for image in (drawing(3), drawing(1, 60), Image.new("L", (50, 50), 255)):
        file = as_file(image)
        (read,), (classified,) = (
            send(api, file, to=to).json()["results"] for to in ("read", "classify")
        )
        for symbol in read["symbols"]:
            del symbol["box"]
        assert read["symbols"] == ([classified] if classified["verdict"] != "blank" else [])


@pytest.mark.parametrize("turn", [1, 6, 3])
def test_boxes_are_in_the_pixels_of_the_image_that_was_sent(api, turn):
    sheet = numbers("42", side=1200)  # which is made smaller on the way
    exif = Image.Exif()
    exif[0x0112] = turn
    lying = sheet.rotate({1: 0, 6: 90, 3: 180}[turn], expand=True)
    answer = send(api, as_file(lying, "JPEG", exif=exif), "image/jpeg", to="read")
    (result,) = answer.json()["results"]
    assert result["text"] == "42"
    for place, symbol in enumerate(result["symbols"]):
        left, top, right, bottom = symbol["box"]
        middle = (left + right) / 2, (top + bottom) / 2
        assert middle == pytest.approx((1200 * place + 600, 600), abs=60)


def test_nothing_drawn_and_no_digit(api):
    blank = send(api, as_file(Image.new("L", (280, 280), 255))).json()["results"][0]
    assert (blank["verdict"], blank["digit"], blank["none"]) == ("blank", None, 0)
    cross = [np.array([[40.0, 40], [240, 240]]), np.array([[240.0, 40], [40, 240]])]
    ink = pen.render(cross, 20)
    unsure = send(api, as_file(Image.fromarray(255 - ink))).json()["results"][0]
    assert (unsure["verdict"], unsure["digit"]) == ("unsure", None)
    assert len(unsure["probabilities"]) == 10
    assert 0.5 < unsure["none"] <= 1


def test_pixels_on_request(api, classifier):
    image = drawing(3)
    answer = send(api, as_file(image), params={"pixels": "true"})
    head, _, data = answer.json()["results"][0]["pixels"].partition(",")
    assert head == "data:image/png;base64"
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert np.array_equal(pixels, classifier.predict(image).pixels)


def test_says_which_model_answered(api):
    card = json.loads((ROOT / "model" / "card.json").read_text("utf-8"))
    answer = send(api, as_file(drawing(1))).json()
    assert answer["model"]["sha256"] == card["sha256"]
    assert requests.get(f"{api}/v1/model", timeout=60).json() == card


def oddities() -> dict[str, bytes]:
    pillow_heif.register_heif_opener()
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
        "HEIC": as_file(seven.convert("RGB"), "HEIF"),
        "AVIF": as_file(seven, "AVIF"),
        "large": as_file(drawing(7, 3000), "JPEG"),
    }


@both
@pytest.mark.parametrize("name", oddities())
def test_odd_images_are_read_right(api, to, name):
    assert digits(send(api, oddities()[name], to=to)) == [7]


@both
@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (10, 20_000)])
def test_odd_sizes_get_an_answer(api, to, size):
    assert digits(send(api, as_file(Image.new("L", size, 255)), to=to)) == [None]


@both
def test_not_an_image(api, to):
    good = as_file(drawing(4))
    for body in (b"", b"hello", good[:300], b"\x89PNG\r\n\x1a\n" + bytes(100)):
        assert_problem(send(api, body, to=to), 400, "PNG")
    assert_problem(upload(api, b"hello", to=to), 400)
    body = json.dumps({"images": ["§§§"]})
    assert_problem(send(api, body, "application/json", to=to), 400, "base64")


def test_only_the_named_decoders_are_reached(api):
    for form in ("TIFF", "ICO", "PPM", "TGA", "EPS", "PDF", "PCX", "JPEG2000"):
        image = drawing(3, 64).convert("RGB")
        with pytest.raises(ImageError):
            open_image(as_file(image, form))
        assert_problem(send(api, as_file(image, form)), 400)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and then has nothing to show."""
    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(100))))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@both
def test_too_many_pixels_are_told_from_the_header(api, to):
    for size in ((10_000, 4_001), (60_000, 60_000), (2**31 - 1, 2**31 - 1)):
        with pytest.raises(ImageTooLarge):
            open_image(png_header(*size))
        assert_problem(send(api, png_header(*size), to=to), 413, "smaller")


@both
def test_all_images_of_a_request_share_a_budget_of_pixels(to):
    file = as_file(drawing(7, 100))
    with serve_app(create_app(Settings(max_request_pixels=35_000))) as url:
        results = upload(url, *[file] * 5, to=to).json()["results"]
        assert ["error" in result for result in results] == [False] * 3 + [True] * 2
        for result in results[3:]:
            assert result["error"]["status"] == 413
            assert "together" in result["error"]["detail"]
        assert digits(send(url, file, to=to)) == [7], "the next request has its own"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_a_hostile_request_takes_bounded_memory():
    def peak() -> float:
        status = Path(f"/proc/{server.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000

    bomb = as_file(Image.new("RGBA", (6_300, 6_300), (255, 255, 255, 255)))
    assert len(bomb) < 200_000
    with serve_api(DIGITS_THREADS="1") as (url, server):
        send(url, as_file(drawing(7)))
        before = peak()
        results = upload(url, *[bomb] * 40).json()["results"]
        assert [result.get("verdict") for result in results] == ["blank"] * 2 + [None] * 38
        one = 6_300 * 6_300 * 4 / 1e6
        assert peak() - before < 2.5 * one, "more than one image at a time"


@both
def test_a_body_that_is_too_large(api, to):
    assert_problem(send(api, bytes(10_000_001), to=to), 413, "10,000,000")

    def endless():  # no Content-Length: it must be refused on the way
        for _ in range(100_000):
            sent.append(1)
            yield bytes(65_536)

    sent = []
    with suppress(requests.ConnectionError):  # it may hang up while we are still sending
        assert_problem(send(api, endless(), to=to), 413)
    assert len(sent) < 2_000, "it was let in for far more than 10 MB"
    assert digits(send(api, as_file(drawing(6)), to=to)) == [6]


def test_a_body_that_says_that_it_is_too_large_is_not_waited_for(api):
    with raw_request(api, 10_000_001) as client:
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 413")


@both
def test_too_many_images(api, to):
    file = as_file(drawing(1, 28))
    assert len(digits(upload(api, *[file] * 64, to=to))) == 64
    assert_problem(upload(api, *[file] * 65, to=to), 413, "64")
    body = json.dumps({"images": [base64.b64encode(file).decode()] * 65})
    assert_problem(send(api, body, "application/json", to=to), 413, "64")


@both
@pytest.mark.parametrize(
    "kind",
    [
        "image/jpg", "image/pjpeg", "image/x-png", "image/x-ms-bmp", "IMAGE/PNG; charset=binary",
        "application/octet-stream", "application/x-www-form-urlencoded", "", None,
    ],
)  # fmt: skip
def test_the_content_decides_what_kind_of_image_it_is(api, to, kind):
    for form in ("PNG", "JPEG"):
        assert digits(send(api, as_file(drawing(1), form), kind, to=to)) == [1]
    assert_problem(send(api, b"hello", kind, to=to), 400, "PNG")


@both
def test_types_that_are_not_read(api, to):
    file = as_file(drawing(1))
    for kind in ("text/plain", "image/tiff", "video/mp4", "nonsense"):
        assert_problem(send(api, file, kind, to=to), 415, "image/png")


@both
def test_base64_however_it_is_written(api, to):
    file = as_file(drawing(3))
    plain, safe = base64.b64encode(file).decode(), base64.urlsafe_b64encode(file).decode()
    texts = [
        plain, safe, safe.rstrip("="), base64.encodebytes(file).decode(),
        f"DATA:image/png;BASE64,{plain}",
    ]  # fmt: skip
    body = json.dumps({"images": texts})
    assert digits(send(api, body, "application/json", to=to)) == [3] * len(texts)
    body = json.dumps({"images": [plain, "no base64!"]})
    good, bad = send(api, body, "application/json", to=to).json()["results"]
    assert "error" not in good
    assert bad["error"]["status"] == 400


@both
def test_json_of_another_shape(api, to):
    for body in ("", "{", "[]", "{}", '{"images": []}', '{"images": "x"}', '{"images": [1]}'):
        assert_problem(send(api, body, "application/json", to=to), 422)
    assert_problem(
        send(api, as_file(drawing(1)), params={"pixels": "perhaps"}, to=to), 422, "pixels"
    )


@both
def test_forms_without_a_file_and_broken_forms(api, to):
    address = f"{api}/v1/{to}"
    form = {"text": (None, "hello")}
    assert_problem(requests.post(address, files=form, timeout=60), 400, "file")
    assert_problem(send(api, b"--x", "multipart/form-data", to=to), 400)
    assert_problem(send(api, b"hello", "multipart/form-data; boundary=x", to=to), 400)


def test_other_addresses_and_methods(api):
    assert_problem(requests.get(f"{api}/nothing", timeout=60), 404)
    assert_problem(requests.get(f"{api}/v1/classify", timeout=60), 405)


def test_health_and_metrics(api):
    assert requests.get(f"{api}/health/live", timeout=60).status_code == 200
    assert requests.get(f"{api}/health/ready", timeout=60).status_code == 200
    before = read_so_far(api)
    send(api, as_file(drawing(8)))
    assert read_so_far(api) == before + 1


@pytest.mark.slow
def test_all_workers_are_counted(tmp_path):
    file, count = as_file(drawing(8)), 40
    with serve_api("--workers=2", TMPDIR=str(tmp_path)) as (url, _):
        for _ in range(count):  # each by a connection of its own, which either worker may take
            assert digits(send(url, file)) == [8]
        assert [read_so_far(url) for _ in range(20)] == [count] * 20
        timed = requests.get(f"{url}/metrics", timeout=60).text
        assert f"digits_classify_seconds_count {count}.0" in timed
    assert not list(tmp_path.glob("digits-metrics-*")), "the workers' numbers are left behind"


def test_two_applications_in_one_process_count_for_themselves():
    with serve_app(create_app(Settings())) as one, serve_app(create_app(Settings())) as other:
        send(one, as_file(drawing(8)))
        assert (read_so_far(one), read_so_far(other)) == (1, 0)


def test_without_a_model_it_lives_but_is_not_ready(tmp_path):
    with serve_app(create_app(Settings(model=tmp_path))) as url:
        assert requests.get(f"{url}/health/live", timeout=60).status_code == 200
        assert_problem(requests.get(f"{url}/health/ready", timeout=60), 503, "python train.py")
        assert_problem(send(url, as_file(drawing(1))), 503, "python train.py")
        for file in (ROOT / "model").glob("*.*"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        assert requests.get(f"{url}/health/ready", timeout=60).status_code == 200


@pytest.mark.parametrize("trained", [None, 5])
def test_a_card_without_what_it_has_to_tell_is_the_models_fault_not_the_clients(tmp_path, trained):
    shutil.copytree(ROOT / "model", tmp_path / "model")
    card = json.loads((tmp_path / "model" / "card.json").read_text("utf-8"))
    (tmp_path / "model" / "card.json").write_text(json.dumps(card | {"trained": trained}), "utf-8")
    with serve_app(create_app(Settings(model=tmp_path / "model"))) as url:
        assert_problem(send(url, as_file(drawing(1))), 503, "“trained”", "--out")


def test_the_card_is_published_without_local_paths(tmp_path):
    shutil.copytree(ROOT / "model", tmp_path / "model")
    file = tmp_path / "model" / "card.json"
    card = json.loads(file.read_text("utf-8"))
    card["data"]["source"] = "/home/ada/mnist.npz"
    card["command"] = r"python train.py --data C:\Users\ada\mnist.npz"
    card["recalibrated"] = {"command": "python train.py --data ../ada/mnist.npz", "date": "today"}
    file.write_text(json.dumps(card), "utf-8")
    with serve_app(create_app(Settings(model=tmp_path / "model"))) as url:
        answer = requests.get(f"{url}/v1/model", timeout=60)
        assert "ada" not in answer.text
        assert answer.json()["recalibrated"] == {"date": "today"}
        assert answer.json()["test"] == card["test"]


def test_an_image_that_trips_the_reader_spoils_no_other(monkeypatch, caplog):
    predict = DigitClassifier.predict

    def trip(self, image, *more):
        if image.size == (50, 40):
            raise IndexError("a secret of the house")
        return predict(self, image, *more)

    monkeypatch.setattr(DigitClassifier, "predict", trip)
    good, bad = as_file(drawing(5)), as_file(Image.new("L", (50, 40)))
    with serve_app(create_app(Settings())) as url:
        first, second, third = upload(url, good, bad, good).json()["results"]
        assert first["digit"] == third["digit"] == 5
        assert second["error"]["status"] == 500
        assert_problem(send(url, bad), 500, "report")
    assert "secret" not in str(second)
    assert "a secret of the house" in caplog.text


def test_no_other_page_may_call_unless_asked_for(api):
    origin = {"Origin": "https://example.org"}
    assert (
        "Access-Control-Allow-Origin"
        not in requests.get(f"{api}/health/live", headers=origin, timeout=60).headers
    )
    with serve_app(create_app(Settings(cors=["https://example.org"]))) as url:
        headers = requests.get(f"{url}/health/live", headers=origin, timeout=60).headers
        assert headers["Access-Control-Allow-Origin"] == "https://example.org"


def test_a_full_queue_says_when_to_come_back():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_app(create_app(Settings(threads=1, queue=1))) as url:
        with ThreadPoolExecutor(20) as clients:
            answers = list(clients.map(lambda _: send(url, large), range(20)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert 0 < len(refused) < 20
        for answer in refused:
            assert_problem(answer, 503, "second")
            assert int(answer.headers["Retry-After"]) >= 1
        for answer in set(answers) - set(refused):
            assert digits(answer) == [7]
        assert digits(send(url, large)) == [7], "the places were given back"


@pytest.mark.slow
def test_sigterm_under_load_loses_nothing():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_api(DIGITS_THREADS="1") as (url, server), ThreadPoolExecutor(12) as clients:
        sent = [clients.submit(send, url, large) for _ in range(12)]
        while not any(one.done() for one in sent):  # the others wait for the only thread
            time.sleep(0.01)
        server.send_signal(signal.SIGTERM)
        assert [digits(one.result()) for one in sent] == [[7]] * 12
        assert server.wait(30) in (0, -signal.SIGTERM)
        with pytest.raises(requests.ConnectionError):
            send(url, large)


def read_so_far(url: str, verdict: str = "digit") -> float:
    lines = requests.get(f"{url}/metrics", timeout=60).text.splitlines()
    count = f'digits_images_total{{verdict="{verdict}"}}'
    return sum(float(line.split()[1]) for line in lines if line.startswith(count))


def test_the_work_of_clients_that_are_gone_is_dropped():
    large = as_file(drawing(7, 4000), compress_level=1)
    with serve_app(create_app(Settings(threads=1))) as url:
        clients = [raw_request(url, len(large)) for _ in range(20)]
        for client in clients:
            client.sendall(large)
        for client in clients:
            client.close()
        assert digits(send(url, large)) == [7]
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
            assert digits(send(api, file)) == [9]
    finally:
        trickle.set()
        thread.join()
        for client in slow:
            client.close()


def test_a_request_that_never_ends_is_given_up():
    file = as_file(drawing(9))
    settings = Settings(body_seconds=0.5)
    with serve_app(create_app(settings)) as url, raw_request(url, len(file)) as client:
        client.sendall(file[:10])
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 408")


def test_the_calls_in_the_docs_work_as_they_stand(api):
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


@pytest.mark.parametrize(
    ("name", "value", "app"),
    [("THREADS", "many", "api:app"), ("CORS", "everybody", "api:create_app")],
)
def test_a_setting_that_makes_no_sense_is_said_in_a_sentence(name, value, app):
    environment = {**os.environ, f"DIGITS_{name}": value}
    command = [sys.executable, "-m", "uvicorn", app, "--factory"][: 5 if "create" in app else 4]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert re.fullmatch(f"The setting DIGITS_{name} is “{value}”, .*\\.\n", done.stderr)


def test_importing_it_does_not_import_tensorflow_or_streamlit():
    ask = "import sys, api; print({'tensorflow', 'keras', 'streamlit', 'ray'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
