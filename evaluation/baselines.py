"""Two networks trained on MNIST alone, as tutorials do, for the evaluation to compare with.

Their input is what most demos use: the whole drawing shrunk to 28×28. A trained network is kept in
the user's cache as a .tflite file, so that TensorFlow is only needed to train it.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from digits.network import ModelError, Network
from digits.normalize import SIDE
from training import dense
from training.data import Mnist, floats

SEED = 1
BATCH_SIZE = 128
DENSE_EPOCHS = 5  # as in the book
CONVNET_EPOCHS = 15  # as on Keras's page


def classify(network: Network, drawings: Iterable[np.ndarray]) -> np.ndarray:
    """Classify drawings, uint8 (height, width) with ink 255 on 0; return float32 (n, 10)."""
    small = [np.asarray(Image.fromarray(drawing).resize((SIDE, SIDE))) for drawing in drawings]
    return network.run(np.stack(small), ["probabilities"])["probabilities"]


def cached(name: str, mnist: Mnist) -> Network | None:
    """Load "dense" or "convnet" from the cache; None if it is not there or damaged."""
    with contextlib.suppress(OSError, ModelError, ImportError):
        return Network(_cache(name, mnist).read_bytes())
    return None


def train(name: str, mnist: Mnist) -> Network:
    """Train "dense" or "convnet" on MNIST's training images and keep it in the cache."""
    cache = _cache(name, mnist)  # before training: the key depends on this file
    import keras

    from training import export

    keras.utils.set_random_seed(SEED)
    if name == "dense":
        model = dense.fit(mnist, DENSE_EPOCHS, BATCH_SIZE, verbose=0)
    else:
        model = convnet()
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
        how = {"epochs": CONVNET_EPOCHS, "batch_size": BATCH_SIZE, "validation_split": 0.1}
        model.fit(floats(mnist.x_train), mnist.y_train, **how, verbose=0)
    network = export.export(model)
    with contextlib.suppress(OSError):  # a full or read-only disk: train again next time
        export.write_atomically(cache, lambda half: half.write_bytes(network))
    return Network(network)


def convnet():
    """The network of https://keras.io/examples/vision/mnist_convnet/ (F. Chollet), not compiled."""
    import keras
    from keras import layers

    return keras.Sequential(
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


def _cache(name: str, mnist: Mnist) -> Path:
    """The cache file: its name depends on the code, the data and the versions of libraries."""
    inputs = [name.encode(), mnist.checksum.encode(), Path(__file__).read_bytes()]
    inputs += [version(library).encode() for library in ("keras", "tensorflow")]
    if name == "dense":
        inputs.append(Path(dense.__file__).read_bytes())
    key = hashlib.sha256(b"\0".join(inputs)).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "draw-a-digit", f"{name}-{key}.tflite")
