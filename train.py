"""Trains the network on MNIST and on drawn digits, and saves it to model/.

python train.py                   the network that the page uses, within half an hour
python train.py --epochs 24       trained longer, as the one that ships: somewhat over an hour
python train.py --network dense   the one of the book, for comparison
python train.py --pens PATH       also on real people's handwriting; see docs/training.md
"""

import argparse
import csv
import hashlib
import json
import os
import pickle
import platform
import re
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

from digits import ModelError
from digits.calibration import apply_temperature
from digits.images import data_url
from handwriting import pen
from training import export, unipen
from training import writers as people
from training.calibration import NO_LIMIT, calibrate
from training.data import DataError, Mnist, load_mnist
from training.optional import missing
from training.tf_logging import filter_stderr, show_any_text

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
# How often those who watch are told, in batches: more often at first, where it learns most.
WATCH_EVERY, WATCH_EVERY_AT_FIRST, AT_FIRST = 10, 3, 60
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the weights after fine-tuning; the others are from --from
RENEWED_ON = 6_000  # images that the batch normalization's statistics are computed from
UNSURE_OF_PEOPLE = 0.045  # the share of people's held-out digits that may be called "unsure"
PEOPLE_KEPT = "people.pickle"  # in the folder of --checkpoint
FULL: dict[str, Any] = {
    "small": False,
    "augment": True,
    "mnist_times": 2,  # an epoch goes through MNIST twice, through what is drawn once
    "mnist_images": None,  # all but those kept aside
    "pen_digits": 36_000,  # drawn digits to learn from beside MNIST
    "non_digits": 12_000,  # drawn things to refuse
    "held_out_pen": 5_000,  # drawn digits kept aside, like HELD_OUT
    "learning_rate": 2e-3,  # the peak: it rises over the first fifth and falls to nothing
    "weight_decay": 0.05,
    "steps": 800,  # an epoch with --pens, where going through all would take too long
    "label_smoothing": 0.0,  # Szegedy et al. 2016, https://arxiv.org/abs/1512.00567
}
# With --pens, for the same share of drawn non-digits in a larger whole.
PENS = {"non_digits": 24_000}
# A first network within seconds: small, in large steps, and nothing is seen twice. These settings
# were chosen by their accuracy on MNIST's test images, which therefore flatters --quick a little.
QUICK = {
    "small": True, "augment": False, "mnist_times": 1, "mnist_images": 36_000,
    "pen_digits": 2_000, "non_digits": 1_000, "held_out_pen": 500,
    "learning_rate": 2e-2, "weight_decay": 0.5, "label_smoothing": 0.05,
}  # fmt: skip

# Something to learn from: a function that waits for the images, and their labels.
Drawn = tuple[Callable[[], np.ndarray], np.ndarray]


def main() -> int:
    args = parse_arguments()
    if trouble := missing("tensorflow"):
        print(f"train.py: {trouble}", file=sys.stderr)
        return 2
    try:  # what can't be read is said before anything is drawn
        mnist = load_mnist(args.data) if args.data else None
        paths = [] if people_kept(args) else args.pens
        args.drawings = [drawing for path in paths for drawing in unipen.read(Path(path))]
    except (DataError, unipen.PenFileError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    if args.network == "dense" or args.recalibrate:
        return train(args, mnist)
    # TensorFlow's start leaves processors free: others draw meanwhile.
    with drawing(args) as (drawn, held_out_drawn):
        return train(args, mnist, drawn, held_out_drawn)


def train(args: argparse.Namespace, mnist: Mnist | None, *drawings: Drawn) -> int:
    """Everything from the data to the files of the model; gives the exit code."""
    started, trained_from = time.time() - spent_before(args), commit()
    import keras

    from training import examples

    keras.utils.set_random_seed(args.seed)

    try:
        mnist = mnist or load_mnist()
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
                "data": data_of(mnist),
                "learning_curve": history,
            }  # fmt: skip
            if args.start:
                made["started_from"] = started_from(args.start)
    except ModelError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    card = {**made, **limits, "test": test(model, mnist, limits["temperature"])}
    network, shown = export.export(model), None
    if not card["quick"]:
        print("Choosing what it explains itself with…", flush=True)
        learned_from = slice(0, -held_out_of(mnist))
        x, y = mnist.x_train[learned_from], mnist.y_train[learned_from]
        card["filters"] = examples.filters(model, mnist.x_train[-1000:])
        shown = examples.choose(model, hashlib.sha256(network).hexdigest(), x, y, card["seed"])
    try:
        export.save(Path(args.out), model, network, card, shown)
    except OSError as error:
        print(
            f"train.py: the model could not be written to “{args.out}”: {error}. What was there "
            "before is untouched. Make room, or pass another folder with --out.",
            file=sys.stderr,
        )
        return 1
    files = ["digits.keras", "digits.tflite", "card.json"] + (["examples.npz"] if shown else [])
    print(f"Saved to {args.out}: {', '.join(files)}")
    return 0


def test(model, mnist: Mnist, temperature: float) -> dict[str, Any]:
    """How the network does on MNIST's test images."""
    import keras

    x_test = mnist.x_test.reshape(-1, *model.input_shape[1:]).astype(np.float32) / 255
    outputs = model.predict(x_test, batch_size=500, verbose=0)
    loss = float(np.mean(keras.losses.sparse_categorical_crossentropy(mnist.y_test, outputs)))
    probabilities = apply_temperature(outputs, temperature)[0]
    guesses, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    accuracy = float(np.mean(guesses == mnist.y_test))  # of the ten digits, the likeliest
    print(f"Test loss: {loss:.4f}")
    print(f"Test accuracy: {accuracy:.4f}")
    misread = np.flatnonzero(guesses != mnist.y_test)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (mnist.y_test, guesses), 1)
    return {
        "images": len(mnist.y_test),
        "accuracy": accuracy,
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
    from training import network

    model = network.dense()
    x_train = mnist.x_train.reshape(-1, 28 * 28).astype(np.float32) / 255
    fitted = model.fit(x_train, mnist.y_train, epochs=args.epochs, batch_size=args.batch_size)
    return model, fitted.history, NO_LIMIT


@contextmanager
def drawing(args: argparse.Namespace) -> Iterator[tuple[Drawn, Drawn]]:
    """Begins to draw what the convnet learns from, and digits that it does not learn from."""
    digits, others = args.settings["pen_digits"], args.settings["non_digits"]
    y = np.concatenate([np.arange(digits) % 10, np.full(others, pen.NO_DIGIT)])
    kept = Path(args.checkpoint) / "drawn.npz" if args.checkpoint else None
    if kept and kept.exists():
        with np.load(kept) as before:
            x, x_held, y_held = before["x"], before["x_held"], before["y_held"]
        yield (lambda: x, y), (lambda: x_held, y_held)
        return
    print("Drawing digits, and what is none…", flush=True)
    aside = drawing_aside(args.settings["held_out_pen"], args.seed)
    with aside as (wait_held, y_held), pen.drawing(y, args.seed) as wait:

        def wait_and_keep() -> np.ndarray:
            x = wait()
            if kept:
                x_held = wait_held()
                export.write_whole(
                    kept, lambda half: np.savez(half, x=x, x_held=x_held, y_held=y_held)
                )
            return x

        yield (wait_and_keep, y), (wait_held, y_held)


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

    from training import augmentation, network

    settings = args.settings
    x_held, y_held = held_out(mnist, held_out_drawn)
    x, y = mnist.x_train[: -held_out_of(mnist)], mnist.y_train[: -held_out_of(mnist)]
    x, y = x[: settings["mnist_images"]], y[: settings["mnist_images"]]
    wait_for_pen, y_pen = drawn
    x = np.concatenate([x] * settings["mnist_times"] + [wait_for_pen()])
    y = np.concatenate([y] * settings["mnist_times"] + [y_pen])
    if args.pens:
        by_people = learn_from(args, x, y)
        x, y = np.concatenate([x, by_people.x]), np.concatenate([y, by_people.y])
        x_held, y_held = with_people(x_held, y_held, by_people)

    vary = augmentation.augmentation() if settings["augment"] else keras.layers.Identity()
    vary(np.zeros((1, 28, 28, 1), np.float32))  # builds the layers
    # Nothing here is left to TensorFlow to tune, and an epoch's end would wait for its tuner, which
    # sleeps up to a minute.
    options = tf.data.Options()
    options.autotune.enabled = False
    images, labels = tf.constant(x[..., None]), tf.constant(y)
    steps = settings["steps"] if args.pens else len(x) // args.batch_size
    batches = (
        tf.data.Dataset.range(len(x))
        .shuffle(len(x), seed=args.seed)
        .batch(args.batch_size, drop_remainder=True)  # the random layers need to know how many
        .repeat(None if args.pens else 1)  # with pens, an epoch is a part of all there is
        .map(lambda which: (tf.gather(images, which), tf.gather(labels, which)))
        # One at a time: in parallel the seeds of the random layers would race.
        .map(lambda x, y: (vary(tf.cast(x, tf.float32) / 255), tf.one_hot(y, network.CLASSES)))
        .prefetch(4)
        .with_options(options)
    )
    new_network = network.small_convnet if settings["small"] else network.convnet
    model, before = new_network(), None
    if args.start:
        before = keras.models.load_model(Path(args.start) / "digits.keras")
        try:
            before = network.grown(before, new_network())
        except ValueError:
            raise ModelError(
                f"“{args.start}” holds a network of other or wider layers than the one to train, "
                "which training/network.py defines. Pass another, or none."
            ) from None
        model.set_weights(before.get_weights())
    model.compile(
        optimizer=keras.optimizers.AdamW(
            network.one_cycle(
                args.epochs * steps, settings["learning_rate"] * (0.5 if args.start else 1)
            ),
            weight_decay=settings["weight_decay"],
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings["label_smoothing"]),
        metrics=["accuracy"],
    )
    fitted = model.fit(
        batches, epochs=args.epochs, shuffle=False, steps_per_epoch=steps if args.pens else None,
        validation_data=(x_held, keras.utils.to_categorical(y_held, network.CLASSES)),
        callbacks=[
            time_left(args.epochs), *watch(args, x_held, y_held, steps), *checkpoints(args)
        ],
        verbose=2 if args.checkpoint else "auto",
    )  # fmt: skip
    mixed = None
    if before is not None:
        # MNIST, drawn digits and people's count alike, however many there are of each.
        parts = np.cumsum([held_out_of(mnist), len(held_out_drawn[1])])
        some = batches.unbatch().batch(500).take(RENEWED_ON // 500)
        seen = np.concatenate([images for images, _ in some])
        model, mixed = mix(before, model, seen, x_held, y_held, parts)
    limits = limits_of(model, x_held, y_held, by_people if args.pens else None)
    history = fitted.history
    if args.checkpoint:  # of all epochs, those before an interruption too
        with (Path(args.checkpoint) / "history.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        history = {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}
    if mixed:
        limits |= {"mixed": mixed}
    if args.pens:
        limits |= {"people": by_people.told | {"sources": people.SOURCES}}
    return network.plain(model), history, limits


def mix(before, after, seen: np.ndarray, x_held: np.ndarray, y_held: np.ndarray, parts: np.ndarray):
    """Interpolates the weights before and after fine-tuning; held-out digits choose the share.

    The share with the lowest mean of the parts' negative log-likelihoods wins, the larger one of
    two alike.

    Args:
        before, after: Keras models of the same architecture; neither is changed.
        seen: float32 (n, 28, 28, 1), images as they were trained on, for the batch normalization.
        x_held, y_held: float32 (m, 28, 28, 1) and integers (m,), not learned from.
        parts: where in these the second part begins, the third, and so on.

    Returns:
        The network, and for the card {"share", "losses": of each share, by part}.
    """
    from training import network

    losses: dict[float, list[float]] = {}
    models = {}
    for share in SHARES:
        model = after
        if share < 1:
            model = network.interpolated(before, after, share)
            network.renew_statistics(model, seen)
        outputs = model.predict(x_held, batch_size=500, verbose=0)
        nll = -np.log(np.maximum(outputs[np.arange(len(y_held)), y_held], 1e-30))
        losses[share] = [float(part.mean()) for part in np.split(nll, parts) if len(part)]
        models[share] = model
    best = min(reversed(SHARES), key=lambda share: np.mean(losses[share]))
    print(f"Weights: {best:.0%} after this training, the rest before it")
    return models[best], {"share": best, "losses": {str(one): losses[one] for one in SHARES}}


def learn_from(args: argparse.Namespace, x: np.ndarray, y: np.ndarray) -> people.People:
    """Real people's digits and letters; what was drawn before an interruption is not drawn again.

    Args:
        x, y: what is learned from besides; a part of it helps to find wrong labels.
    """
    if kept := people_kept(args):
        return pickle.loads(kept.read_bytes())
    some = np.random.default_rng(args.seed).choice(len(x), min(len(x), 30_000), replace=False)
    also_asked = None
    if args.start:
        import keras

        before = keras.models.load_model(Path(args.start) / "digits.keras")

        def also_asked(images: np.ndarray) -> np.ndarray:
            return before.predict(images[..., None].astype(np.float32) / 255, verbose=0)

    found = people.gather(args.drawings, small_learner, (x[some], y[some]), args.seed, also_asked)
    if args.checkpoint:
        folder = Path(args.checkpoint)
        export.write_whole(folder / "dropped.png", people.contact_sheet(found.dropped).save)
        export.write_whole(folder / PEOPLE_KEPT, lambda half: half.write_bytes(pickle.dumps(found)))
    print(json.dumps(found.told))
    return found


def spent_before(args: argparse.Namespace) -> float:
    """Seconds of training before an interruption."""
    spent = Path(args.checkpoint, "seconds") if args.checkpoint else None
    return float(spent.read_text()) if spent and spent.exists() else 0.0


def people_kept(args: argparse.Namespace) -> Path | None:
    """Where `learn_from` has left its result before an interruption."""
    kept = Path(args.checkpoint, PEOPLE_KEPT) if args.checkpoint else None
    return kept if kept and kept.exists() else None


def small_learner(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Trains a small network, and gives what reads images (n, 28, 28) with it."""
    import keras

    from training import network

    def floats(images: np.ndarray) -> np.ndarray:
        return images[..., None].astype(np.float32) / 255

    model, epochs = network.small_convnet(), 2
    model.compile(
        optimizer=keras.optimizers.AdamW(
            network.one_cycle(epochs * (len(x) // BATCH_SIZE), 1e-2), weight_decay=0.1
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(floats(x), y, epochs=epochs, batch_size=BATCH_SIZE, verbose=2)
    return lambda images: model.predict(floats(images), batch_size=500, verbose=0)


def checkpoints(args: argparse.Namespace) -> list:
    """With --checkpoint: keeps what is needed to go on after an interruption."""
    if not args.checkpoint:
        return []
    import keras

    folder = Path(args.checkpoint)
    started = time.time() - spent_before(args)

    def note(epoch: int, logs: dict[str, float]) -> None:
        (folder / "seconds").write_text(f"{time.time() - started:.1f}")

    return [
        keras.callbacks.LambdaCallback(on_epoch_end=note),
        keras.callbacks.BackupAndRestore(folder / "state", delete_checkpoint=False),
        keras.callbacks.CSVLogger(folder / "history.csv", append=True),
    ]


def recalibrate(mnist: Mnist, args: argparse.Namespace):
    """The network that is there, as it is, with its temperature and limits chosen anew.

    What it explains itself with, `train` then chooses anew in either case.

    Raises:
        ModelError: it can't be used.
    """
    import keras

    folder = Path(args.out)
    try:
        made = json.loads((folder / "card.json").read_text("utf-8"))
        if made.get("network") == "dense":
            raise ModelError(f"“{folder}” holds the dense network, which has no limits to choose.")
        if "people" in made and not args.pens:
            raise ModelError(
                f"The network in “{folder}” has its limits from people's handwriting too. Pass the "
                "same --pens as when it was trained."
            )
        model = keras.models.load_model(folder / "digits.keras")
    except (OSError, ValueError):
        raise ModelError(
            f"“{folder}” holds no card.json and digits.keras that can be read. Train without "
            "--recalibrate."
        ) from None
    with drawing_aside(FULL["held_out_pen"], made["seed"]) as drawn:
        x_held, y_held = held_out(mnist, drawn)
    by_people = None
    if args.pens:
        by_people = learn_from(args, mnist.x_train, mnist.y_train)
        x_held, y_held = with_people(x_held, y_held, by_people)
        made["people"] = by_people.told | {"sources": people.SOURCES}
    limits = limits_of(model, x_held, y_held, by_people)
    made["data"] = data_of(mnist)
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


def with_people(
    x_held: np.ndarray, y_held: np.ndarray, by_people: people.People
) -> tuple[np.ndarray, np.ndarray]:
    """What is held out, and the digits of the people who choose."""
    x = by_people.x_held[..., None].astype(np.float32) / 255
    return np.concatenate([x_held, x]), np.append(y_held, by_people.y_held)


def limits_of(
    model, x_held: np.ndarray, y_held: np.ndarray, by_people: people.People | None
) -> dict[str, Any]:
    """Temperature and thresholds: with people's digits, the thresholds are for those alone."""
    outputs = model.predict(x_held, batch_size=500, verbose=0)
    if by_people is None:
        return calibrate(outputs, y_held)
    return calibrate(outputs, y_held, UNSURE_OF_PEOPLE, slice(-len(by_people.y_held), None))


def data_of(mnist: Mnist) -> dict[str, Any]:
    """For the card: where a file lies is nobody's business, so only its name."""
    source = mnist.source if not os.path.exists(mnist.source) else Path(mnist.source).name
    return {"source": source, "sha256": mnist.checksum, "mnist": mnist.canonical}


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
            every = WATCH_EVERY_AT_FIRST if self.step <= AT_FIRST else WATCH_EVERY
            if self.step % every == 0 or self.step == steps:
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
    """The command line, without the folders of this computer."""
    words = [re.sub(r"^(--[\w-]+=)?.*[\\/]", r"\1", word) for word in sys.argv]
    return shlex.join(["python", *words])


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit() -> str | None:
    """The commit that this was trained from, with "+changes" if files differ; None without git."""
    try:
        git = ["git", "-C", os.path.dirname(os.path.abspath(__file__))]
        run: dict[str, Any] = {"capture_output": True, "text": True, "check": True}
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
    parser.add_argument(
        "--pens", metavar="PATH", action="append", default=[],
        help="also learn from real people's handwriting: a UNIPEN distribution (.tgz, .zip or "
        "folder), or UCI's pendigits-orig.tra.gz; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--from", metavar="FOLDER", dest="start", type=network_folder,
        help="begin with the network there, not by chance",
    )  # fmt: skip
    parser.add_argument(
        "--checkpoint", metavar="FOLDER",
        help="save there after each epoch; begun again with the same arguments, it goes on",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a first network within a minute")
    parser.add_argument(
        "--recalibrate",
        action="store_true",
        help="keep the network in --out, choose its limits and examples anew",
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
    if args.start:
        card = card_of(args.start)
        if (card.get("network"), card.get("quick")) != (args.network, args.quick):
            parser.error(
                f"“{args.start}” holds a network of another kind than the one to train. Pass one "
                f"that was trained {'with' if args.quick else 'without'} --quick."
            )
    args.settings = FULL | (PENS if args.pens else {}) | (QUICK if args.quick else {})
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


def started_from(folder: str) -> dict[str, Any]:
    """What the card tells of the network that --from named."""
    card = card_of(folder)
    return {key: card.get(key) for key in ("sha256", "command", "commit", "epochs", "trained")}


def card_of(folder: str) -> dict[str, Any]:
    return json.loads((Path(folder) / "card.json").read_text("utf-8"))


def network_folder(folder: str) -> str:
    try:
        is_one = isinstance(card_of(folder), dict) and (Path(folder) / "digits.keras").is_file()
    except (OSError, ValueError):
        is_one = False
    if not is_one:
        raise argparse.ArgumentTypeError(
            f"“{folder}” has no digits.keras and card.json that can be read"
        )
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


def run() -> None:
    """The program: `main`, and what it says to whoever stops it."""
    show_any_text()
    filter_stderr()
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


if __name__ == "__main__":
    run()
