"""What tests share: a browser, servers, the model. Each is started only when a test asks."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.helpers.servers import ROOT, TIMEOUT, serve, serve_api

# The first of these that is installed; without any, Playwright's own. The first is Chromium without
# windows, and takes a quarter less time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = {
    "executable_path": next(filter(None, map(shutil.which, BROWSERS)), None),
    # Pages of one context share a process, in which Streamlit's scripts stay compiled.
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--process-per-site",
    ],
}
DESK = {"width": 1280, "height": 800}


def pytest_configure(config: pytest.Config) -> None:
    """Sets what the many processes that the tests start inherit."""
    # Where containers say to write no bytecode beside the code, it goes to pytest's cache:
    # otherwise each process compiles all that it imports.
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        folder = str(config.cache.mkdir("bytecode"))
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = folder
        sys.dont_write_bytecode = False
    # Idle threads of NumPy's OpenBLAS spin, and take the processors from the tests beside them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than processors, because a test of a page often waits."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a browser, so that `-m "not browser"` runs without one.

    Fast tests come first; then the longest, those with a timeout of their own, so that no processor
    waits for one of them at the end.
    """

    def place(item: pytest.Item) -> tuple[bool, bool]:
        marks = {mark.name for mark in item.iter_markers()}
        return not marks.isdisjoint({"browser", "slow"}), "timeout" not in marks

    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=place)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; without one the test is skipped, or fails where CI is set."""
    try:
        from playwright.sync_api import Error, expect, sync_playwright
    except ImportError:
        _no_browser("playwright is not installed (uv sync --group dev)")
    expect.set_options(timeout=TIMEOUT * 1000)  # else 5 s, whatever the machine
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(**CHROMIUM)
        except Error as error:
            _no_browser(f"no Chromium starts ({str(error).splitlines()[0]})")
        yield chromium
        chromium.close()


def _no_browser(why: str) -> None:
    cure = "uv run --group dev playwright install chromium"
    sentence = f"The page was not tested: {why}. Install one with `{cure}`."
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
def contexts(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Gives a browser context with these options, kept: its cache has Streamlit's scripts."""
    contexts = {}

    def get(clock: bool = False, **options: Any) -> Any:
        key = str((clock, options))
        if key not in contexts:
            contexts[key] = _new_context(browser, clock, **options)
        elif not contexts[key].pages:  # it is used often: a page keeps its process
            contexts[key].new_page().goto(f"{server}/_stcore/health")
        return contexts[key]

    yield get
    for context in contexts.values():
        context.close()


def _new_context(browser: Any, clock: bool = False, **options: Any) -> Any:
    context = browser.new_context(**{"viewport": DESK, **options})
    context.set_default_timeout(TIMEOUT * 1000)
    if clock:
        context.clock.install()
    return context


@pytest.fixture
def visit(browser: Any, server: str, contexts: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page as a new visitor: `visit()`, `visit(url, **context_options)`.

    It waits for what `until` finds, else for the canvas. With `clock=True` its clock can be put
    forward: `page.clock`.
    """
    from tests.helpers.page import CANVAS

    kept, others, pages = [], [], []

    def visit(url: str = server, until: str = CANVAS, **options: Any) -> Any:
        # These can be set on a page, without a context of its own.
        media = ("reduced_motion", "color_scheme", "forced_colors")
        look = {name: options.pop(name) for name in media if name in options}
        size = options.pop("viewport", None) if set(options) == {"viewport"} else None
        context = contexts(**options)
        if context in kept:  # of two tabs in one window, one is asleep
            context = _new_context(browser, **options)
            others.append(context)
        else:
            kept.append(context)
        page = context.new_page()
        if size:
            page.set_viewport_size(size)
        page.emulate_media(**look)
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
    for context in others:
        context.close()
    for context in kept:
        context.clear_cookies()


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


@pytest.fixture(scope="session")
def writer() -> dict[str, list[Any]]:
    """A writer, by the program itself: two drawings of each symbol; see `handwriting.rows`."""
    import numpy as np

    from digits.types import DIGITS
    from handwriting import allographs, pen

    rng = np.random.default_rng(5)
    marks = {
        ".": "50 50, 51 51", ",": "55 0, 40~50 100", "-": "0 50, 100 45~55",
        ":": "49 4, 51 6 / 49 94, 51 96", "/": "40~60 0, 0 100",
        "(": "40 0, 12 30, 12 70, 40 100", ")": "0 0, 28 30, 28 70, 0 100",
        "?": allographs.SYMBOLS["A"],
    }  # fmt: skip
    skeletons = {label: pen.strokes_from_skeleton(text, rng) for label, text in marks.items()}
    drawings = {label: [pen.unit(strokes)] * 2 for label, strokes in skeletons.items()}
    return drawings | {
        label: [pen.draw_digit(int(label), rng) for _ in range(2)] for label in DIGITS
    }
