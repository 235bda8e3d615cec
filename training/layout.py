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
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from digits import DigitClassifier, ModelError
from digits.classifier import HEADS, LAYOUT
from handwriting import pen, rows
from handwriting.rows import DIGITS, MARKS, UNKNOWN, Hand, Row
from training import unipen, writers
from training.export import save_part, write_whole
from training.optional import MissingPackageError, require

CLASSES = DIGITS + MARKS + UNKNOWN  # and a last one: a line
LINE, NOTHING = len(CLASSES), 255
HEIGHT, CELL = 20, 2  # pixels: of a digit as the network sees it; of a cell, either way
PAGE = (192, 96)  # pixels: numbers stand on pages of this width and height
DETAIL = 3  # they are drawn this much larger first
MAX_TRIES, MAX_WAITING = 8, 12  # numbers for one page; numbers that wait for room on another one
APART = (2, 16)  # pixels between two of them
SCALES = 0.22  # standard deviation of the logarithm of the digits' height
REDRAWN = 0.6  # how differently drawings are redrawn at most
OFFSET = 2  # offsets are stored in pixels times this, as int8

PAGES, PAGES_TO_CHECK, FILES = 24_000, 200, "pages-??????.npz"
STEPS, BATCH_SIZE, PEAK, WEIGHT_DECAY, SEED = 26_000, 8, 3e-3, 0.02, 1
DOUBT = 0.9  # a digit that the network takes for something else with more certainty is left out
# Letters that nobody would take for a digit or a mark.
LETTERS = writers.NO_DIGITS - set("-_~^\"'cCrv")


class Pages(NamedTuple):
    """What the network learns from; each array has one entry for each page."""

    images: np.ndarray  # uint8 (n, height, width)
    classes: np.ndarray  # uint8 (n, cells down, cells across), LINE or NOTHING included
    offsets: np.ndarray  # int8 (n, down, across, 2): x, y to the symbol's middle, see OFFSET
    weights: np.ndarray  # uint8 (n, down, across): less for each cell, the larger a symbol is
    middles: np.ndarray  # uint8 (n, down, across), 255 at the middle of a symbol, then a Gaussian


def hands(drawings: Iterable[unipen.Drawing], part: str, fewest: int = 6) -> list[Hand]:
    """The writers of one part, each with what they wrote.

    Marks, letters, and digits that a writer did not write come from others of the same part.

    Args:
        drawings: by any number of writers.
        part: `training.writers.TRAIN`, VALIDATION or TEST.
        fewest: writers with fewer kinds of digits are left out.
    """
    own: dict[str, Hand] = {}
    common: Hand = {label: [] for label in CLASSES}
    for drawing in drawings:
        label = UNKNOWN if drawing.label in LETTERS else drawing.label
        if writers.split(drawing.writer) != part or label not in CLASSES:
            continue
        common[label].append(drawing.strokes)
        own.setdefault(drawing.writer, {}).setdefault(label, []).append(drawing.strokes)
    return [common | hand for hand in own.values() if len(hand.keys() & set(DIGITS)) >= fewest]


# Composing


def random_text(rng: np.random.Generator) -> str:
    """What people write: numbers, decimals, dates, times and the like."""

    def digits(least: int, most: int) -> str:
        return "".join(rng.choice(list(DIGITS), rng.integers(least, most + 1)))

    point = str(rng.choice(list(".,")))
    kind = rng.choice(12, p=[0.25, 0.2, 0.05, 0.11, 0.08, 0.08, 0.05, 0.06, 0.03, 0.03, 0.04, 0.02])
    match int(kind):
        case 0:
            return digits(1, 6)
        case 1:
            return ("-" if rng.random() < 0.15 else "") + digits(1, 4) + point + digits(1, 3)
        case 2:
            return (
                digits(1, 3)
                + point
                + digits(3, 3)
                + (".,"[point == "."] + digits(2, 2)) * int(rng.integers(2))
            )
        case 3:
            between = str(rng.choice(list("..-/")))
            return digits(1, 2) + between + digits(1, 2) + between + digits(2, 4)
        case 4:
            return digits(1, 2) + ":" + digits(2, 2) + (":" + digits(2, 2)) * int(rng.integers(2))
        case 5:
            return digits(1, 3) + "/" + digits(1, 4)
        case 6:
            return "-" + digits(1, 4)
        case 7:
            return "(" + random_text(rng)[:8].strip() + ")"
        case 8:
            return digits(1, 4) + " " + digits(1, 4)
        case 9:
            return digits(1, 4) + "-" + digits(1, 4)
        case 10:
            text = np.array(list(digits(1, 5)))
            text[rng.random(len(text)) < 0.5] = UNKNOWN
            return "".join(text)
        case _:
            return str(rng.choice(list(MARKS))) + digits(0, 1)


def composed(hand: Hand, rng: np.random.Generator) -> Row:
    """A number, or several below one another, as people write them and draw lines round them."""
    wild = rng.uniform(0, REDRAWN)

    lean = np.array([[np.exp(rng.normal(0, 0.12)), 0], [rng.normal(0, 0.12), 1]])

    def redraw(strokes: pen.Strokes) -> pen.Strokes:
        if len(strokes) == 1 and len(strokes[0]) < 3:  # a dot
            return strokes
        if rng.random() < 0.4:
            strokes = writers.in_another_mood(writers.loosened(strokes, rng), rng, wild)
        return pen.unit([stroke @ lean for stroke in strokes])

    size = HEIGHT * DETAIL * float(np.exp(np.clip(rng.normal(0, SCALES), -0.5, 0.5)))
    how: dict[str, Any] = {
        "redraw": redraw, "size": size,
        "width": max(2.0, size * float(np.exp(rng.uniform(np.log(0.035), np.log(0.2))))),
        "uneven": rng.choice([0.08, 0.18]), "drift": rng.choice([0.04, 0.1]),
    }  # fmt: skip

    def row(text: str | None = None, **other: Any) -> Row:
        spacing = rows.SPACINGS[rng.choice(len(rows.SPACINGS), p=[0.25, 0.25, 0.35, 0.15])]
        return rows.write(hand, text or random_text(rng), rng, spacing, **{**how, **other})

    def number(least: int = 1, most: int = 5) -> str:
        return "".join(rng.choice(list(DIGITS), rng.integers(least, most + 1)))

    kind = rng.random()
    if kind < 0.52:
        return row()
    if kind < 0.60:
        return rows.underlined(row(steepest=4), rng, above=rng.random() < 0.1)
    if kind < 0.67:
        text = number(2, 7) if rng.random() < 0.7 else random_text(rng).replace(" ", "")
        comb, uprights = rng.random(2) < 0.35
        return rows.boxed(hand, text, rng, comb=comb, uprights=uprights, **how)
    if kind < 0.74:
        one = row(steepest=5)
        place = int(rng.integers(len(one.symbols))) if rng.random() < 0.7 else None
        return rows.circled(one, rng, place)
    if kind < 0.76:
        return rows.framed(row(steepest=2), rng)
    if kind < 0.81:
        return rows.struck_out(row(number(2, 5)), rng)
    if kind < 0.84:
        return rows.ticked(row(), rng)
    if kind < 0.87:
        return rows.ruled(row(steepest=3), rng, squared=rng.random() < 0.4)
    flat = {"steepest": 3}
    if kind < 0.93:  # a column of single digits, or of short numbers
        longest = int(rng.choice([1, 1, 2, 4]))
        some = [row(number(1, longest), **flat) for _ in range(rng.integers(2, 4))]
        return rows.below(some, rng, (0.02, 0.7), rng.choice([0, 0.5, 1]))
    if kind < 0.97:  # a sum
        top = [row(number(1, 3), **flat) for _ in range(2)]
        if rng.random() < 0.4:
            top[1] = row(str(rng.choice(["-", UNKNOWN])) + number(1, 3), **flat)
        two = rows.below(top, rng, (0.1, 0.6), 1)
        return rows.below(
            [rows.underlined(two, rng), row(number(1, 4), **flat)], rng, (0.05, 0.5), 1
        )
    over = rows.underlined(row(number(1, 3), **flat), rng)
    return rows.below([over, row(number(1, 3), **flat)], rng, (0.05, 0.5), 0.5)


class Page:
    """A page that numbers are put on, side by side and one below the other, until it is full."""

    def __init__(self) -> None:
        width, height = (side * DETAIL for side in PAGE)
        self.names = np.zeros((height, width), np.uint8)  # what each pixel belongs to; 0: nothing
        self.shades = [0.0]
        self.labels = [NOTHING]
        self.boxes = [(0.0, 0.0, 0.0, 0.0)]
        self.filled = np.zeros(width, int)  # how far down each column is

    def add(self, row: Row, rng: np.random.Generator) -> bool:
        """Draws the row if there is room."""
        left, top, right, bottom = row.box(symbols=False)
        room = DETAIL * rng.uniform(*APART) / 2 + row.width
        width, height = right - left + 2 * room, bottom - top + 2 * room
        if width > len(self.filled):
            return False
        windows = np.lib.stride_tricks.sliding_window_view(self.filled, int(width))[::8]
        deepest = windows.max(axis=1)
        x, y = 8 * int(deepest.argmin()), int(deepest.min())
        if y + height > len(self.names):
            return False
        if len(self.labels) + len(row.labels) + len(row.lines) > 255:
            return False
        self._draw(row.moved(x + room - left, y + room - top), rng)
        self.filled[x : x + int(width)] = y + height
        return True

    def _draw(self, row: Row, rng: np.random.Generator) -> None:
        for line in sorted(row.lines, key=lambda line: line.shade):
            self._name(line.strokes, line.width, LINE, line.shade)
        # Where two symbols touch, the one with the later name owns the cell.
        for place in rng.permutation(len(row.symbols)):
            label = CLASSES.index(row.labels[place])
            self._name(row.symbols[place], row.width, label, 1.0)

    def _name(self, strokes: pen.Strokes, width: float, label: int, shade: float) -> None:
        paths = [np.rint(stroke * 16).astype(np.int32) for stroke in strokes]
        thickness = max(1, round(width))
        cv2.polylines(self.names, paths, False, len(self.labels), thickness, cv2.LINE_8, 4)
        points = np.concatenate(strokes)
        low, high = points.min(axis=0) - width / 2, points.max(axis=0) + width / 2
        self.labels.append(label)
        self.shades.append(shade)
        self.boxes.append(tuple(np.concatenate([low, high]) / DETAIL))

    def finished(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """One entry of each array of `Pages`."""
        ink = np.rint(255 * np.array(self.shades)).astype(np.uint8)[self.names]
        pixels = cv2.resize(ink, PAGE, interpolation=cv2.INTER_AREA).astype(np.float32)
        if rng.random() < 0.5:
            pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.25, 1.0))
        pixels *= 255 / max(1, pixels.max())
        if rng.random() < 0.5:
            pixels = 255 * (pixels / 255) ** np.float32(rng.uniform(0.5, 1.5))
        if rng.random() < 0.3:
            pixels += rng.normal(0, rng.uniform(0, 25), pixels.shape) * (pixels > 8)
        labels, boxes = np.array(self.labels, np.uint8), np.array(self.boxes)
        # A symbol's name goes before a line's: lines were drawn first.
        side = CELL * DETAIL
        order = np.argsort(labels == LINE, kind="stable")[::-1]
        order = np.concatenate([[0], order[order > 0]]).astype(np.uint8)
        rank = np.argsort(order).astype(np.uint8)
        ranks = rank[self.names]
        ranks = ranks.reshape(len(ranks) // side, side, -1).max(axis=1)
        names = order[ranks.reshape(len(ranks), -1, side).max(axis=2)]
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        is_symbol = labels < LINE
        down, across = np.indices(names.shape)
        cells = (np.stack([across, down], axis=-1) + 0.5) * CELL
        offsets = np.where(is_symbol[names][..., None], middles[names] - cells, 0) * OFFSET
        counts = np.bincount(names.ravel(), minlength=len(labels)).clip(1)
        counts[labels == LINE] = counts[labels == LINE].clip(40)
        weights = 255 * counts[names] ** -0.7 * (names > 0)
        heat = np.zeros(names.shape)
        for (x, y), box in zip(middles[is_symbol], boxes[is_symbol], strict=True):
            sigma = CELL * np.clip(0.025 * (box[2] - box[0] + box[3] - box[1]), 0.6, 1.2)
            first = np.maximum(0, (np.array([y, x]) / CELL - 4).astype(int))
            near = np.s_[first[0] : first[0] + 9, first[1] : first[1] + 9]
            square = ((cells[near] - (x, y)) ** 2).sum(axis=-1)
            heat[near] = np.maximum(heat[near], np.exp((square.min() - square) / (2 * sigma**2)))
        return (
            np.rint(pixels).clip(0, 255).astype(np.uint8), labels[names],
            np.rint(offsets).clip(-127, 127).astype(np.int8),
            np.rint(weights).astype(np.uint8), np.rint(255 * heat).astype(np.uint8),
        )  # fmt: skip


def write_pages(hands: list[Hand], count: int, seed: int | np.random.SeedSequence) -> Pages:
    """Composes `count` pages in random hands."""
    rng = np.random.default_rng(seed)
    finished: list[Any] = []
    waiting: list[Row] = []  # for a page on which there is room
    while len(finished) < count:
        page = Page()
        waiting = [row for row in waiting if not page.add(row, rng)]
        for _ in range(MAX_TRIES):
            row = composed(hands[rng.integers(len(hands))], rng)
            if not page.add(row, rng) and len(waiting) < MAX_WAITING:
                waiting.append(row)
        finished.append(page.finished(rng))
    return Pages(*(np.stack(part) for part in zip(*finished, strict=True)))


# Learning


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

    keras.utils.set_random_seed(seed)
    model = network.layout_convnet(LINE + 1)
    optimizer = keras.optimizers.AdamW(
        network.one_cycle(steps, PEAK, rise=0.1), WEIGHT_DECAY, clipnorm=1.0
    )
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
    try:
        require("tensorflow")
        classifier = DigitClassifier.load(args.model)
        drawings = [one for path in args.pens for one in unipen.read(Path(path))]
    except (ModelError, MissingPackageError, unipen.PenFileError) as error:
        print(f"layout: {error}", file=sys.stderr)
        return 2
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
    save_part(Path(args.model), LAYOUT, export(model, checked))
    print(f"Saved to {args.model}: {LAYOUT}")
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
    parser.add_argument("--pages", type=int, default=PAGES, help="how many to compose")
    parser.add_argument("--steps", type=int, default=STEPS, help="how long to train")
    parser.add_argument(
        "--checkpoint",
        metavar="FOLDER",
        help="keep pages and weights there; begun again, it goes on",
    )
    parser.add_argument("--seed", type=int, default=SEED)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
