"""Exports a model for LiteRT, and writes files atomically."""

import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from digits.card import CARD, EXAMPLES, LAYOUT, NETWORK, Card, Pool, locked

if TYPE_CHECKING:
    import keras

KERAS_MODEL = "digits.keras"


def convert(model: "keras.Model", images: np.ndarray | None = None) -> bytes:
    """Convert a model to the bytes of a .tflite file with int8 weights.

    Args:
        model: its outputs keep their names.
        images: uint8 (n, height, width), for measuring the ranges of the activations, which become
            int8, too. If None, they are quantized as they occur (dynamic-range quantization).
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if images is not None:
            converter.representative_dataset = lambda: (
                [image[None, ..., None].astype(np.float32) / 255] for image in images
            )
        return converter.convert()


def export(model: "keras.Model") -> bytes:
    """Convert a network that reads digits, for any batch size.

    The file is a quarter as large, and runs about three times as fast. The outputs are those of
    `network.with_inside`, under the same names.
    """
    from training.network import with_inside

    return convert(with_inside(model))


def save(
    folder: Path,
    model: "keras.Model",
    network: bytes,
    card: Card,
    examples: bytes | None = None,
) -> Path | None:
    """Write `digits.keras`, `digits.tflite`, `card.json` and `examples.npz`; keep the old model.

    A model that is already there is copied to a folder beside it, "….previous", which replaces an
    older one. Everything is written to a temporary folder and flushed to disk first. Only a few
    renames then lie between the old model and the new: a full disk, Ctrl-C or a kill before them
    leaves the old model as it was.

    Args:
        folder: created if missing; other files in it, such as `layout.tflite`, are left alone.
        model: the trained model.
        network: its export, from `export`.
        card: facts about it; the checksums are added. Its pool belongs to this network and the
            folder's `layout.tflite`: see `training.pool`.
        examples: from `training.examples.choose`. If None, old ones are removed, which belong to
            another network.

    Returns:
        The folder of the previous model; None if there was none.

    Raises:
        OSError: the folder can't be written to.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        new.mkdir()
        model.save(new / KERAS_MODEL)
        (new / NETWORK).write_bytes(network)
        if examples:
            (new / EXAMPLES).write_bytes(examples)
        files = [*new.iterdir(), *folder.glob(LAYOUT)]
        sums = {file.name: _sha256(file) for file in sorted(files, key=lambda file: file.name)}
        replace(card, sha256=sums[NETWORK], files=sums).write(new)
        for file in new.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        folder.mkdir(exist_ok=True)
        previous = folder.with_name(f"{folder.name}.previous")
        with locked(folder, exclusive=True), _uninterrupted():
            replaced = (folder / CARD).exists()
            if replaced:
                shutil.copytree(folder, old)
                shutil.rmtree(previous, ignore_errors=True)
                os.replace(old, previous)
            if not examples:
                (folder / EXAMPLES).unlink(missing_ok=True)
            for file in sorted(new.iterdir()):
                os.replace(file, folder / file.name)
    return previous if replaced else None


def save_layout(folder: Path, network: bytes, pool: Pool) -> None:
    """Replace the layout network in the folder of a model, and the pool that was fitted to it.

    Raises:
        OSError: the folder can't be written to.
        CardError: there is no card that can be read.
    """
    with (
        locked(folder, exclusive=True),
        tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary,
    ):
        card = Card.read(folder)
        files = {**card.files, LAYOUT: hashlib.sha256(network).hexdigest()}
        replace(card, files=files, pool=pool).write(Path(temporary))
        Path(temporary, LAYOUT).write_bytes(network)
        for name in (LAYOUT, CARD):
            os.replace(Path(temporary, name), folder / name)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Write one file atomically: if interrupted, the old file stays.

    No other process sees an incomplete file, not even one that writes the same file.

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
    """Ignore SIGINT and SIGTERM."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, signal.SIG_IGN) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
