"""Trains a small network while people watch: one at a time, and nothing of it is kept."""

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from handwriting import pen
from page.core.text import N_
from training.data import DataError, load_mnist

ROOT = Path(__file__).parents[2]
TRAIN = ROOT / "train.py"
# 6,000 of MNIST's training images and 1,000 of its test images: nothing has to be fetched.
PRACTICE = ROOT / "training" / "practice.npz"
PRACTICE_EPOCHS = 5
DATA = os.environ.get("DIGITS_DATA")  # a copy of MNIST to train on instead
SEED = 1
SHOWN = 40  # digits that it practises with, and is tested with
TICK_S = 0.1  # between two looks at what training has reported
SLOWLY, SLOWLY_S = 60, 0.5  # how many of the first steps are shown slowly, and how slowly
UNWATCHED_S = 5  # stop when no page has asked for this long: the visitor has left
STALLED_S = 180  # give up when training reports no step for this long, even on a busy computer
KILL_AFTER_S = 10  # kill the process if it has not ended this long after SIGTERM

ILLEGAL_INSTRUCTION = (-4, 0xC000001D)  # exit codes: SIGILL, and the same on Windows

Stage = Literal["starting", "drawing", "learning", "testing", "stopping", "over"]


class Lesson:
    """One training run from scratch, `train.py --quick` in a process of its own.

    It ends when training is done, when `stop` is called, or when `keep_alive` has not been called
    for `UNWATCHED_S` seconds. Process and files end with it.

    Attributes:
        drawings: uint8 (n, 28, 28), the visitor's drawings, read again every few steps.
        fetched: uint8 (28, 28) each, some of the digits that people wrote, to practise with.
        drawn: the same of those that the computer draws, to practise with.
        unseen: the same of those that it is tested with. All three grow as time goes by.
        reports: the lines of train.py's --watch so far, the latest last. The first steps take no
            time and change most: they are shown slowly, while training goes on.
        stage: what the run is doing, as far as it is shown.
        seconds: how long it took, from `start` until the result was there to see.
        error: why it failed, in an English sentence; empty otherwise.
        card: the card.json of the finished network; None before.
    """

    usual: ClassVar[float | None] = None  # seconds that the latest finished one took

    def __init__(self, drawings: np.ndarray):
        self.drawings = drawings
        self.fetched: list[np.ndarray] = []
        self.drawn: list[np.ndarray] = []
        self.unseen: list[np.ndarray] = []
        self.seconds = 0.0
        self.reports: list[dict[str, Any]] = []
        self.stage: Stage = "starting"
        self.error = ""
        self.card: dict[str, Any] | None = None
        self._read: list[dict[str, Any]] = []  # reports, of which the first ones are shown
        self._shown_at = 0.0  # when the latest one was
        self._stop = threading.Event()
        self._started = self._last_seen = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def keep_alive(self) -> None:
        """Tells the run that somebody is still watching; call it more often than `UNWATCHED_S`."""
        self._last_seen = time.monotonic()

    def stop(self) -> None:
        """Asks the run to end, and returns at once."""
        self._stop.set()

    def wait(self) -> None:
        """Blocks until process and files are gone."""
        self._thread.join()

    def _run(self) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="digits-lesson-") as folder:
                self._train(Path(folder))
        except Exception:  # a full disk, for example: visitors get a sentence, the log the rest
            logging.exception("The small network could not be trained.")
            self.error = N_("Something went wrong. Please try again.")
        self.stage = "over"

    def _train(self, folder: Path) -> None:
        np.save(folder / "drawings.npy", self.drawings)
        command = [sys.executable, str(TRAIN), "--quick", "--out", str(folder / "model")]
        command += ["--watch", str(folder), "--seed", str(SEED), "--data", DATA or str(PRACTICE)]
        if not DATA:
            command += ["--epochs", str(PRACTICE_EPOCHS)]
        # Its own temporary files go here, so that they are removed even after a kill.
        environment = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
        environment["PYTHONIOENCODING"] = "utf-8"  # whatever the console's is: it is read below
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        try:
            with contextlib.suppress(AttributeError, OSError):  # not on Windows
                os.setpriority(os.PRIO_PROCESS, process.pid, 10)  # drawings are answered first
            examples = self._examples()
            count, since = 0, time.monotonic()
            while not self._stop.wait(TICK_S):
                running = process.poll() is None
                self._read_reports(folder)
                next(examples, None)
                if not running and (process.returncode or len(self.reports) == len(self._read)):
                    break
                learning = self._read and self._read[-1]["step"] < self._read[-1]["steps"]
                if count != len(self._read) or not learning:
                    count, since = len(self._read), time.monotonic()
                elif running and time.monotonic() - since > STALLED_S:
                    raise RuntimeError(f"train.py reported nothing more after report {count}")
                if time.monotonic() - self._last_seen > UNWATCHED_S:
                    self._stop.set()
            if self._stop.is_set():
                self.stage = "stopping"
        finally:
            end(process)
        self._read_reports(folder)
        if process.returncode == 0 and not self._stop.is_set():
            self.seconds = Lesson.usual = time.monotonic() - self._started
            self.card = json.loads((folder / "model" / "card.json").read_text("utf-8"))
        elif not self._stop.is_set():
            output = (folder / "stderr").read_text("utf-8", errors="replace").strip()
            _, prefix, sentence = output.rpartition("train.py: ")
            if not prefix and process.returncode in ILLEGAL_INSTRUCTION:
                self.error = N_("TensorFlow does not run on this computer’s processor.")
                return
            if not prefix:
                raise RuntimeError(output or f"train.py ended with {process.returncode}")
            self.error = sentence

    def _read_reports(self, folder: Path) -> None:
        if self.stage == "starting" and b"Drawing" in (folder / "stdout").read_bytes():
            self.stage = "drawing"
        with contextlib.suppress(FileNotFoundError):
            text = (folder / "progress.jsonl").read_text("utf-8")
            complete = text[: text.rfind("\n") + 1]  # the last line may be half written
            self._read = [json.loads(line) for line in complete.splitlines()]
        if len(self.reports) == len(self._read):
            return
        slowly = self.reports and self.reports[-1]["step"] < SLOWLY
        if not slowly or time.monotonic() - self._shown_at >= SLOWLY_S:
            self._shown_at = time.monotonic()
            self.reports = self._read[: len(self.reports) + 1]
            latest = self.reports[-1]
            if self.stage != "stopping":
                self.stage = "learning" if latest["step"] < latest["steps"] else "testing"

    def _examples(self) -> Iterator[None]:
        """Adds to `fetched`, `drawn` and `unseen`, each time a little."""
        try:
            mnist = load_mnist(DATA or PRACTICE)
        except DataError:  # train.py will say so
            return
        drawn = pen.first_images(np.arange(SHOWN) % 10, SEED)
        for own, image in zip(drawn, mnist.x_train[:SHOWN], strict=False):
            self.fetched = [*self.fetched, image]
            yield
            self.drawn = [*self.drawn, own]
            yield
        for image in mnist.x_test[:SHOWN]:
            while self.stage != "testing":
                yield
            self.unseen = [*self.unseen, image]
            yield


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its children: by SIGTERM, then by SIGKILL if it takes too long."""
    process.terminate()
    try:
        process.wait(KILL_AFTER_S)
    except subprocess.TimeoutExpired:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


_latest: Lesson | None = None  # of this server
_starting = threading.Lock()


def start(drawings: np.ndarray) -> Lesson | None:
    """Starts a run; None while another one is going on, since two would slow each other down."""
    global _latest
    with _starting:
        if busy():
            return None
        _latest = Lesson(drawings)
        return _latest


def busy() -> bool:
    """Whether a run is going on."""
    return _latest is not None and _latest.stage != "over"


@atexit.register
def stop() -> None:
    """Ends a run with the server."""
    if _latest is not None:
        _latest.stop()
        _latest.wait()
