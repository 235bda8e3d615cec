"""A real browser and a real server for the tests of the page. Started only when a test asks."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds: for slow machines; nothing waits longer than it must


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; without one the test is skipped, or fails where CI is set."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        _no_browser("playwright is not installed (pip install -r requirements-dev.txt)")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)  # None: Playwright's own
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(
                executable_path=found,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
        except Error as error:
            _no_browser(f"no Chromium starts ({str(error).splitlines()[0]})")
        yield chromium
        chromium.close()


def _no_browser(why: str) -> None:
    sentence = f"The page was not tested: {why}. Install one with `playwright install chromium`."
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@contextmanager
def running(
    *command: str, health: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Runs a server on a free port ("PORT" in the command); gives its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, *(part.replace("PORT", port) for part in command)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _healthy(url + health):
            assert server.poll() is None, f"The server ended with {server.returncode}."
            assert time.monotonic() < deadline, "The server did not come up."
            time.sleep(0.1)
        yield url, server
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def serve_page(**environment: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Runs the page with these environment variables; gives its address and its process."""
    command = ["-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", "--server.port=PORT"]
    with running(*command, health="/_stcore/health", **environment) as started:
        yield started


@contextmanager
def serve(**environment: str) -> Iterator[str]:
    """Runs the page with these environment variables, and says where."""
    with serve_page(**environment) as (url, _):
        yield url


@contextmanager
def serve_api(
    health: str = "/health/ready", **environment: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Runs the API with these environment variables; gives its address and its process."""
    command = ["-m", "uvicorn", "api:app", "--port=PORT"]
    with running(*command, health=health, **environment) as started:
        yield started


@pytest.fixture(scope="session")
def api() -> Iterator[str]:
    """The address of the API."""
    with serve_api() as (url, _):
        yield url


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the page."""
    with serve() as url:
        yield url


@pytest.fixture
def visit(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Opens the page as a new visitor: `visit()`, `visit(url, **context_options)`.

    It waits for what `until` finds: on the first page the sheet.
    """
    contexts = []

    def visit(url: str = server, until: str = "canvas.upper-canvas", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.requested = []  # the address of everything that the page asks for
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("websocket", lambda socket: page.requested.append(socket.url))
        page.goto(url)
        page.locator(until).first.wait_for()
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def classifier():
    """The shipped model."""
    from digits import DigitClassifier

    return DigitClassifier.load(ROOT / "model")


@pytest.fixture(scope="session")
def mnist_sample():
    """300 images of MNIST's test set, uint8 (300, 28, 28), and their labels."""
    import numpy as np

    with np.load(ROOT / "tests" / "data" / "mnist_sample.npz") as sample:
        return sample["x_test"], sample["y_test"]
