"""Trains the network that finds and reads the symbols of numbers, `layout.tflite`.

python -m training.layout --pens PATH --pens PATH     writes it to model/

PATH is a UNIPEN distribution or a single file such as UCI's pendigits (see `training.unipen`).
`digits.numbers.layout` describes the network's outputs. It learns from composed numbers (see
`handwriting.compose`) by the writers of the training split. Then `training.pool` fits how its
predictions are combined with those of the digit network.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from digits import DigitClassifier
from digits.card import LAYOUT, NETWORK, read_model
from digits.numbers.layout import HEADS, HEIGHT, LINE, SYMBOLS
from digits.types import DIGITS, MARKS, UNKNOWN
from handwriting import processes
from handwriting.rows import Writer
from training import cleaning, pool, unipen, writers
from training.command_line import add_pens, natural, positive, run
from training.data import floats
from training.export import convert, save_layout, write_atomically
from training.optional import require
from training.pages import BACKGROUND, OFFSET_SCALE, Pages, write_pages

PAGES, VALIDATION_PAGES, FILES = 24_000, 200, "pages-??????.npz"
STEPS, BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY, SEED = 20_000, 8, 1e-2, 0.02, 1


def batches(pages: Path, rng: np.random.Generator) -> Iterator[tuple[Any, Any]]:
    """Yield all pages once, in random order.

    Args:
        pages: a folder of files of `Pages`.
        rng: shuffles them.

    Yields:
        Images, float32 (BATCH_SIZE, height, width, 1) in 0-1, and targets as `loss` takes them.
    """
    for path in rng.permutation(np.array(sorted(pages.glob(FILES)), object)):
        with np.load(path) as arrays:
            part = Pages(*arrays.values())
        order = rng.permutation(len(part.images))
        for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
            images, *targets = (array[order[start : start + BATCH_SIZE]] for array in part)
            targets = [t if t.ndim == 4 else t[..., None] for t in targets]
            yield (
                floats(images),
                np.concatenate([t.astype(np.float32) for t in targets], axis=-1),
            )


def loss(targets: Any, outputs: Any) -> Any:
    """The sum of three losses, one for each head.

    These are the cross-entropy of the classes, the L1 distance of the offsets, and the focal loss
    of the middles as in CenterNet (Zhou et al. 2019, https://arxiv.org/abs/1904.07850).

    Args:
        targets: float32 (batch, down, across, 5): class, offset x and y, weight, middle, as in
            `Pages`.
        outputs: of `network.layout_convnet`.
    """
    import tensorflow as tf

    label, offset, weight, middle = tf.split(targets, [1, 2, 1, 1], axis=-1)
    label, weight, middle = label[..., 0], weight[..., 0] / 255, middle[..., 0] / 255
    classes = outputs.shape[-1] - 3
    inked = tf.where(label < BACKGROUND, weight, 0)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(tf.where(label < BACKGROUND, label, 0), tf.int32), outputs[..., :classes]
    )
    on_symbol = tf.where(label < LINE, weight, 0)
    distance = tf.reduce_sum(
        tf.abs(outputs[..., classes : classes + 2] - offset / (OFFSET_SCALE * HEIGHT)), axis=-1
    )
    logit = outputs[..., -1]
    likely = tf.sigmoid(logit)
    focal = tf.where(
        middle > 0.999,
        (1 - likely) ** 2 * tf.nn.softplus(-logit),
        (1 - middle) ** 4 * likely**2 * tf.nn.softplus(logit),
    )
    count = tf.reduce_sum(tf.cast(middle > 0.999, tf.float32)) + 1
    return (
        tf.reduce_sum(inked * entropy) / (tf.reduce_sum(inked) + 1)
        + 2 * tf.reduce_sum(on_symbol * distance) / (tf.reduce_sum(on_symbol) + 1)
        + 0.5 * tf.reduce_sum(focal) / count
    )


def fit(pages: Path, validation: Pages, seed: int, steps: int, checkpoints: Path) -> Any:
    """Train the network.

    Args:
        pages: a folder as in `batches`.
        validation: pages by other writers, on which it is evaluated now and then.
        seed: not negative.
        steps: the number of batches.
        checkpoints: a folder. If it holds a checkpoint, training continues from there.

    Returns:
        The Keras model.
    """
    import keras
    import tensorflow as tf

    from training import network
    from training.optimizer import ConvMuon, one_cycle

    keras.utils.set_random_seed(seed)
    model = network.layout_convnet(LINE + 1)
    optimizer = ConvMuon(
        one_cycle(steps, LEARNING_RATE, rise=0.1), WEIGHT_DECAY, exclude_layers=HEADS
    )
    weights, counter = checkpoints / "layout.weights.h5", checkpoints / "steps.txt"
    if counter.exists():
        model.load_weights(weights)
        optimizer.iterations.assign(int(counter.read_text()))
    rng = np.random.default_rng(seed)
    began, losses = time.monotonic(), []

    @tf.function(reduce_retracing=True)
    def train_step(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(targets, model(images, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return value

    while (step := int(optimizer.iterations)) < steps:
        for images, targets in islice(batches(pages, rng), steps - step):
            losses.append(float(train_step(tf.constant(images), tf.constant(targets))))
            step = int(optimizer.iterations)
            if step % 500 == 0 or step == steps:
                seconds = time.monotonic() - began
                print(f"{seconds:6.0f} s, step {step} of {steps}, loss {np.mean(losses):.3f}")
                losses.clear()
                model.save_weights(weights)
                counter.write_text(str(step))
            if step % 2000 == 0 or step == steps:
                print("Validation:", evaluate(model, validation), flush=True)
    return model


def evaluate(model: Any, pages: Pages) -> dict[str, float]:
    """Measure the share of cells with the right class, and the error of the offsets.

    Args:
        model: from `fit`.
        pages: by writers whom it was not trained on.

    Returns:
        The weighted share of each kind of symbol, 0-1; and the "distance" of predicted middles from
        the true ones, in heights of a digit.
    """
    outputs = model.predict(floats(pages.images), 16, verbose=0)
    predicted = outputs[..., : LINE + 1].argmax(axis=-1)
    distances = np.hypot(*np.moveaxis(
        outputs[..., LINE + 1 : LINE + 3] - pages.offsets / (OFFSET_SCALE * HEIGHT), -1, 0
    ))  # fmt: skip
    kinds = {"digits": DIGITS, "marks": MARKS, "other": UNKNOWN}
    classes = {kind: [SYMBOLS.index(label) for label in labels] for kind, labels in kinds.items()}
    report = {}
    for kind, of_this in {**classes, "lines": [LINE]}.items():
        of_kind = np.isin(pages.classes, of_this)
        weights = pages.weights[of_kind].astype(float)
        right = predicted[of_kind] == pages.classes[of_kind]
        report[kind] = round(float(np.average(right, weights=weights)), 4)
    report["distance"] = round(float(distances[pages.classes < LINE].mean()), 4)
    return report


def export(model: Any, pages: Pages) -> bytes:
    """Convert the network, with int8 activations, to the bytes of a .tflite file.

    Args:
        model: from `fit`.
        pages: for measuring the ranges of the activations.
    """
    import keras

    from training import network

    plain = network.plain(model)
    # As separate outputs, the heads are quantized with separate scales.
    heads = {name: plain.get_layer(name).output for name in HEADS}
    return convert(keras.Model(plain.inputs, heads), pages.images[:100])


def main() -> int:
    args = parse_arguments()
    require("tensorflow")
    classifier = DigitClassifier.load(args.model)
    drawings = cleaning.without_doubtful(classifier, unipen.read_all(args.pens))
    train, held_out = (
        writers.by_writer(writers.of_split(drawings, split))
        for split in (writers.TRAIN, writers.VALIDATION)
    )
    print(f"Composing numbers by {len(train)} writers…", flush=True)
    validation = write_pages(held_out, VALIDATION_PAGES, args.seed + 1)
    with tempfile.TemporaryDirectory() as temporary:
        checkpoints = Path(args.checkpoint or temporary)
        pages = checkpoints / "pages"
        pages.mkdir(parents=True, exist_ok=True)
        write = partial(_write_file, train, pages)
        processes.in_processes(write, range(args.pages), args.seed)
        model = fit(pages, validation, args.seed, args.steps, checkpoints)
    folder, network = Path(args.model), export(model, validation)
    card, files = read_model(folder, (NETWORK,))
    files[LAYOUT] = network
    fitted = pool.fit_to(DigitClassifier(card, files), held_out, args.seed)
    save_layout(folder, network, fitted)
    print(f"Saved to {folder}: {LAYOUT}")
    return 0


def _write_file(writers: list[Writer], folder: Path, numbers: range, seed: Any) -> None:
    """Write as many pages to a file as there are numbers, and name it after the first."""
    path = folder / f"pages-{numbers[0]:06d}.npz"
    if not path.exists():
        pages = write_pages(writers, len(numbers), seed)
        write_atomically(path, lambda half: np.savez(half, *pages))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.layout",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_pens(parser, required=True)
    parser.add_argument(
        "--model", default="model", help="the model with the digit network; gets layout.tflite"
    )
    parser.add_argument("--pages", type=positive, default=PAGES, help="how many to compose")
    parser.add_argument("--steps", type=positive, default=STEPS, help="batches to train on")
    parser.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="save pages and weights there; the same command continues from there",
    )
    parser.add_argument("--seed", type=natural, default=SEED)
    return parser.parse_args()


if __name__ == "__main__":
    run(main, "layout")
