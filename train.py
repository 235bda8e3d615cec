"""Trains the network on MNIST and on drawn digits, and saves it to model/.

python train.py                   the network that the page uses, within half an hour
python train.py --epochs 24       trained longer, as the one that ships: somewhat over an hour
python train.py --network dense   the one of the book, for comparison
"""

import argparse
import json
import os
import platform
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from digits import ModelError, artifacts, pen
from digits.calibrate import NO_LIMIT, calibrate, cool
from digits.data import DataError, Mnist, load_mnist
from digits.images import data_url
from digits.quiet import wake_tensorflow, without_chatter

# Settings: the command line can change the first ones.
NETWORK = "convnet"
EPOCHS = {"convnet": 9, "dense": 5}
QUICK_EPOCHS = 1
BATCH_SIZE = 128
SEED = 1
OUT = "model"

HELD_OUT = 5_000  # MNIST training images kept aside to choose temperature and limits on
HELD_OUT_SEED = 1_000_000  # is added to the seed for drawn digits kept aside
WATCHED = 200  # of the digits kept aside, for those who watch it learn
WATCH_EVERY = 10  # batches
FULL = {
    "small": False,
    "augment": True,
    "mnist_times": 2,  # an epoch goes through MNIST twice, through what is drawn once
    "mnist_images": None,  # all but those kept aside
    "pen_digits": 36_000,  # drawn digits to learn from beside MNIST
    "non_digits": 10_000,  # drawn things to refuse
    "held_out_pen": 5_000,  # drawn digits kept aside, like HELD_OUT
    "learning_rate": 2e-3,  # the peak: it rises over the first fifth and falls to nothing
    "weight_decay": 0.05,
    "label_smoothing": 0.0,  # Szegedy et al. 2016, https://arxiv.org/abs/1512.00567
}
QUICK = {  # a first network within seconds: small, in large steps, and nothing is seen twice
    "small": True, "augment": False, "mnist_times": 1, "mnist_images": 36_000,
    "pen_digits": 2_000, "non_digits": 1_000, "held_out_pen": 500,
    "learning_rate": 2e-2, "weight_decay": 0.5, "label_smoothing": 0.05,
}  # fmt: skip

# Something to learn from: a function that waits for the images, and their labels.
Drawn = tuple[Callable[[], np.ndarray], np.ndarray]


def main() -> int:
    args = parse_arguments()
    if args.network == "dense" or args.recalibrate:
        return train(args)
    # TensorFlow's start leaves processors free: others draw meanwhile.
    with drawing(args) as (drawn, held_out_drawn):
        return train(args, drawn, held_out_drawn)


def train(args: argparse.Namespace, *drawings: Drawn) -> int:
    """Everything from the data to the files of the model; gives the exit code."""
    started, trained_from = time.time(), commit()
    wake_tensorflow()
    import keras

    keras.utils.set_random_seed(args.seed)

    try:
        mnist = load_mnist(args.data)
    except DataError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    print(f"Data: {mnist.source}")
    if mnist.note:
        print(mnist.note)
    print(f"Training images: shape {mnist.x_train.shape}, {len(mnist.y_train)} labels")
    print(f"Test images: shape {mnist.x_test.shape}, {len(mnist.y_test)} labels")

    try:
        if args.recalibrate:
            model, made, limits = recalibrate(mnist, args)
        else:
            fit = fit_dense if args.network == "dense" else fit_convnet
            model, history, limits = fit(mnist, args, *drawings)
            made = {
                "network": args.network,
                "parameters": model.count_params(),
                "classes": int(model.output_shape[1]),
                "epochs": args.epochs,
                "batch_size": args.batch_size,
                "seed": args.seed,
                "quick": args.quick,
                "seconds": round(time.time() - started, 1),
                "trained": now(),
                "command": command(),
                "commit": trained_from,
                "versions": {
                    "python": platform.python_version(),
                    **{name: version(name) for name in ("tensorflow", "keras", "numpy", "pillow")},
                },
                "data": {
                    "source": mnist.source, "sha256": mnist.checksum, "mnist": mnist.canonical
                },
                "learning_curve": history,
            }  # fmt: skip
    except ModelError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    card = {**made, **limits, "test": test(model, mnist, limits["temperature"])}
    try:
        artifacts.save(Path(args.out), model, artifacts.export(model), card)
    except OSError as error:
        print(
            f"train.py: the model could not be written to “{args.out}”: {error}. What was there "
            "before is untouched. Make room, or pass another folder with --out.",
            file=sys.stderr,
        )
        return 1
    print(f"Saved to {args.out}: digits.keras, digits.tflite, card.json")
    return 0


def test(model, mnist: Mnist, temperature: float) -> dict[str, Any]:
    """How the network does on MNIST's test images."""
    import keras

    x_test = mnist.x_test.reshape(-1, *model.input_shape[1:]).astype(np.float32) / 255
    outputs = model.predict(x_test, batch_size=500, verbose=0)
    loss, accuracy = (
        float(np.mean(metric(mnist.y_test, outputs)))
        for metric in (
            keras.losses.sparse_categorical_crossentropy,
            keras.metrics.sparse_categorical_accuracy,
        )
    )
    print(f"Test loss: {loss:.4f}")
    print(f"Test accuracy: {accuracy:.4f}")

    probabilities = cool(outputs, temperature)[0]
    guesses, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    misread = np.flatnonzero(guesses != mnist.y_test)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (mnist.y_test, guesses), 1)
    return {
        "images": len(mnist.y_test),
        "accuracy": float(np.mean(guesses == mnist.y_test)),
        "loss": loss,
        "digit_accuracy": (confusion.diagonal() / confusion.sum(axis=1).clip(1)).tolist(),
        "confusion": confusion.tolist(),
        "misread": [
            {
                "number": int(number),
                "label": int(mnist.y_test[number]),
                "guess": int(guesses[number]),
                "confidence": float(confidence[number]),
                "pixels": data_url(mnist.x_test[number]),
            }
            for number in misread
        ],
    }


def fit_dense(mnist: Mnist, args: argparse.Namespace):
    """The book's network, on all of the training images, with nothing added."""
    from digits import network

    model = network.dense()
    x_train = mnist.x_train.reshape(-1, 28 * 28).astype(np.float32) / 255
    fitted = model.fit(x_train, mnist.y_train, epochs=args.epochs, batch_size=args.batch_size)
    return model, fitted.history, NO_LIMIT


@contextmanager
def drawing(args: argparse.Namespace) -> Iterator[tuple[Drawn, Drawn]]:
    """Begins to draw what the convnet learns from, and digits that it does not learn from."""
    digits, others = args.settings["pen_digits"], args.settings["non_digits"]
    y = np.concatenate([np.arange(digits) % 10, np.full(others, pen.NO_DIGIT)])
    print("Drawing digits, and what is none…", flush=True)
    aside = drawing_aside(args.settings["held_out_pen"], args.seed)
    with aside as held_out_drawn, pen.drawing(y, args.seed) as x:
        yield (x, y), held_out_drawn


@contextmanager
def drawing_aside(count: int, seed: int) -> Iterator[Drawn]:
    """Begins to draw digits that are not learned from."""
    y = np.arange(count) % 10
    with pen.drawing(y, seed + HELD_OUT_SEED) as x:
        yield x, y


def fit_convnet(mnist: Mnist, args: argparse.Namespace, drawn: Drawn, held_out_drawn: Drawn):
    """The network that ships: MNIST, drawn digits and what is no digit, each a little different
    every time."""
    import keras
    import tensorflow as tf

    from digits import augment, network

    settings = args.settings
    x_held, y_held = held_out(mnist, held_out_drawn)
    x, y = mnist.x_train[: -held_out_of(mnist)], mnist.y_train[: -held_out_of(mnist)]
    x, y = x[: settings["mnist_images"]], y[: settings["mnist_images"]]
    wait_for_pen, y_pen = drawn
    x = np.concatenate([x] * settings["mnist_times"] + [wait_for_pen()])
    y = np.concatenate([y] * settings["mnist_times"] + [y_pen])

    vary = augment.augmentation() if settings["augment"] else keras.layers.Identity()
    with without_chatter():  # once more, at its first run
        vary(np.zeros((1, 28, 28, 1), np.float32))
    # Nothing here is left to TensorFlow to tune, and an epoch's end would wait for its tuner, which
    # sleeps up to a minute.
    options = tf.data.Options()
    options.autotune.enabled = False
    batches = (
        tf.data.Dataset.from_tensor_slices((x[..., None], y))
        .shuffle(len(x), seed=args.seed)
        .batch(args.batch_size, drop_remainder=True)  # the random layers need to know how many
        # One at a time: in parallel the seeds of the random layers would race.
        .map(lambda x, y: (vary(tf.cast(x, tf.float32) / 255), tf.one_hot(y, network.CLASSES)))
        .prefetch(4)
        .with_options(options)
    )
    model = network.small_convnet() if settings["small"] else network.convnet()
    model.compile(
        optimizer=keras.optimizers.AdamW(
            one_cycle(args.epochs * (len(x) // args.batch_size), settings["learning_rate"]),
            weight_decay=settings["weight_decay"],
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings["label_smoothing"]),
        metrics=["accuracy"],
    )
    fitted = model.fit(
        batches, epochs=args.epochs, shuffle=False,
        validation_data=(x_held, keras.utils.to_categorical(y_held, network.CLASSES)),
        callbacks=[time_left(args.epochs), *watch(args, x_held, y_held, len(batches))],
    )  # fmt: skip
    limits = calibrate(model.predict(x_held, batch_size=500, verbose=0), y_held)
    return model, fitted.history, limits


def recalibrate(mnist: Mnist, args: argparse.Namespace):
    """The network that is there, as it is, with its temperature and limits chosen anew.

    Raises:
        ModelError: it can't be used.
    """
    import keras

    folder = Path(args.out)
    try:
        made = json.loads((folder / "card.json").read_text("utf-8"))
        if made.get("network") == "dense":
            raise ModelError(f"“{folder}” holds the dense network, which has no limits to choose.")
        model = keras.models.load_model(folder / "digits.keras")
    except (OSError, ValueError):
        raise ModelError(
            f"“{folder}” holds no card.json and digits.keras that can be read. Train without "
            "--recalibrate."
        ) from None
    with drawing_aside(FULL["held_out_pen"], made["seed"]) as drawn:
        x_held, y_held = held_out(mnist, drawn)
    limits = calibrate(model.predict(x_held, batch_size=500, verbose=0), y_held)
    made["recalibrated"] = {"date": now(), "command": command(), "commit": commit()}
    return model, made, limits


def held_out_of(mnist: Mnist) -> int:
    """How many of the training images, the last ones, are not learned from."""
    return min(HELD_OUT, len(mnist.x_train) // 6)


def held_out(mnist: Mnist, drawn: Drawn) -> tuple[np.ndarray, np.ndarray]:
    """Digits that are not learned from, of MNIST and drawn: float32 (n, 28, 28, 1), labels."""
    wait_for_pen, y_pen = drawn
    last = slice(-held_out_of(mnist), None)
    x = np.concatenate([mnist.x_train[last], wait_for_pen()])
    return x[..., None].astype(np.float32) / 255, np.concatenate([mnist.y_train[last], y_pen])


def one_cycle(steps: int, peak: float):
    """Up over the first fifth, then down along half a cosine (Smith 2018, arXiv:1803.09820)."""
    import keras

    warm_up = steps // 5
    return keras.optimizers.schedules.CosineDecay(
        peak / 20,
        decay_steps=steps - warm_up,
        warmup_target=peak,
        warmup_steps=warm_up,
    )


def time_left(epochs: int):
    """Keras's progress bar tells how long the epoch will take; this tells it of the whole."""
    import keras

    started = time.time()

    def tell(epoch: int, logs: dict[str, float]) -> None:
        if left := epochs - epoch - 1:
            minutes = (time.time() - started) / (epoch + 1) * left / 60
            print(f"About {minutes:.0f} min left" if minutes >= 1 else "Less than 1 min left")

    return keras.callbacks.LambdaCallback(on_epoch_end=tell)


def watch(args: argparse.Namespace, x_held: np.ndarray, y_held: np.ndarray, batches: int) -> list:
    """For those who watch it learn: every few batches a line in --watch's progress.jsonl.

    It tells what the network makes of the drawings, and of digits that it does not learn from.
    """
    if not args.watch:
        return []
    import keras

    folder, steps = Path(args.watch), args.epochs * batches
    drawings = np.load(folder / "drawings.npy")[..., None].astype(np.float32) / 255
    x, y = np.concatenate([drawings, x_held[:WATCHED]]), y_held[:WATCHED]
    file = (folder / "progress.jsonl").open("a", encoding="utf-8")

    class Watch(keras.callbacks.Callback):
        step = 0

        def on_train_begin(self, logs=None):
            self.tell()

        def on_train_batch_end(self, batch, logs=None):
            self.step += 1
            if self.step % WATCH_EVERY == 0 or self.step == steps:
                self.tell()

        def tell(self):
            outputs = self.model.predict_on_batch(x)
            readings, guesses = outputs[: len(drawings)], outputs[len(drawings) :].argmax(axis=1)
            told = {
                "step": self.step,
                "steps": steps,
                "accuracy": float(np.mean(guesses == y)),
                "readings": readings.round(4).tolist(),
            }
            print(json.dumps(told), file=file, flush=True)

    return [Watch()]


def command() -> str:
    return shlex.join(["python", *sys.argv])


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit() -> str | None:
    """The commit that this was trained from, with "+changes" if files differ; None without git."""
    try:
        git = ["git", "-C", os.path.dirname(os.path.abspath(__file__))]
        run = {"capture_output": True, "text": True, "check": True}
        head = subprocess.run([*git, "rev-parse", "HEAD"], **run).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], **run).stdout
        return head + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Trains the network on MNIST and on drawn digits, and saves it."
    )
    parser.add_argument("--network", choices=list(EPOCHS), default=NETWORK)
    parser.add_argument("--epochs", type=positive, help=f"default: {EPOCHS}")
    parser.add_argument("--batch-size", type=positive, default=BATCH_SIZE)
    parser.add_argument("--seed", type=natural, default=SEED)
    parser.add_argument("--data", metavar="PATH", help="an .npz, or a folder or .tgz of IDX files")
    parser.add_argument("--out", default=OUT, help="the folder to save to (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a first network within a minute")
    parser.add_argument(
        "--recalibrate", action="store_true", help="keep the network in --out, choose its limits"
    )
    parser.add_argument(
        "--watch",
        metavar="FOLDER",
        type=watched,
        help="re-read FOLDER/drawings.npy as it learns, and tell of it in FOLDER/progress.jsonl",
    )
    args = parser.parse_args()
    if args.watch and args.network == "dense":
        parser.error("--watch is for the convnet only")
    args.settings = FULL | (QUICK if args.quick else {})
    args.epochs = args.epochs or (QUICK_EPOCHS if args.quick else EPOCHS[args.network])
    return args


def watched(folder: str) -> str:
    try:
        drawings = np.load(Path(folder, "drawings.npy"))
    except (OSError, ValueError, EOFError):
        drawings = np.zeros(0)
    if drawings.shape[1:] != (28, 28):
        raise argparse.ArgumentTypeError(f"“{folder}” has no drawings.npy of 28 × 28 dots each")
    return folder


def natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0 up")
    return int(text)


def positive(text: str) -> int:
    if natural(text) == 0:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


class Stop:
    """Ctrl-C or a polite kill: ends the drawing processes too, and says so in one sentence."""

    asked = False

    def __call__(self, *_) -> None:
        self.asked = True
        raise KeyboardInterrupt


if __name__ == "__main__":
    stop = Stop()
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as in a shell's background
        signal.signal(signal.SIGINT, stop)
    try:
        sys.exit(main())
    except BaseException:  # TensorFlow makes another error of it where it strikes in its midst
        if not stop.asked:
            raise
        print("\ntrain.py: stopped. Nothing was written.", file=sys.stderr)
        sys.exit(130)
