"""Exports a model for LiteRT, and writes files whole or not at all."""

import hashlib
import json
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digits.card import FORMAT, locked
from digits.explain.neighbours import FILE as EXAMPLES

if TYPE_CHECKING:
    import keras


def export(model: "keras.Model") -> bytes:
    """Converts a network to the bytes of a .tflite file: float32, any batch size.

    Its outputs are those of `network.with_inside`, under the same names.
    """
    from training.network import with_inside

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.tflite"
        with_inside(model).export(path, format="litert", verbose=False)
        return path.read_bytes()


def save(
    folder: Path,
    model: "keras.Model",
    network: bytes,
    card: dict[str, Any],
    examples: bytes | None = None,
) -> None:
    """Writes `digits.keras`, `digits.tflite`, `card.json` and `examples.npz`, replacing old ones.

    Everything is written to a temporary folder next to it and flushed to disk first. Only a few
    renames then lie between the old model and the new: a full disk, Ctrl-C or a kill before them
    leaves the old model as it was.

    Args:
        folder: created if missing; other files in it are left alone.
        model: the trained model.
        network: its export, from `export`.
        card: facts about it; `format` and `sha256` (of `network`) are added.
        examples: from `training.examples.choose`. Without any, old ones are removed: they belong
            to another network.

    Raises:
        OSError: the folder can't be written to.
    """
    head = {"format": FORMAT, "sha256": hashlib.sha256(network).hexdigest()}
    card = head | card | head  # first, and not those of an older card
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        new = Path(temporary)
        model.save(new / "digits.keras")
        (new / "digits.tflite").write_bytes(network)
        text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
        (new / "card.json").write_bytes(text.encode("utf-8", "replace"))  # file names hold anything
        if examples:
            (new / EXAMPLES).write_bytes(examples)
        for file in new.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        folder.mkdir(exist_ok=True)
        with locked(folder, exclusive=True), _uninterrupted():
            if not examples:
                (folder / EXAMPLES).unlink(missing_ok=True)
            for file in sorted(new.iterdir()):
                os.replace(file, folder / file.name)


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Writes one file whole or, if that is interrupted, leaves the one that was there.

    No other process sees half of it, not even one that writes the same file.

    Args:
        path: its folder is created if missing.
        write: writes to the path that it is called with.

    Raises:
        OSError: the file can't be written, and whatever `write` raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_stem(f"{path.stem}-half-{os.getpid()}")
    try:
        write(half)
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignores SIGINT and SIGTERM. In another than the main thread they raise nothing anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, signal.SIG_IGN) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
