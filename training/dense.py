"""Trains the dense network of F. Chollet's book, for comparison."""

import argparse
from pathlib import Path

from digits.card import Card, Thresholds
from training import export
from training.data import Mnist


def train(mnist: Mnist, args: argparse.Namespace) -> Path | None:
    """Trains on MNIST's training images alone, and saves the model.

    Returns:
        The folder of the previous model; None if there was none.
    """
    import keras

    from training import fitting, network, provenance, testing

    keras.utils.set_random_seed(args.seed)
    checkpoints = fitting.Checkpoints(None)
    model = network.dense()
    x = mnist.x_train.reshape(-1, 28 * 28).astype("float32") / 255
    fitted = model.fit(x, mnist.y_train, epochs=args.epochs, batch_size=args.batch_size)
    exported = export.export(model)
    card = Card(
        network="dense",
        temperature=1.0,
        thresholds=Thresholds(),  # every drawing is stated to be a digit
        learning_curve=fitted.history,
        seconds=checkpoints.seconds(),
        test=testing.test(exported, mnist, temperature=1.0),
        **provenance.facts(model, mnist, args),
    )
    return export.save(Path(args.out), model, exported, card)
