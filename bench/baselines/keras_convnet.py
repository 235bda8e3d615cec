"""The recipe of F. Chollet, Simple MNIST convnet, https://keras.io/examples/vision/mnist_convnet/.

python -m bench.baselines.keras_convnet [--epochs 15] [--seed N] [--save FILE] trains until it
holds 99.0%: that many of MNIST's test images are read right, and also after one more epoch (or
until the epochs are over). It prints what it took until it first held them as JSON.
"""

import argparse
import json
import time

import keras
import numpy as np

from evaluation.baselines import convnet
from training.data import load_mnist

GOAL = 0.99


class Watch(keras.callbacks.Callback):
    """Records the training time, without evaluation, and the accuracy after each epoch."""

    def __init__(self, x_test: np.ndarray, y_test: np.ndarray):
        super().__init__()
        self.x_test, self.y_test = x_test, y_test
        self.seconds, self.accuracies = [], []

    def on_train_begin(self, logs=None):
        self.started, self.testing = time.perf_counter(), 0.0

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        self.seconds.append(now - self.started - self.testing)
        _, accuracy = self.model.evaluate(self.x_test, self.y_test, batch_size=500, verbose=0)
        self.accuracies.append(accuracy)
        self.testing += time.perf_counter() - now
        if self.held():
            self.model.stop_training = True

    def held(self) -> bool:
        return len(self.accuracies) > 1 and min(self.accuracies[-2:]) >= GOAL


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", metavar="FILE", help="keep the trained model as .keras")
    args = parser.parse_args()

    keras.utils.set_random_seed(args.seed)
    mnist = load_mnist()
    x_train, x_test = (x[..., None].astype("float32") / 255 for x in (mnist.x_train, mnist.x_test))
    model = convnet()
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    y_train, y_test = (keras.utils.to_categorical(y, 10) for y in (mnist.y_train, mnist.y_test))
    watch = Watch(x_test, y_test)
    how = {"batch_size": 128, "epochs": args.epochs, "validation_split": 0.1}
    model.fit(x_train, y_train, **how, callbacks=[watch], verbose=0)
    if args.save:
        model.save(args.save)
    held = watch.held()
    # Leave out the epoch that only confirmed the goal.
    seconds, accuracies = (all[: -1 if held else None] for all in (watch.seconds, watch.accuracies))
    print(json.dumps({"held": held, "seconds": seconds, "accuracies": accuracies}))


if __name__ == "__main__":
    main()
