"""The recipe of F. Chollet, Simple MNIST convnet, https://keras.io/examples/vision/mnist_convnet/.

python -m bench.baselines.keras_convnet [--epochs 15] [--save FILE] trains until 99.0 % of MNIST's
test images are read right for the first time (or the epochs are over), and prints what it took as
JSON.
"""

import argparse
import json
import time

import keras
import numpy as np
from keras import layers

from digits.data import load_mnist

GOAL = 0.99


class Watch(keras.callbacks.Callback):
    """Notes, after each epoch, the training time so far (without its own test) and the accuracy."""

    def __init__(self, x_test: np.ndarray, y_test: np.ndarray):
        super().__init__()
        self.x_test, self.y_test = x_test, y_test
        self.seconds, self.accuracies = [], []

    def on_train_begin(self, logs=None):
        self.started, self.aside = time.perf_counter(), 0.0

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        self.seconds.append(now - self.started - self.aside)
        _, accuracy = self.model.evaluate(self.x_test, self.y_test, batch_size=500, verbose=0)
        self.accuracies.append(accuracy)
        self.aside += time.perf_counter() - now
        if accuracy >= GOAL:
            self.model.stop_training = True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--save", metavar="FILE", help="keep the trained model as .keras")
    args = parser.parse_args()

    mnist = load_mnist()
    x_train, x_test = (x[..., None].astype("float32") / 255 for x in (mnist.x_train, mnist.x_test))
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    y_train, y_test = (keras.utils.to_categorical(y, 10) for y in (mnist.y_train, mnist.y_test))
    watch = Watch(x_test, y_test)
    how = {"batch_size": 128, "epochs": args.epochs, "validation_split": 0.1}
    model.fit(x_train, y_train, **how, callbacks=[watch], verbose=0)
    if args.save:
        model.save(args.save)
    held = watch.accuracies[-1] >= GOAL
    found = {"held": held, "seconds": watch.seconds, "accuracies": watch.accuracies}
    print(json.dumps({**found, "aside": watch.aside}))


if __name__ == "__main__":
    main()
