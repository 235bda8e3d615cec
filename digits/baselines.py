"""Two networks as tutorials train them, on MNIST alone: what evaluate.py compares with.

Each is fed as the usual demo feeds it: the whole drawing, shrunk to 28×28. A trained one is kept
in the user's cache as a .tflite file, so that TensorFlow is needed for training only.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from digits.data import Mnist
from digits.normalize import SIDE
from digits.quiet import without_chatter

SEED = 1
BATCH_SIZE = 128
DENSE_EPOCHS = 5  # as in the book
CONVNET_EPOCHS = 15  # as on Keras's page


class Baseline:
    """A trained network; give it drawings, it gives probabilities."""

    def __init__(self, network: bytes):
        with without_chatter():
            self._interpreter = Interpreter(model_content=network, num_threads=1)
            self._interpreter.allocate_tensors()

    def __call__(self, drawings: Iterable[np.ndarray]) -> np.ndarray:
        """Reads uint8 (height, width) drawings, ink light on 0: float32 (n, 10), rows sum to 1."""
        small = [Image.fromarray(drawing).resize((SIDE, SIDE)) for drawing in drawings]
        entry = self._interpreter.get_input_details()[0]
        inputs = np.stack(small).reshape(-1, *entry["shape"][1:]).astype(np.float32) / 255
        output = self._interpreter.get_output_details()[0]["index"]
        probabilities = np.empty((len(inputs), 10), np.float32)
        for row, one in zip(probabilities, inputs, strict=True):
            self._interpreter.set_tensor(entry["index"], one[None])
            self._interpreter.invoke()
            row[:] = self._interpreter.get_tensor(output)[0]
        return probabilities


def cached(name: str, mnist: Mnist) -> Baseline | None:
    """The network if it was trained before: "dense" or "convnet"; None if not, or if damaged."""
    with contextlib.suppress(OSError, ValueError, RuntimeError, ImportError):
        return Baseline(_cache(name, mnist).read_bytes())
    return None


def train(name: str, mnist: Mnist) -> Baseline:
    """Trains "dense" or "convnet" on MNIST's training images and keeps it in the cache."""
    cache = _cache(name, mnist)  # named before: who edits this file meanwhile is not misled
    with without_chatter():
        import keras

        from digits import artifacts

        keras.utils.set_random_seed(SEED)
        model = {"dense": _dense, "convnet": _convnet}[name](mnist)
    network = artifacts.export(model)
    with contextlib.suppress(OSError):  # a full or read-only disk costs only another training
        _keep(network, cache)
    return Baseline(network)


def _dense(mnist: Mnist):
    """The network of F. Chollet, Deep Learning with Python, section 2.1, trained as there."""
    from digits import network

    model = network.dense()
    x_train = mnist.x_train.reshape(-1, SIDE * SIDE).astype(np.float32) / 255
    model.fit(x_train, mnist.y_train, epochs=DENSE_EPOCHS, batch_size=BATCH_SIZE, verbose=0)
    return model


def _convnet(mnist: Mnist):
    """F. Chollet, Simple MNIST convnet, https://keras.io/examples/vision/mnist_convnet/."""
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(32, kernel_size=3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, kernel_size=3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    x_train = mnist.x_train[..., None].astype(np.float32) / 255
    how = {"epochs": CONVNET_EPOCHS, "batch_size": BATCH_SIZE, "validation_split": 0.1}
    model.fit(x_train, mnist.y_train, **how, verbose=0)
    return model


def _cache(name: str, mnist: Mnist) -> Path:
    """Where the trained network lies: another place for other code, data or libraries."""
    made_by = [name.encode(), mnist.checksum.encode(), Path(__file__).read_bytes()]
    made_by += [version(library).encode() for library in ("keras", "tensorflow")]
    if name == "dense":
        made_by.append(Path(__file__).with_name("network.py").read_bytes())
    key = hashlib.sha256(b"\0".join(made_by)).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "draw-a-digit", f"{name}-{key}.tflite")


def _keep(network: bytes, cache: Path) -> None:
    """Writes the file in one step, so that no other process ever sees half of it."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as beside:
        new = Path(beside, cache.name)
        new.write_bytes(network)
        os.replace(new, cache)
