"""Writes the three files of a model together, whole or not at all."""

import hashlib
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digits.classifier import FORMAT
from digits.quiet import without_chatter

if TYPE_CHECKING:
    import keras


def export(model: "keras.Model") -> bytes:
    """The network as the bytes of a .tflite file, float32, any batch size.

    Its outputs are those of `network.with_inside`, by these names.
    """
    from digits.network import with_inside

    with tempfile.TemporaryDirectory() as folder, without_chatter():
        path = Path(folder) / "digits.tflite"
        with_inside(model).export(path, format="litert", verbose=False)
        return path.read_bytes()


def save(folder: Path, model: "keras.Model", network: bytes, card: dict[str, Any]) -> None:
    """Writes `digits.keras`, `digits.tflite` and `card.json`, and replaces those of before.

    All is first written, and flushed to the disk, into a temporary folder beside; only then the
    files are moved, with nothing but three renames between the old model and the new. A full disk,
    Ctrl-C or a kill before that leaves the model of before as it was.

    Args:
        folder: made if it isn't there; other files in it are left alone.
        model: what was trained.
        network: what `export` made of it.
        card: what is known of it; `format` and `sha256` (of the network) are added.

    Raises:
        OSError: the folder can't be written.
    """
    head = {"format": FORMAT, "sha256": hashlib.sha256(network).hexdigest()}
    card = head | card | head  # a card from before may have other ones
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        new = Path(beside)
        model.save(new / "digits.keras")
        (new / "digits.tflite").write_bytes(network)
        text = json.dumps(card, indent=1, ensure_ascii=False)
        (new / "card.json").write_text(text + "\n", "utf-8")
        for file in new.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        with _uninterrupted():
            folder.mkdir(exist_ok=True)
            for name in ("digits.keras", "digits.tflite", "card.json"):
                os.replace(new / name, folder / name)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C and a polite kill have to wait."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, signal.SIG_IGN) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
