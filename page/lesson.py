"""Lets a small network learn while people watch: one at a time, and it leaves nothing behind."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np

TRAIN = Path(__file__).parent.parent / "train.py"
DATA = os.environ.get("DIGITS_DATA")  # a copy of MNIST; without one train.py fetches it
PATIENCE = 5  # seconds that it goes on while nobody looks
STUCK = 60  # seconds without a step: it will not go on any more
GRACE = 10  # seconds that a process may take to end before it is killed

Stage = Literal["waking", "drawing", "learning", "testing", "stopping", "over"]


class Lesson:
    """A network that learns from nothing, by `train.py --quick` in a process of its own.

    The lesson is over when it has learned, when it is told to stop, or when nobody has looked for
    `PATIENCE` seconds: their page or their browser was closed. Process and files end with it.

    Attributes:
        drawings: uint8 (n, 28, 28), which it reads again and again.
        told: what train.py's --watch has told so far, the latest last.
        stage: what it does right now.
        trouble: why it could not learn, in a sentence; empty otherwise.
        card: the finished network's, None before.
    """

    def __init__(self, drawings: np.ndarray):
        self.drawings = drawings
        self.told: list[dict[str, Any]] = []
        self.stage: Stage = "waking"
        self.trouble = ""
        self.card: dict[str, Any] | None = None
        self._stop = threading.Event()
        self._looked = time.monotonic()
        self._thread = threading.Thread(target=self._hold, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Somebody is still there. To be called every now and then."""
        self._looked = time.monotonic()

    def stop(self) -> None:
        """Ends it soon."""
        self._stop.set()

    def wait(self) -> None:
        """Until nothing is left of it."""
        self._thread.join()

    def _hold(self) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="digits-lesson-") as folder:
                self._learn(Path(folder))
        except Exception:  # a full disk, for one; those who watch get a sentence
            logging.exception("A lesson could not be held.")
            self.trouble = "Something went wrong. Please try again."
        self.stage = "over"

    def _learn(self, folder: Path) -> None:
        np.save(folder / "drawings.npy", self.drawings)
        command = [sys.executable, str(TRAIN), "--quick", "--out", str(folder / "model")]
        command += ["--watch", str(folder)] + (["--data", DATA] if DATA else [])
        # What it puts into a temporary folder of its own shall go with this one.
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
        with (folder / "said").open("wb") as said, (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
                env={**os.environ, **temporary},
                start_new_session=True,
            )
        try:
            with contextlib.suppress(AttributeError, OSError):  # Windows has no such thing
                os.setpriority(os.PRIO_PROCESS, process.pid, 10)  # those who draw go first
            steps, since = 0, time.monotonic()
            while process.poll() is None and not self._stop.wait(0.1):
                self._read(folder)
                if steps != len(self.told) or self.stage != "learning":
                    steps, since = len(self.told), time.monotonic()
                elif time.monotonic() - since > STUCK:
                    raise RuntimeError(f"train.py was stuck after {steps} reports")
                if time.monotonic() - self._looked > PATIENCE:
                    self._stop.set()
            if self._stop.is_set():
                self.stage = "stopping"
        finally:
            end(process)
        self._read(folder)
        if process.returncode == 0:
            self.card = json.loads((folder / "model" / "card.json").read_text("utf-8"))
        elif not self._stop.is_set():
            said = (folder / "errors").read_text("utf-8", errors="replace").strip()
            _, ours, sentence = said.rpartition("train.py: ")
            if not ours:
                raise RuntimeError(said or f"train.py ended with {process.returncode}")
            self.trouble = sentence

    def _read(self, folder: Path) -> None:
        if self.stage == "waking" and b"Drawing" in (folder / "said").read_bytes():
            self.stage = "drawing"
        with contextlib.suppress(FileNotFoundError):
            text = (folder / "progress.jsonl").read_text("utf-8")
            whole = text[: text.rfind("\n") + 1]  # the last line may not be finished yet
            self.told = [json.loads(line) for line in whole.splitlines()]
        if self.told and self.stage in ("waking", "drawing", "learning"):
            now = self.told[-1]
            self.stage = "learning" if now["step"] < now["steps"] else "testing"


def end(process: subprocess.Popen) -> None:
    """Ends a process with all that it started: politely, and by force if it takes too long."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


_latest: Lesson | None = None  # of this server
_starting = threading.Lock()


def start(drawings: np.ndarray) -> Lesson | None:
    """Begins a lesson; None while there is another one, for two would slow each other down."""
    global _latest
    with _starting:
        if busy():
            return None
        _latest = Lesson(drawings)
        return _latest


def busy() -> bool:
    """Whether there is a lesson right now."""
    return _latest is not None and _latest.stage != "over"


@atexit.register
def stop() -> None:
    """The server ends, and the lesson with it."""
    if _latest is not None:
        _latest.stop()
        _latest.wait()
