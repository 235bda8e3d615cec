"""The page's real server, with visitors that send messages that no browser would send."""

import base64
import json
import os
import re
import resource
from pathlib import Path

import pytest
import requests
from websockets.exceptions import InvalidStatus

from tests.helpers.page import written
from tests.helpers.servers import serve_page
from tests.helpers.visitor import Visitor, visiting

CANVAS = "digits_draw_canvas"
MEGABYTE = 1 << 20
APOLOGY = "can’t read digits right now"
UNEXPECTED = (
    "null", "true", "-1", "1e400", "Infinity", "NaN", '""', '"x"', "[]", "[[]]", "{}",
    '{"drawing": {}, "meant": Infinity}', '{"drawing": null, "meant": "9"}', '"\\ud800"',
    '{"strokes": 7, "number": {}, "rests": [], "attract": 1, "lifted": ""}',
    '{"strokes": [[1, NaN]], "number": 1, "rests": true, "attract": false, "lifted": true}',
)  # fmt: skip


@pytest.fixture(scope="module")
def tally(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tally") / "tally.sqlite"


@pytest.fixture(scope="module")
def decoder(tmp_path_factory) -> Path:
    """A folder with a fake Ghostscript, which creates the file `started` there when it runs."""
    folder = tmp_path_factory.mktemp("gs")
    program = folder / "gs"
    program.write_text(f"#!/bin/sh\ntouch '{folder}/started'\nexit 1\n")
    program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def page(tally, decoder):
    path = f"{decoder}{os.pathsep}{os.environ['PATH']}"
    with serve_page(DIGITS_TALLY=str(tally), PATH=path) as started:
        yield started


@pytest.fixture
def visitor(page):
    url, _ = page
    with visiting(url) as visitor:
        yield visitor.run(url=url)


THREE = [(800 * stroke).astype(int).ravel().tolist() for stroke in written(3)]


def drawn(strokes: object, lifted: bool = True) -> dict[str, str]:
    """Return the canvas's message with these strokes: lists of x, y, x, y, …"""
    drawing = {"strokes": strokes, "number": 1, "rests": True, "lifted": lifted, "attract": False}
    return {CANVAS: json.dumps({"drawing": drawing})}


def expect_apology(visitor: Visitor) -> None:
    assert not visitor.exceptions
    assert any(APOLOGY in text for text in visitor.texts)


def expect_answer(visitor: Visitor) -> None:
    visitor.run(drawn(THREE))
    assert not visitor.exceptions
    assert any(re.search(r'class="digit"[^>]*>3<', text) for text in visitor.texts)


def peak_memory(process) -> int:
    """Return the largest memory of the process so far, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"


def test_the_canvas_accepts_no_files(visitor, decoder):
    url = "data:image/png;base64," + base64.b64encode(EPS).decode()
    for sent in (url, [url], {"picture": url}):
        expect_apology(visitor.run(drawn(sent)))
    assert not (decoder / "started").exists()
    expect_answer(visitor)


def test_the_page_asks_only_about_finished_drawings(visitor):
    for lifted in (False, True):
        visitor.run(drawn(THREE, lifted))
        assert any("Was I right?" in text for text in visitor.texts) == lifted


def test_the_size_of_a_drawing_is_limited(visitor, page):
    expect_answer(visitor)  # loads everything
    before = peak_memory(page[1])
    for strokes in ([[0, 0, 10**9, 10**9]] * 2000, [[0, 0, 1760, 800] * 20_000], [[7, 7]] * 50_000):
        visitor.run(drawn(strokes))
        assert not visitor.exceptions
    expect_apology(visitor.run(drawn([[1, 2] * 100_001])))
    assert peak_memory(page[1]) - before < 100 * MEGABYTE
    expect_answer(visitor)


TRIGGERS = {
    "digits_core_patch": "symbol",
    "digits_core_connection": "back",
    "digits_core_language_menu": "chosen",
    "digits_photo_view": "picture",
}


@pytest.mark.parametrize("path", ["", "photo", "learned"])
def test_visitors_never_see_streamlits_error_box(page, path):
    """Send unexpected values as the state and as the trigger of each component."""
    url, _ = page
    with visiting(url) as visitor:
        visitor.run(url=f"{url}/{path}")
        assert ("digits_photo_view" in visitor.components) == (path == "photo")
        for value in UNEXPECTED:
            names = list(visitor.components)
            states = dict.fromkeys(names, f'{{"drawing": {value}, "symbol": {value}}}')
            visitor.run(states, url=f"{url}/{path}")
            assert not visitor.exceptions, value
            triggers = {f"{name}/{TRIGGERS[name]}": value for name in names if name in TRIGGERS}
            visitor.run(dict.fromkeys(names, "{}"), triggers, url=f"{url}/{path}")
            assert not visitor.exceptions, value
        nothing = dict.fromkeys(visitor.components, "{}") | ({} if path else drawn([]))
        visitor.run(nothing, url=f"{url}/{path}")
        assert not any(APOLOGY in text for text in visitor.texts)


def test_the_first_page_has_one_fragment(page):
    """If a second fragment ran, elements that the first one removes could stay on the page."""
    url, _ = page
    with visiting(url) as visitor:
        visitor.run(url=url, query="presenter")
        assert len(visitor.fragments) == 1
        assert any("How often I was right" in text for text in visitor.texts)


@pytest.mark.parametrize(
    "address",
    ["http://[", "http://a:99999", "http://[::1", "", "x", "http://\ud7ff", "https://[v]"],
)
def test_any_address_is_accepted(page, address):
    url, _ = page
    with visiting(url) as visitor:
        visitor.run(url=address, query="lang=%00&kiosk=%FF&presenter=%5B&lang[]=en&lang=xx")
        assert not visitor.exceptions


def put(url: str, visitor: Visitor, file: object, name: str) -> int:
    """Upload a file as Streamlit's script does, and return the status."""
    with requests.Session() as session:
        session.get(f"{url}/_stcore/health")
        token = session.cookies["_streamlit_xsrf"]
        address = f"{url}/_stcore/upload_file/{visitor.session}/{name}"
        return session.put(address, files={"f": file}, headers={"X-Xsrftoken": token}).status_code


def kept_bytes(url: str) -> int:
    """Return the number of bytes of uploaded files that the server keeps."""
    metrics = requests.get(f"{url}/_stcore/metrics").text
    lines = [line for line in metrics.splitlines() if "UploadedFileManager" in line]
    return sum(int(line.split()[-1]) for line in lines)


def test_a_visit_keeps_one_file_of_limited_size(visitor, page):
    url, _ = page
    for name in "abc":
        assert put(url, visitor, ("a.jpg", bytes(MEGABYTE)), name) == 204
    assert kept_bytes(url) == MEGABYTE
    assert put(url, visitor, ("a.jpg", bytes(33 * MEGABYTE)), "d") == 413
    assert kept_bytes(url) <= MEGABYTE


def test_an_upload_needs_no_disk(visitor, page):
    url, process = page
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MEGABYTE, before[1]))
    try:
        assert put(url, visitor, ("a.jpg", bytes(5 * MEGABYTE)), "a") == 204
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "null"])
def test_other_pages_do_not_open_the_websocket(page, origin):
    url, _ = page
    with pytest.raises(InvalidStatus, match="403"), visiting(url, origin):
        pass
    with visiting(url, url) as visitor:  # the page itself may
        assert visitor.run(url=url).texts


def test_addresses_below_a_page_redirect_to_the_first_page(page):
    url, _ = page
    for path in ("/a/b", "/a/b/c/d.html", "/static/nothing.js", "/photo/learned"):
        answer = requests.get(url + path, headers={"Accept": "text/html"})
        assert answer.url == f"{url}/" and answer.history[0].status_code == 307
        assert "--accent-on-light" in answer.text
    for path in ("/photo", "/_stcore/health", "/_stcore/host-config"):
        assert not requests.get(url + path, headers={"Accept": "text/html"}).history


def test_a_frame_needs_permission(page):
    url, _ = page
    answer = requests.get(url)
    assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"
    cookie = requests.get(f"{url}/_stcore/health").headers["set-cookie"]
    assert "samesite=lax" in cookie.lower() and "Partitioned" not in cookie


def test_the_page_in_a_frame_keeps_its_protection():
    with serve_page(DIGITS_EMBED="https://huggingface.co") as (url, _):
        answer = requests.get(url)
        policy = "frame-ancestors 'self' https://huggingface.co"
        assert answer.headers["content-security-policy"] == policy
        cookie = requests.get(f"{url}/_stcore/health").headers["set-cookie"].lower()
        assert {"secure", "samesite=none", "partitioned"} <= set(cookie.split("; "))
        with visiting(url) as visitor:
            visitor.run(url=url)
            address = f"{url}/_stcore/upload_file/{visitor.session}/a"
            assert requests.put(address, files={"f": ("a.jpg", b"x")}).status_code == 403
        with pytest.raises(InvalidStatus, match="403"), visiting(url, "https://huggingface.co"):
            pass


def test_the_server_raises_the_limit_of_open_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))  # the default on macOS
    try:
        with serve_page() as (_, process):
            limits = Path(f"/proc/{process.pid}/limits").read_text()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert int(line.split()[3]) == min(8192, hard)
