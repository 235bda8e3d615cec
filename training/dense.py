"""The dense network of F. Chollet's Deep Learning with Python, for comparison."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from digits.card import Card, Thresholds
from training import export, pool
from training.data import Mnist

if TYPE_CHECKING:
    import keras


def train(mnist: Mnist, args: argparse.Namespace) -> Path | None:
    """Train on MNIST's training images alone, and save the model.

    Returns:
        The folder of the previous model; None if there was none.
    """
    import keras

    from training import provenance, testing

    keras.utils.set_random_seed(args.seed)
    began = time.monotonic()
    model = fit(mnist, args.epochs, args.batch_size, verbose="auto")
    seconds = round(time.monotonic() - began, 1)
    exported = export.export(model)
    card = Card(
        network="dense",
        temperature=1.0,
        thresholds=Thresholds(),  # every drawing is stated to be a digit
        pool=pool.kept(Path(args.out)),
        learning_curve=model.history.history,
        seconds=seconds,
        test=testing.test(exported, mnist, temperature=1.0),
        **provenance.facts(model, mnist, args),
    )
    return export.save(Path(args.out), model, exported, card)


def fit(mnist: Mnist, epochs: int, batch_size: int, verbose: str | int) -> "keras.Model":
    """Build the network, and train it on MNIST's training images; `verbose` is Keras's."""
    model = build()
    x = mnist.x_train.reshape(-1, 28 * 28).astype("float32") / 255
    model.fit(x, mnist.y_train, epochs=epochs, batch_size=batch_size, verbose=verbose)
    return model


def build() -> "keras.Model":
    """Build the network of section 2.1, compiled.

    It takes float32 (batch, 784) in 0-1, and returns softmax probabilities (batch, 10).
    """
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((28 * 28,)),
            layers.Dense(512, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="dense",
    )
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
