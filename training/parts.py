"""Trains the network that judges parts of numbers, `parts.tflite`.

python -m training.parts --pens PATH --pens PATH     writes it to model/; half an hour

PATH is a UNIPEN distribution or UCI's pendigits (see `training.unipen`). Where digits touch,
`digits.reading` cuts them in many ways. This network sees such a part together with the ink around
it, and tells whether it is a whole digit, and which. It learns from numbers composed of digits by
the writers who teach; the numbers of those who choose tell how well it does.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from digits import DigitClassifier, ModelError, reading
from digits.classifier import PARTS
from digits.preprocessing import find_writing, surroundings
from training import numbers, pen, people, unipen
from training.extra import MissingPackageError, require
from training.numbers import Hand, Writing

KINDS = {  # of numbers, and their shares
    "wide": 0.10, "close": 0.20, "touching": 0.45, "uneven, as in formulas": 0.15,
    "with letters and signs": 0.06, "two rows": 0.02, "two numbers in a row": 0.02,
}  # fmt: skip
NUMBERS, NUMBERS_TO_CHECK = 7000, 500
WHOLE, BROKEN = 0.88, 0.7  # shares of a digit's ink in a part, and of the part's ink in the digit
NONE_KEPT = 0.65  # of the parts that are no digit: there are more of them
DOUBT = 0.9  # a drawing that the network takes for something else with more certainty is left out
EPOCHS, BATCH_SIZE, PEAK, WEIGHT_DECAY, SEED = 6, 128, 4e-3, 0.05, 1

Examples = tuple[np.ndarray, np.ndarray]  # uint8 (n, 28, 28, 2); integers (n,), 0-10


def main() -> int:
    args = parse_arguments()
    try:
        require("tensorflow")
        classifier = DigitClassifier.load(args.model)
        drawings = [one for path in args.pens for one in unipen.read(Path(path))]
    except (ModelError, MissingPackageError, unipen.PenFileError) as error:
        print(f"parts: {error}", file=sys.stderr)
        return 2
    drawings = without_doubtful(classifier, drawings)
    teach, choose = (numbers.hands(drawings, part) for part in (people.TEACH, people.CHOOSE))
    print(f"Taking numbers apart, by {len(teach)} writers…", flush=True)
    learned = gather(classifier, teach, args.numbers, args.seed)
    checked = gather(classifier, choose, min(args.numbers, NUMBERS_TO_CHECK), args.seed + 1)
    network = fit(learned, checked, args.seed)
    (Path(args.model) / PARTS).write_bytes(network)
    print(f"Saved to {args.model}: {PARTS}")
    return 0


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


def gather(classifier: DigitClassifier, hands: list[Hand], count: int, seed: int) -> Examples:
    """Parts of `count` numbers, and what each is."""
    rng = np.random.default_rng([77, seed])
    kinds, shares = list(KINDS), list(KINDS.values())
    pictures, labels = [], []
    for _ in range(count):
        hand = hands[rng.integers(len(hands))]
        writing = numbers.KINDS[kinds[rng.choice(len(kinds), p=shares)]](hand, rng)
        for picture, label in parts_of(classifier, writing):
            if label != pen.NO_DIGIT or rng.random() < NONE_KEPT:
                pictures.append(picture)
                labels.append(label)
    return np.stack(pictures), np.array(labels)


def parts_of(classifier: DigitClassifier, writing: Writing) -> list[tuple[np.ndarray, int]]:
    """All that `digits.reading` would have judged, but for what is neither whole nor broken.

    Returns:
        uint8 (28, 28, 2) as in `digits.reading.Judge`, and 0-10, for each part.
    """
    found = find_writing(writing.image)
    if found is None:
        return []
    sheet = reading.Sheet(found.ink, classifier._look, lambda parts: np.ones((len(parts), 11)))
    height, width = found.ink.shape
    area = slice(found.top, found.top + height), slice(found.left, found.left + width)
    signs = [pen.render(sign, writing.width, writing.size)[area] > 127 for sign in writing.signs]
    text = writing.text.replace(" ", "").replace("\n", "")
    labels = [pen.NO_DIGIT if sign == reading.UNKNOWN else int(sign) for sign in text]
    parts = []
    for row in reading.find_rows(sheet):
        for names in dict.fromkeys(reading.lattice(sheet, row).shown):
            left, top, right, bottom = sheet.box(names)
            mine = np.isin(sheet.labels[top:bottom, left:right], names)
            shared = [np.sum(sign[top:bottom, left:right] & mine) for sign in signs]
            best = int(np.argmax(shared))
            share = min(shared[best] / signs[best].sum(), shared[best] / mine.sum())
            if BROKEN <= share < WHOLE:
                continue
            around = surroundings(sheet.ink, sheet.crop(names), left, top)
            picture = np.stack([sheet.views[names][0], around], axis=-1)
            parts.append((picture, labels[best] if share >= WHOLE else pen.NO_DIGIT))
    return parts


def fit(learned: Examples, checked: Examples, seed: int) -> bytes:
    """Trains the network, and exports it."""
    import keras
    import tensorflow as tf

    from training import network

    keras.utils.set_random_seed(seed)
    model = network.parts_convnet()
    steps = len(learned[1]) // BATCH_SIZE

    def batches(examples: Examples) -> tf.data.Dataset:
        some = tf.data.Dataset.from_tensor_slices(examples)
        if examples is learned:
            some = some.shuffle(len(examples[1]), seed=seed)
        return some.batch(BATCH_SIZE).map(lambda x, y: (tf.cast(x, tf.float32) / 255, y))

    model.compile(
        optimizer=keras.optimizers.AdamW(network.one_cycle(EPOCHS * steps, PEAK), WEIGHT_DECAY),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(batches(learned), epochs=EPOCHS, validation_data=batches(checked), verbose=2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PARTS
        model.export(path, format="litert", verbose=False)
        return path.read_bytes()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.parts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--pens", metavar="PATH", action="append", required=True, help="people's handwriting"
    )
    parser.add_argument(
        "--model", default="model", help="what reads digits; parts.tflite goes there"
    )
    parser.add_argument("--numbers", type=int, default=NUMBERS, help="how many to take apart")
    parser.add_argument("--seed", type=int, default=SEED)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
