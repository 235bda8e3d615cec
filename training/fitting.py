"""Batches and callbacks for training, and a small network that trains quickly."""

import csv
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from training import network
from training.cleaning import Predict
from training.data import floats
from training.optimizer import one_cycle


def batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, augment: keras.layers.Layer, seed: int
) -> tf.data.Dataset:
    """Return an endless data set of augmented batches, in a new order for each pass.

    Args:
        x, y: uint8 (n, 28, 28) and integers (n,), 0-10.
        augment: takes and returns float32 (batch, 28, 28, 1).

    Returns:
        Float32 (batch, 28, 28, 1) and one-hot (batch, classes).
    """
    augment(np.zeros((1, 28, 28, 1), np.float32))  # builds the layers
    # With autotuning, the end of an epoch waits for a tuner that sleeps for up to a minute.
    options = tf.data.Options()
    options.autotune.enabled = False
    images, labels = tf.constant(x[..., None]), tf.constant(y)

    def load(indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.cast(tf.gather(images, indices), tf.float32) / 255
        return augment(pixels), tf.one_hot(tf.gather(labels, indices), network.CLASSES)

    return (
        tf.data.Dataset.range(len(x))
        .shuffle(len(x), seed=seed)
        .batch(batch_size, drop_remainder=True)  # the random layers need a fixed size
        .repeat()
        .map(load)  # not in parallel: the seeds of the random layers would race
        .prefetch(4)
        .with_options(options)
    )


def small_learner(x: np.ndarray, y: np.ndarray) -> Predict:
    """Train a small network within a minute or so, for `training.cleaning.vote`.

    Args:
        x, y: uint8 (n, 28, 28) and integers (n,), 0-10.
    """
    model, epochs, batch_size = network.small_convnet(), 2, 128
    model.compile(
        optimizer=keras.optimizers.AdamW(
            one_cycle(epochs * (len(x) // batch_size), 1e-2), weight_decay=0.1
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(floats(x), y, epochs=epochs, batch_size=batch_size, verbose=2)
    return lambda images: model.predict(floats(images), batch_size=500, verbose=0)


class Checkpoints:
    """Saves progress after each epoch for --checkpoint, in files that cannot contain code.

    Args:
        folder: of --checkpoint; None if there is none.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        file = folder and folder / "seconds"
        before = float(file.read_text()) if file and file.exists() else 0.0
        self._started = time.monotonic() - before

    def seconds(self) -> float:
        """The duration of the training, interruptions excluded."""
        return round(time.monotonic() - self._started, 1)

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """Return the callbacks that save and restore; none without a folder."""
        if not self.folder:
            return []
        file = self.folder / "seconds"
        return [
            keras.callbacks.BackupAndRestore(self.folder / "state", delete_checkpoint=False),
            keras.callbacks.CSVLogger(self.folder / "history.csv", append=True),
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: file.write_text(str(self.seconds()))
            ),
        ]

    def history(self, history: dict[str, list[float]]) -> dict[str, list[float]]:
        """Return the learning curve of all epochs, including those before an interruption.

        Args:
            history: by Keras, of the epochs since the interruption.
        """
        if not self.folder:
            return history
        with (self.folder / "history.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}
