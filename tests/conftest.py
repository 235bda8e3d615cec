"""What tests share: a browser, servers, the model. Each is started only when a test asks."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.helpers.servers import ROOT, TIMEOUT, serve, serve_api


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a browser, so that `-m "not browser"` runs without one; fast tests first."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(
        key=lambda item: bool({"browser", "slow"} & {mark.name for mark in item.iter_markers()})
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; without one the test is skipped, or fails where CI is set."""
    try:
        from playwright.sync_api import Error, expect, sync_playwright
    except ImportError:
        _no_browser("playwright is not installed (uv sync --group dev)")
    expect.set_options(timeout=TIMEOUT * 1000)  # else 5 s, whatever the machine
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


@pytest.fixture(scope="session")
def usual_context(browser: Any) -> Iterator[Any]:
    """A browser context whose cache has Streamlit's scripts from the second visit on."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(TIMEOUT * 1000)
    yield context
    context.close()


@pytest.fixture
def visit(browser: Any, server: str, usual_context: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page as a new visitor: `visit()`, `visit(url, **context_options)`.

    It waits for what `until` finds: on the first page the sheet.
    """
    contexts, pages = [], []

    def visit(url: str = server, until: str = "canvas.upper-canvas", **options: Any) -> Any:
        context = usual_context
        if options or pages:  # of two tabs in one window, one is asleep
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
            context.set_default_timeout(TIMEOUT * 1000)
            contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.requested = []  # the address of everything that the page asks for
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("websocket", lambda socket: page.requested.append(socket.url))
        page.goto(url)
        page.locator(until).first.wait_for()
        return page

    yield visit
    for page in pages:
        page.close()
    for context in contexts:
        context.close()
    usual_context.clear_cookies()


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
