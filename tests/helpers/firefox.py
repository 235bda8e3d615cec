"""Drive a real Firefox by WebDriver BiDi: Playwright only drives its own build."""

import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from handwriting.pen import Strokes
from tests.helpers.page import FIND_CANVAS
from tests.helpers.servers import TIMEOUT

BROWSERS = ("firefox-esr", "firefox")


class Firefox:
    """One tab. Commands: https://w3c.github.io/webdriver-bidi/."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._numbers = socket, itertools.count()
        self._command("session.new", capabilities={})
        (self._tab,) = self._command("browsingContext.getTree")["contexts"]

    def _command(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(TIMEOUT))
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]

    def open(self, url: str) -> None:
        self._command(
            "browsingContext.navigate", context=self._tab["context"], url=url, wait="complete"
        )

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, or of its promise: text, a number or a boolean."""
        result = self._command(
            "script.evaluate",
            expression=expression,
            target={"context": self._tab["context"]},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        return result["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """The value of an expression, once it is neither empty nor false."""
        return self.evaluate(
            f"""new Promise((resolve, reject) => {{
              const end = performance.now() + {TIMEOUT * 1000};
              const timer = setInterval(() => {{
                const value = {expression};
                if (!value && performance.now() < end) return;
                clearInterval(timer);
                value ? resolve(value) : reject(Error(document.body.innerText));
              }}, 50);
            }})"""
        )

    def draw(self, strokes: Strokes) -> None:
        """Draw with the mouse; lengths are fractions of the canvas's height."""
        box = json.loads(self.evaluate(f"JSON.stringify({FIND_CANVAS}.getBoundingClientRect())"))
        middle = [box["x"] + (box["width"] - box["height"]) / 2, box["y"]]
        actions: list[dict[str, Any]] = []
        for stroke in strokes:
            points = (stroke * box["height"] + middle).round().astype(int).tolist()
            moves = [{"type": "pointerMove", "x": x, "y": y, "duration": 10} for x, y in points]
            down, up = ({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up"))
            actions += [moves[0], down, *moves[1:], up]
        mouse = {"type": "pointer", "id": "mouse", "actions": actions}
        self._command("input.performActions", context=self._tab["context"], actions=[mouse])


@contextmanager
def firefox(**preferences: Any) -> Iterator[Firefox]:
    """Run Firefox with preferences (`__` stands for a full stop) until the block ends."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        pytest.skip("Firefox is not installed (Debian: apt install firefox-esr).")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lines = [
            f"user_pref({json.dumps(name.replace('__', '.'))}, {json.dumps(value)});\n"
            for name, value in preferences.items()
        ]
        Path(folder, "user.js").write_text("".join(lines), "utf-8")
        command = [program, "--headless", "--no-remote", "--remote-debugging-port=0"]
        process = subprocess.Popen(
            [*command, "--profile", folder, "about:blank"], stderr=subprocess.DEVNULL
        )
        try:
            address = _address(Path(folder, "WebDriverBiDiServer.json"))
            with connect(address, max_size=None, open_timeout=TIMEOUT) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.wait(TIMEOUT)


def _address(file: Path) -> str:
    """Wait for the file with the address at which Firefox listens, and return that."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            server = json.loads(file.read_text("utf-8"))
            return f"ws://{server['ws_host']}:{server['ws_port']}/session"
        except (OSError, ValueError):
            assert time.monotonic() < deadline, "Firefox does not listen."
            time.sleep(0.1)
