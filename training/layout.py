"""Trains the network that finds and reads the symbols of numbers, `layout.tflite`.

python -m training.layout --pens PATH --pens PATH     writes it to model/

PATH is a UNIPEN distribution or a single file such as UCI's pendigits (see `training.unipen`). The
network is fully convolutional. For each cell of 2×2 pixels that holds ink it predicts which symbol
the ink belongs to, or that it is part of a line to ignore, and where the middle of that symbol is:
instance segmentation as in Panoptic-DeepLab (Cheng et al. 2020, https://arxiv.org/abs/1911.10194).
It learns from numbers composed of digits and marks by the writers of the training split, with
underlines, boxes, combs, rings, rulings, ticks, and struck-out numbers (see `handwriting.rows`).
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from digits import DigitClassifier
from digits.classifier import HEADS, LAYOUT
from digits.numbers.layout import HEIGHT, LINE
from handwriting import pen
from handwriting.rows import DIGITS, Hand
from training import pool, unipen, writers
from training.command_line import natural, positive, run
from training.export import save_card, save_part, write_whole
from training.optional import require
from training.pages import NOTHING, OFFSET, Pages, hands, write_pages

PAGES, PAGES_TO_CHECK, FILES = 24_000, 200, "pages-??????.npz"
STEPS, BATCH_SIZE, PEAK, WEIGHT_DECAY, SEED = 26_000, 8, 3e-3, 0.02, 1
DOUBT = 0.9  # a digit that the network takes for something else with more certainty is left out
NUMBERS = 2_000  # by the writers of the validation split, to fit how the networks are combined


def batches(pages: Path, rng: np.random.Generator) -> Iterator[tuple[Any, Any]]:
    """Images, float32 (BATCH_SIZE, height, width, 1) in 0-1, and targets as `loss` takes them.

    Args:
        pages: a folder of files that hold `Pages`, and may become more meanwhile.
        rng: shuffles them.
    """
    for path in rng.permutation(np.array(sorted(pages.glob(FILES)), object)):
        with np.load(path) as arrays:
            part = Pages(*arrays.values())
        order = rng.permutation(len(part.images))
        for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
            images, *targets = (array[order[start : start + BATCH_SIZE]] for array in part)
            targets = [t if t.ndim == 4 else t[..., None] for t in targets]
            yield (
                images[..., None].astype(np.float32) / 255,
                np.concatenate([t.astype(np.float32) for t in targets], axis=-1),
            )


def loss(targets: Any, outputs: Any) -> Any:
    """Cross-entropy of the classes, distance of the offsets, focal loss of the middles.

    The focal loss is that of CenterNet (Zhou et al. 2019, https://arxiv.org/abs/1904.07850).

    Args:
        targets: float32 (batch, down, across, 5): class, offset x and y, weight, middle, as in
            `Pages`.
        outputs: of `network.layout_convnet`.
    """
    import tensorflow as tf

    label, offset, weight, middle = tf.split(targets, [1, 2, 1, 1], axis=-1)
    label, weight, middle = label[..., 0], weight[..., 0] / 255, middle[..., 0] / 255
    classes = outputs.shape[-1] - 3
    inked = tf.where(label < NOTHING, weight, 0)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(tf.where(label < NOTHING, label, 0), tf.int32), outputs[..., :classes]
    )
    on_symbol = tf.where(label < LINE, weight, 0)
    far = tf.reduce_sum(
        tf.abs(outputs[..., classes : classes + 2] - offset / (OFFSET * HEIGHT)), axis=-1
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
        + 2 * tf.reduce_sum(on_symbol * far) / (tf.reduce_sum(on_symbol) + 1)
        + 0.5 * tf.reduce_sum(focal) / count
    )


def fit(learned: Path, checked: Pages, seed: int, steps: int, kept: Path) -> Any:
    """Trains the network; the learning rate follows one cycle over all steps.

    Args:
        learned: a folder as of `batches`.
        checked: pages by other writers, which tell how well it does.
        seed: not negative.
        steps: how many batches.
        kept: a folder for checkpoints; if it holds one, training goes on from there.

    Returns:
        The Keras model.
    """
    import keras
    import tensorflow as tf

    from training import network
    from training.optimizer import one_cycle

    keras.utils.set_random_seed(seed)
    model = network.layout_convnet(LINE + 1)
    optimizer = keras.optimizers.AdamW(one_cycle(steps, PEAK, rise=0.1), WEIGHT_DECAY, clipnorm=1.0)
    weights, counter = kept / "layout.weights.h5", kept / "steps.txt"
    if counter.exists():
        model.load_weights(weights)
        optimizer.iterations.assign(int(counter.read_text()))
    rng = np.random.default_rng(seed)
    began, losses = time.monotonic(), []

    @tf.function(reduce_retracing=True)
    def learn(images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(targets, model(images, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return value

    while True:
        for images, targets in batches(learned, rng):
            losses.append(float(learn(tf.constant(images), tf.constant(targets))))
            step = int(optimizer.iterations)
            if step % 500 == 0 or step == steps:
                seconds = time.monotonic() - began
                print(f"{seconds:6.0f} s, step {step} of {steps}, loss {np.mean(losses):.3f}")
                losses.clear()
                model.save_weights(weights)
                counter.write_text(str(step))
            if step % 2000 == 0 or step == steps:
                print("checked", check(model, checked), flush=True)
            if step == steps:
                return model


def check(model: Any, pages: Pages) -> dict[str, float]:
    """The share of cells with the right class, of digits, marks, other symbols and lines."""
    outputs = model.predict(pages.images[..., None].astype(np.float32) / 255, 16, verbose=0)
    found = outputs[..., : LINE + 1].argmax(axis=-1)
    far = np.hypot(*np.moveaxis(
        outputs[..., LINE + 1 : LINE + 3] - pages.offsets / (OFFSET * HEIGHT), -1, 0
    ))  # fmt: skip
    kinds = {"digits": (0, 9), "marks": (10, 16), "other": (17, 17), "lines": (LINE, LINE)}
    report = {}
    for kind, (first, last) in kinds.items():
        of_kind = (pages.classes >= first) & (pages.classes <= last)
        weights = pages.weights[of_kind].astype(float)
        right = found[of_kind] == pages.classes[of_kind]
        report[kind] = round(float(np.average(right, weights=weights)), 4)
    report["far"] = round(float(far[pages.classes < LINE].mean()), 4)
    return report


def export(model: Any, pages: Pages) -> bytes:
    """Converts the network to the bytes of a .tflite file: weights and activations in 8 bits.

    Args:
        model: of `fit`.
        pages: some, from which the ranges of the activations are measured.
    """
    import keras
    import tensorflow as tf

    from training import network

    model = network.plain(model)
    with tempfile.TemporaryDirectory() as folder:
        # Apart, each has a scale of its own when its numbers become integers.
        heads = {name: model.get_layer(name).output for name in HEADS}
        named = keras.Model(model.inputs, heads)
        named.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [image[None, ..., None].astype(np.float32) / 255] for image in pages.images[:100]
        )
        return converter.convert()


def main() -> int:
    args = parse_arguments()
    require("tensorflow")
    classifier = DigitClassifier.load(args.model)
    drawings = [one for path in args.pens for one in unipen.read(Path(path))]
    drawings = without_doubtful(classifier, drawings)
    teach, choose = (hands(drawings, part) for part in (writers.TRAIN, writers.VALIDATION))
    print(f"Composing numbers in the hands of {len(teach)} people…", flush=True)
    checked = write_pages(choose, PAGES_TO_CHECK, args.seed + 1)
    with tempfile.TemporaryDirectory() as temporary:
        kept = Path(args.checkpoint or temporary)
        pages = kept / "pages"
        pages.mkdir(parents=True, exist_ok=True)
        write = partial(_write_file, teach, pages)
        with pen.in_processes(write, range(args.pages), args.seed):
            while not any(pages.glob(FILES)):
                time.sleep(1)
            model = fit(pages, checked, args.seed, args.steps, kept)
    folder = Path(args.model)
    save_part(folder, LAYOUT, export(model, checked))
    print("Fitting how its predictions and those of the network for digits are combined…")
    examples = pool.locate(DigitClassifier.load(folder), choose, NUMBERS, args.seed + 2)
    save_card(folder, pool=pool.fit(examples))
    print(f"Saved to {folder}: {LAYOUT}")
    return 0


def _write_file(hands: list[Hand], folder: Path, numbers: range, seed: Any) -> None:
    """Writes as many pages to a file as there are numbers; the first one is its name."""
    path = folder / f"pages-{numbers[0]:06d}.npz"
    if not path.exists():
        pages = write_pages(hands, len(numbers), seed)
        write_whole(path, lambda half: np.savez(half, *pages))


def without_doubtful(
    classifier: DigitClassifier, drawings: list[unipen.Drawing]
) -> list[unipen.Drawing]:
    """Leaves out digits that the network is sure to be something else: mostly wrong labels."""
    digits = [d for d in drawings if d.label in DIGITS]
    middle = (pen.CANVAS / 2, pen.CANVAS / 2)
    pages = (pen.render(pen.place(d.strokes, 150, middle), 14) for d in digits)
    doubtful = {
        id(drawing)
        for drawing, said in zip(digits, classifier.predict_batch(pages), strict=True)
        if said.bars.max() > DOUBT and said.bars.argmax() != int(drawing.label)
    }
    return [drawing for drawing in drawings if id(drawing) not in doubtful]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.layout",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--pens", metavar="PATH", action="append", required=True, help="people's handwriting"
    )
    parser.add_argument(
        "--model", default="model", help="what reads digits; layout.tflite goes there"
    )
    parser.add_argument("--pages", type=positive, default=PAGES, help="how many to compose")
    parser.add_argument("--steps", type=positive, default=STEPS, help="how long to train")
    parser.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="keep pages and weights there; begun again, it goes on",
    )
    parser.add_argument("--seed", type=natural, default=SEED)
    return parser.parse_args()


if __name__ == "__main__":
    run(main, "layout")
