"""Trains the network that reads rows, `rows.tflite`.

python -m training.rows --pens PATH --pens PATH     writes it to model/; about an hour

PATH is a UNIPEN distribution or UCI's pendigits (see `training.unipen`). Where digits touch, their
ink can be cut in many ways. This network slides over the whole row and tells, at every place,
whether the middle of a symbol is there, which symbol it is, and how far it reaches to the left
and to
the right: a detector without anchors, as FCOS (Tian et al. 2019, https://arxiv.org/abs/1904.01355),
in one dimension. `digits.numbers.reader` weighs that for every way to cut. It learns from
numbers composed
of digits by the writers who teach; the numbers of those who choose tell how well it does.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from digits import DigitClassifier, ModelError
from digits.classifier import ROWS
from digits.ink import find_ink
from digits.numbers import reader as reading
from digits.numbers.reader import STRIDE, STRIP_HEIGHT, STRIP_SIGN
from digits.types import UNKNOWN
from handwriting import pen
from training import numbers, unipen
from training import writers as people
from training.export import save_part, write_whole
from training.numbers import Hand, Writing
from training.optional import MissingPackageError, require

KINDS = {  # of numbers, and their shares
    "wide": 0.11, "close": 0.22, "touching": 0.45, "uneven, as in formulas": 0.15,
    "with letters and symbols": 0.07,
}  # fmt: skip
NUMBERS, NUMBERS_TO_CHECK = 80_000, 1500
REDRAWN, WILD = 2, 0.6  # drawings of each symbol that a number is made of; how differently at most
DOUBT = 0.9  # a drawing that the network takes for something else with more certainty is left out
WIDTH = 256  # pixels: numbers stand side by side on strips of this width
APART = (6, 40)  # pixels between two numbers on a strip
MIDDLE = 0.12  # of a symbol's height: places that near its middle are to tell of it
EPOCHS, BATCH_SIZE, PEAK, WEIGHT_DECAY, SEED = 6, 32, 3e-3, 0.05, 1
STRIPS_KEPT = "strips.npz"  # in the folder of --checkpoint
NOTHING = 11  # the class of a place where no symbol has its middle

Example = tuple[np.ndarray, list[tuple[int, float, float]]]  # a strip; label, left and right edge
Strips = Sequence[np.ndarray]  # three: see `pack`


def main() -> int:
    args = parse_arguments()
    try:
        require("tensorflow")
        classifier = DigitClassifier.load(args.model)
        drawings = [one for path in args.pens for one in unipen.read(Path(path))]
    except (ModelError, MissingPackageError, unipen.PenFileError) as error:
        print(f"rows: {error}", file=sys.stderr)
        return 2
    kept = Path(args.checkpoint) if args.checkpoint else None
    if (before := restored(kept)) is not None:
        learned, checked = before
    else:
        drawings = without_doubtful(classifier, drawings)
        teach = numbers.hands(drawings, people.TRAIN)
        choose = numbers.hands(drawings, people.VALIDATION)
        print(f"Writing numbers in the hands of {len(teach)} people…", flush=True)
        learned = gather(teach, args.numbers, args.seed)
        checked = gather(choose, min(args.numbers, NUMBERS_TO_CHECK), args.seed + 1)
        keep(kept, learned, checked)
    network = fit(learned, checked, args.seed, args.epochs, kept)
    save_part(Path(args.model), ROWS, network)
    print(f"Saved to {args.model}: {ROWS}")
    return 0


def keep(folder: Path | None, learned: Strips, checked: Strips) -> None:
    """Writes what is to be learned from to the folder of --checkpoint, if there is one."""
    if folder:
        write_whole(folder / STRIPS_KEPT, lambda half: np.savez(half, *learned, *checked))


def restored(folder: Path | None) -> tuple[Strips, Strips] | None:
    """What `keep` wrote there before an interruption, as what is learned from and checked."""
    if folder is None or not (folder / STRIPS_KEPT).exists():
        return None
    with np.load(folder / STRIPS_KEPT) as before:
        arrays = [before[f"arr_{k}"] for k in range(6)]
    return arrays[:3], arrays[3:]


def without_doubtful(
    classifier: DigitClassifier, drawings: list[unipen.Drawing]
) -> list[unipen.Drawing]:
    """Leaves out digits that the network is sure to be something else: mostly wrong labels."""
    digits = [d for d in drawings if d.label in unipen.DIGITS]
    middle = (pen.CANVAS / 2, pen.CANVAS / 2)
    sheets = (pen.render(pen.place(d.strokes, 150, middle), 14) for d in digits)
    doubtful = {
        id(drawing)
        for drawing, said in zip(digits, classifier.predict_batch(sheets), strict=True)
        if said.bars.max() > DOUBT and said.bars.argmax() != int(drawing.label)
    }
    return [drawing for drawing in drawings if id(drawing) not in doubtful]


def gather(hands: list[Hand], count: int, seed: int) -> Strips:
    """`count` numbers, side by side on strips."""
    rng = np.random.default_rng([78, seed])
    writers = [hands[number] for number in rng.integers(len(hands), size=count)]
    with pen.in_processes(_write, writers, seed) as written:
        examples = [one for part in written() for one in part]
    return pack(examples, rng)


def _write(hands: list[Hand], seed: np.random.SeedSequence) -> list[Example]:
    """A number in each hand."""
    rng = np.random.default_rng(seed)
    kinds, shares = list(KINDS), list(KINDS.values())
    examples = []
    for hand in hands:
        kind = kinds[rng.choice(len(kinds), p=shares)]
        writing = numbers.KINDS[kind](redrawn(hand, rng), rng)
        examples += rows_of(writing)
    return examples


def redrawn(hand: Hand, rng: np.random.Generator) -> Hand:
    """Some of a writer's drawings, all a little different, as in another mood."""
    wild = rng.uniform(0, WILD)
    return {
        label: [
            people.in_another_mood(people.loosened(drawings[k], rng), rng, wild)
            for k in rng.integers(len(drawings), size=REDRAWN)
        ]
        for label, drawings in hand.items()
    }


def rows_of(writing: Writing) -> list[Example]:
    """The row of a number as `digits.numbers.reader` shows it to the network, and what is on it.

    Returns:
        One strip, uint8 (STRIP_HEIGHT, width), with the label, 0-10, and the left and right edge,
        in pixels of the strip, of each symbol; none where the ink is not found to be one row.
    """
    found = find_ink(writing.image)
    if found is None:
        return []
    sheet = reading.Sheet(found.everything.pixels, _no_opinion, _no_opinion)
    rows = reading.find_rows(sheet)
    if len(rows) != 1:
        return []
    strip = reading.strip(sheet, rows[0])
    symbols = []
    for name, symbol in zip(writing.text, writing.symbols, strict=True):
        x = np.concatenate(symbol)[:, 0]
        edges = (
            np.array([x.min() - writing.width / 2, x.max() + writing.width / 2])
            - found.everything.box[0]
        )
        left, right = strip.places(edges)
        symbols.append((pen.NO_DIGIT if name == UNKNOWN else int(name), left, right))
    return [(strip.pixels, symbols)]


def _no_opinion(_: np.ndarray) -> Any:
    raise AssertionError("nothing is to be judged here")


def pack(examples: list[Example], rng: np.random.Generator) -> Strips:
    """Puts rows side by side on strips of equal width.

    Returns:
        uint8 (n, STRIP_HEIGHT, WIDTH), the strips; int64 (n, WIDTH // STRIDE), the class of each
        place, 0-11; float32 (n, WIDTH // STRIDE, 2), the distances from there to the symbol's left
        and right edge, in heights of a symbol, where there is a symbol.
    """
    strips, classes, edges = [], [], []
    middles = (np.arange(WIDTH // STRIDE) + 0.5) * STRIDE
    at = WIDTH
    for pixels, symbols in examples:
        if pixels.shape[1] > WIDTH:
            continue
        if at + pixels.shape[1] > WIDTH:
            strips.append(np.zeros((STRIP_HEIGHT, WIDTH), np.uint8))
            classes.append(np.full(len(middles), NOTHING))
            edges.append(np.zeros((len(middles), 2), np.float32))
            at = 0
        strips[-1][:, at : at + pixels.shape[1]] = pixels
        for label, left, right in symbols:
            middle = at + (left + right) / 2
            mine = np.abs(middles - middle) <= max(STRIDE / 2, MIDDLE * STRIP_SIGN)
            classes[-1][mine] = label
            edges[-1][mine, 0] = (middles[mine] - at - left) / STRIP_SIGN
            edges[-1][mine, 1] = (at + right - middles[mine]) / STRIP_SIGN
        at += pixels.shape[1] + int(rng.integers(*APART))
    return np.stack(strips), np.stack(classes), np.stack(edges)


def fit(
    learned: Strips, checked: Strips, seed: int, epochs: int, kept: Path | None = None
) -> bytes:
    """Trains the network, and exports it; `kept` is where to go on after an interruption."""
    import keras
    import tensorflow as tf

    from training import network

    keras.utils.set_random_seed(seed)
    model = network.rows_convnet()
    steps = len(learned[0]) // BATCH_SIZE

    def targets(x: tf.Tensor, y: tf.Tensor, edges: tf.Tensor):
        weight = tf.cast(y != NOTHING, tf.float32)
        return (
            tf.cast(x[..., None], tf.float32) / 255,
            {"classes": y, "edges": edges},
            {"classes": tf.ones_like(weight), "edges": weight},
        )

    def batches(strips: Strips) -> tf.data.Dataset:
        some = tf.data.Dataset.from_tensor_slices(tuple(strips))
        if strips is learned:
            some = some.shuffle(len(strips[0]), seed=seed)
        return some.batch(BATCH_SIZE).map(targets).prefetch(2)

    model.compile(
        optimizer=keras.optimizers.AdamW(network.one_cycle(epochs * steps, PEAK), WEIGHT_DECAY),
        loss={"classes": "sparse_categorical_crossentropy", "edges": "mean_absolute_error"},
        weighted_metrics={"classes": ["accuracy"]},
    )
    print(f"{len(learned[0])} strips", flush=True)
    model.fit(
        batches(learned), epochs=epochs, validation_data=batches(checked), verbose=2,
        callbacks=[keras.callbacks.BackupAndRestore(kept / "state", delete_checkpoint=False)]
        if kept else [],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ROWS
        model.export(path, format="litert", verbose=False)
        return path.read_bytes()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.rows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--pens", metavar="PATH", action="append", required=True, help="people's handwriting"
    )
    parser.add_argument(
        "--model", default="model", help="what reads digits; rows.tflite goes there"
    )
    parser.add_argument("--numbers", type=int, default=NUMBERS, help="how many to learn from")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="save there after each epoch; begun again, it goes on",
    )
    parser.add_argument("--seed", type=int, default=SEED)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
