"""The pages to compare, their servers, and visitors who draw on them in real browsers."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import numpy as np
import psutil
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from handwriting.pen import VARIANTS, by_hand, strokes_from_skeleton

ROOT = Path(__file__).parents[1]
BASELINES = ROOT / "bench" / "baselines"
STREAMLIT = (sys.executable, "-m", "streamlit", "run", "--server.headless=true")
IDLE = 0.1  # of one processor: servers and browsers that use less together are idle
CALM, PATIENCE = 0.2, 5  # seconds
TIMEOUT = 60  # seconds: an answer that takes longer counts as lost

# A legible variant of each digit in one stroke.
HANDS = {
    0: "closed", 1: "small head", 2: "plain", 3: "round", 4: "open in one", 5: "in one",
    6: "upright", 7: "plain", 8: "from the right", 9: "straight",
}  # fmt: skip

# Runs in the page before anything else: notes when the canvas appears (maybe in a shadow root).
OPENING = """(() => {
  const find = root => root.querySelector("SELECTOR") ??
    [...root.querySelectorAll("*")].map(e => e.shadowRoot && find(e.shadowRoot)).find(Boolean);
  const look = () => {
    if (find(document)?.getBoundingClientRect().width) window.canvasAfter = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})()"""

# Runs in the open page: measures from pointerup until FINAL is true, which sees the answer's text
# `before` and `now`. `sent` is when the first WebSocket message was sent meanwhile.
STOPWATCH = """selector => {
  let from = null, before = "", sent = null, last = 0, erasing = false, tell = null;
  const answer = () => document.querySelector(selector);
  const text = () => answer()?.textContent.trim() ?? "";
  const start = event => { // the page's own listener may have sent by now
    from = event?.timeStamp ?? performance.now();
    before = text();
    sent = last >= from ? last : null;
  };
  new MutationObserver(() => {
    const now = text();
    if (!tell || from === null || !(FINAL)) return;
    const digit = answer()?.querySelector("b")?.textContent ?? "";
    tell({ms: performance.now() - from, sent: sent && sent - from, text: now, digit});
    tell = null;
  }).observe(document, {
    subtree: true, childList: true, characterData: true, attributeFilter: ["data-reader"],
  });
  const arm = () => { from = null; window.change = new Promise(resolve => { tell = resolve; }); };
  document.addEventListener("pointerup", start, true);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...data) {
    last = performance.now();
    if (from !== null) sent ??= last;
    return send.apply(this, data);
  };
  window.ready = () => { erasing = false; arm(); };
  window.erase = button => { erasing = true; arm(); start(); button.click(); return change; };
}"""


@dataclass(frozen=True)
class Kind:
    """One of the servers, and the selectors of its page."""

    name: str
    command: tuple[str, ...]  # PORT stands for the port
    health: str = "/"  # answers when the server is up
    canvas: str = "canvas.upper-canvas"
    answer: str = "[data-testid=stMarkdown]"
    final: str = "now !== before && (now || erasing)"  # whether the text is the answer
    eraser: str = "[aria-label^='Reset canvas']"
    brush: str = ""  # clicked before drawing on an empty canvas
    fewer: int = 1  # slow pages are drawn on only every n-th time
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """The answer after a stroke, and how long it took."""

    ms: float
    sent: float | None  # ms until the browser sent the stroke; None without a WebSocket
    text: str
    digit: str  # the text in bold: the digit on our page


OURS = Kind(
    "this project",
    (*STREAMLIT, str(ROOT / "app.py")),
    answer=".st-key-answer",
    # Bars may be right before the pen is lifted, so wait for the reading of the finished drawing.
    final="""document.documentElement.dataset.reader === "answered" &&
      document.documentElement.dataset.drawing ===
        document.querySelector("[data-reading]").dataset.reading""",
    eraser="[data-command=clear]",
)
# Streamlit's default, which this project's config.toml changes.
STREAMLIT_DEFAULTS = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
BARE = Kind(
    "bare page", (*STREAMLIT, str(BASELINES / "bare_page.py")), environment=STREAMLIT_DEFAULTS
)


def usual(keras_model: Path, cached: bool = False) -> Kind:
    """The usual page; `cached` keeps the model from one stroke to the next."""
    return Kind(
        "usual page, model cached" if cached else "usual page",
        (*STREAMLIT, str(BASELINES / "usual_page.py")),
        fewer=4 if cached else 1,
        environment=STREAMLIT_DEFAULTS
        | {"KERAS_MODEL": str(keras_model)}
        | ({"CACHED": "1"} if cached else {}),
    )


def gradio(keras_model: Path, python: str) -> Kind:
    """Gradio's page, run by a Python that has Gradio."""
    return Kind(
        "Gradio page",
        (python, str(BASELINES / "gradio_page.py")),
        canvas=".pixi-target canvas",
        answer="[data-testid=label] .container",
        eraser="[aria-label='Clear canvas']",
        brush="[aria-label=Brush]",
        fewer=4,
        environment={"KERAS_MODEL": str(keras_model), "GRADIO_ANALYTICS_ENABLED": "False"},
    )


@dataclass(frozen=True)
class Server:
    """A page's server, running."""

    kind: Kind
    url: str
    process: psutil.Process

    def memory_mb(self) -> float:
        """Return the resident memory of the process and all its descendants."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(process.memory_info().rss for process in family) / 1e6


@contextmanager
def serve(kind: Kind) -> Iterator[Server]:
    """Start a page's server on a free port, with this project's Streamlit settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    place = {"STREAMLIT_SERVER_PORT": port, "GRADIO_SERVER_PORT": port}
    place["STREAMLIT_SERVER_ADDRESS"] = "127.0.0.1"  # Gradio's own default
    process = subprocess.Popen(
        [part.replace("PORT", port) for part in kind.command],
        cwd=ROOT,
        env={**os.environ, **kind.environment, **place},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + TIMEOUT
        while not _answers(url + kind.health):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server of the {kind.name} did not start.")
            time.sleep(0.05)
        yield Server(kind, url, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return answer.status == 200
    except OSError:
        return False


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start a headless Chromium that can only reach this machine."""
    found = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
    args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    args += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=args)
        yield browser
        await browser.close()


async def settled() -> None:
    """Wait until servers and browsers have been idle for `CALM`, at most for `PATIENCE`."""
    until = time.monotonic() + PATIENCE
    before = _processor_time()
    while time.monotonic() < until:
        await asyncio.sleep(CALM)
        now = _processor_time()
        if now - before < IDLE * CALM:
            return
        before = now


def _processor_time() -> float:
    """Return the processor time of all descendants of this process, in seconds."""
    used = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            used += sum(process.cpu_times()[:2])
    return used


class Visitor:
    """A visitor with a browser session of their own and an empty canvas."""

    def __init__(self, kind: Kind, context: BrowserContext, page: Page):
        self.kind, self.context, self.page = kind, context, page
        self.opened_ms = 0.0  # from navigation to the canvas

    @classmethod
    async def arrives(cls, browser: Browser, server: Server) -> "Visitor":
        """Open the page, and wait for the canvas."""
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(TIMEOUT * 1000)
        page = await context.new_page()
        visitor = cls(server.kind, context, page)
        await page.add_init_script(OPENING.replace("SELECTOR", server.kind.canvas))
        await page.goto(server.url, wait_until="commit")
        there = await page.wait_for_function("window.canvasAfter")
        visitor.opened_ms = await there.json_value()
        await visitor._take_brush()
        await page.evaluate(STOPWATCH.replace("FINAL", server.kind.final), server.kind.answer)
        return visitor

    async def draw(self, digit: int, pause: float = 0, points: int = 10) -> Change:
        """Draw one digit in one stroke and wait for the answer.

        Args:
            digit: 0-9.
            pause: seconds between two pointer movements.
            points: the number of pointer positions.

        Raises:
            TimeoutError: there was no answer within TIMEOUT.
        """
        canvas = self.page.locator(self.kind.canvas).last
        await canvas.hover()  # waits until it is stable and not covered
        box = await canvas.bounding_box()
        side = min(box["width"], box["height"])
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        line = stroke(digit, points) * side * 0.6 + middle
        await self.page.evaluate("ready()")
        mouse = self.page.mouse
        await mouse.move(*line[0])
        await mouse.down()
        for point in line[1:]:
            await asyncio.sleep(pause)
            await mouse.move(*point)
        await mouse.up()
        return Change(**await self._within_timeout(self.page.evaluate("change")))

    async def erase(self) -> None:
        """Clear the canvas and wait for the page to react."""
        eraser = self.page.locator(self.kind.eraser).first
        await self._within_timeout(eraser.evaluate("button => erase(button)"))
        await self._take_brush()  # Gradio puts it away

    async def _take_brush(self) -> None:
        if self.kind.brush:
            await self.page.locator(self.kind.brush).click()

    async def _within_timeout(self, change: Awaitable[dict]) -> dict:
        try:
            return await asyncio.wait_for(change, TIMEOUT)
        except TimeoutError:
            raise TimeoutError(f"The {self.kind.name} did not change for {TIMEOUT} s.") from None

    async def leaves(self) -> None:
        await self.context.close()


def stroke(digit: int, points: int = 10) -> np.ndarray:
    """Return a digit in one stroke: float64 (points, 2), centred on 0 0, its longer side 1."""
    rng = np.random.default_rng(0)
    (line,) = by_hand(strokes_from_skeleton(VARIANTS[digit][HANDS[digit]], rng), rng, wild=0.3)
    return line[np.linspace(0, len(line) - 1, points).round().astype(int)]
