"""Composes handwritten numbers of one writer's digits, and tells how well they are read.

python -m training.numbers --pens PATH           all of it; some minutes
python -m training.numbers --pens PATH --quick   on small samples
python -m training.numbers --pens PATH --fit     fits WEIGHTS and SURE of digits/numbers/reader.py

PATH is a UNIPEN distribution (see `training.unipen`). The model holds the network of
`training.rows`. Writers are divided as in `training.writers`: those who choose fit the weights and
set SURE, since the networks have learned from those who teach; only the others are measured on.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digits import DigitClassifier, ModelError
from digits.ink import find_ink
from digits.ink.components import label as label_pieces
from digits.numbers import reader as reading
from digits.numbers.reader import Arcs
from digits.types import UNKNOWN
from handwriting import pen
from handwriting.pen import Strokes
from training import unipen
from training import writers as people
from training.unipen import Drawing

SPACINGS = ("wide", "close", "touching")
UNEVEN, DRIFT = 0.08, 0.04  # how much one hand's digits differ in size, and stray from the line


@dataclass(frozen=True, eq=False)
class Writing:
    """Symbols on a sheet, and what they say."""

    symbols: list[Strokes]  # in pixels
    text: str  # as `digits.numbers.reader.Reading.text`
    width: float  # of the pen in pixels
    size: tuple[int, int]  # of the sheet: width, height

    @property
    def image(self) -> np.ndarray:
        """uint8 (height, width), ink 255 on 0."""
        return pen.render(
            [stroke for symbol in self.symbols for stroke in symbol], self.width, self.size
        )


Hand = dict[int, list[Strokes]]  # one writer's digits, by what they are; and `pen.NO_DIGIT`


def main() -> int:
    args = parse_arguments()
    try:
        drawings = unipen.read(Path(args.pens))
        classifier = DigitClassifier.load(args.model)
    except (ModelError, unipen.PenFileError) as error:
        print(f"numbers: {error}", file=sys.stderr)
        return 2
    if args.fit:
        fit(classifier, drawings, *((10, 10) if args.quick else (FITTED, CHOSEN)))
        return 0
    writers = hands(drawings, people.TEST)
    report = measure(classifier, writers, 60 if args.quick else 600)
    print(json.dumps({"writers": len(writers), **report}, indent=1))
    return 0


def hands(drawings: Iterable[Drawing], part: str, fewest: int = 6) -> list[Hand]:
    """The writers of one part, each with what he wrote.

    Args:
        drawings: by any number of writers; some of their labels are wrong.
        part: `training.writers.TRAIN`, VALIDATION or TEST.
        fewest: a writer with fewer kinds of digits makes dull numbers and is left out.
    """
    found: dict[str, Hand] = defaultdict(lambda: defaultdict(list))
    for drawing in drawings:
        label = people.label_of(drawing)
        if people.split(drawing.writer) != part or label is None:
            continue
        found[drawing.writer][label].append(drawing.strokes)
    return [dict(own) for own in found.values() if len(own.keys() - {pen.NO_DIGIT}) >= fewest]


def compose(
    hand: Hand,
    length: int,
    spacing: str,
    rng: np.random.Generator,
    others: float = 0,
    uneven: float = UNEVEN,
    drift: float = DRIFT,
) -> Writing:
    """Writes a number in one writer's hand.

    Args:
        hand: the writer's digits, each centred on 0 0 with a longer side of 1.
        length: how many digits.
        spacing: "wide", "close" (a gap of a pen's width or so), "touching" (ink runs together
            between at least two neighbours; the others stand close), or "mixed" (all three).
        rng: picks everything else.
        others: the share of symbols that are none of the writer's digits: "?" in the text.
        uneven, drift: as in `write_row`.
    """
    digits = rng.choice([digit for digit in hand if digit != pen.NO_DIGIT], length)
    digits[rng.random(length) < others] = pen.NO_DIGIT
    text = "".join("?" if digit == pen.NO_DIGIT else str(digit) for digit in digits)
    symbols = hand.get(pen.NO_DIGIT) or [_symbol(rng) for _ in range(length)]
    chosen = []
    for digit in digits:
        own = symbols if digit == pen.NO_DIGIT else hand[digit]
        chosen.append(own[rng.integers(len(own))])
    return write_row(chosen, text, spacing, rng, uneven, drift)


def _symbol(rng: np.random.Generator) -> Strokes:
    name = rng.choice(list(pen.SYMBOLS))
    skeleton = pen.strokes_from_skeleton(pen.SYMBOLS[name], rng, shake=rng.uniform(0.5, 4))
    return pen.by_hand(skeleton, rng, wild=rng.uniform(0.3, 0.8))


def write_row(
    symbols: list[Strokes],
    text: str,
    spacing: str,
    rng: np.random.Generator,
    uneven: float = UNEVEN,
    drift: float = DRIFT,
) -> Writing:
    """Draws symbols side by side on a sheet that is a little larger than they are.

    Args:
        symbols: each centred on 0 0 with a longer side of 1.
        text: what they say.
        spacing: as in `compose`.
        rng: picks size, pen, slope, and how the symbols differ.
        uneven: standard deviation of the logarithm of each symbol's size.
        drift: standard deviation of each symbol's shift up or down, in heights.
    """
    size = rng.uniform(50, 170)
    width = max(2.5, size * np.exp(rng.uniform(np.log(0.035), np.log(0.16))))
    slope = rng.uniform(-10, 10)
    shear = np.tan(np.radians(slope))
    turned = rng.random() < 0.5  # the digits lean with the line, or stay upright
    steady = rng.uniform(0.2, 0.6)  # a wide writer's gap, much the same throughout a number
    kinds = _gaps(len(symbols) - 1, spacing, rng)
    placed: list[Strokes] = []
    base = 0.0
    for number, strokes in enumerate(symbols):
        scale = size * np.exp(rng.normal(0, uneven))
        strokes = [stroke * scale for stroke in strokes]
        points = np.concatenate(strokes)
        shift = np.array([0.0, -points[:, 1].max() + rng.normal(0, drift) * size])
        strokes = [stroke + shift for stroke in strokes]
        if placed:
            kind = kinds[number - 1]
            gap = {
                "wide boxes": size * steady * np.exp(rng.normal(0, 0.2)) + width,
                "boxes": size * rng.uniform(0.02, 0.12) + width,
                "close": size * rng.uniform(0.02, 0.12) + width,
                "touching": width * rng.uniform(0.6, 0.95),
            }[kind]
            if not turned:  # the next symbol stands that much higher or lower
                strokes = pen.place(strokes, 1, (0, shear * _advance(placed[-1], strokes, gap)))
            base = _advance(placed[-1], strokes, gap, None if "box" in kind else width)
        placed.append(pen.place(strokes, 1, (base, 0)))
    if turned:
        cos, sin = np.cos(np.radians(slope)), np.sin(np.radians(slope))
        matrix = np.array([[cos, sin], [-sin, cos]])
        placed = [[stroke @ matrix for stroke in strokes] for strokes in placed]
    return on_sheet(placed, text, width, rng)


def on_sheet(symbols: list[Strokes], text: str, width: float, rng: np.random.Generator) -> Writing:
    """Puts symbols on a sheet with some room round them."""
    points = np.concatenate([stroke for symbol in symbols for stroke in symbol])
    low, high = points.min(axis=0), points.max(axis=0)
    room = width + rng.uniform(4, 60, 4)
    left, top = room[:2] - low
    size = np.ceil(high - low + room[:2] + room[2:]).astype(int)
    placed = [pen.place(symbol, 1, (left, top)) for symbol in symbols]
    return Writing(placed, text, width, (int(size[0]), int(size[1])))


def _gaps(count: int, spacing: str, rng: np.random.Generator) -> list[str]:
    if spacing == "wide":
        return ["wide boxes"] * count
    if spacing == "mixed":
        kinds = ["wide boxes", "boxes", "close", "touching"]
        return list(rng.choice(kinds, count, p=[0.2, 0.4, 0.3, 0.1]))
    if spacing == "close":
        return list(rng.choice(["boxes", "close"], count))
    kinds = list(rng.choice(["touching", "close"], count))
    if count:
        kinds[rng.integers(count)] = "touching"
    return kinds


def _advance(left: Strokes, right: Strokes, gap: float, width: float | None = None) -> float:
    """Where the next symbol's origin goes, so that there is `gap` between the two.

    Args:
        left: the symbol before, where it stands.
        right: the next one, not yet moved to the right.
        gap: in pixels; between their boxes, or the middles of their strokes.
        width: of the pen. If it is given they are slid together until strokes are `gap` apart.
    """
    before, after = np.concatenate(left), np.concatenate(right)
    boxes = float(before[:, 0].max() - after[:, 0].min() + gap)
    if width is None:
        return boxes
    before, after = _dense(left, width / 3), _dense(right, width / 3)
    apart = np.abs(before[:, None, 1] - after[None, :, 1])
    near = apart < gap
    if not near.any():
        return boxes
    across = np.sqrt(np.maximum(0, gap**2 - apart**2))
    needed = before[:, None, 0] - after[None, :, 0] + across
    return float(needed[near].max())


def _dense(strokes: Strokes, step: float) -> np.ndarray:
    """Points along the strokes, no further apart than `step`."""
    parts = []
    for stroke in strokes:
        way = np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
        at = np.linspace(0, way[-1], int(way[-1] / step) + 2)
        parts.append(np.column_stack([np.interp(at, way, stroke[:, k]) for k in (0, 1)]))
    return np.concatenate(parts)


# How well they are read

LENGTHS = (2, 6)
Reads = Callable[[np.ndarray], str]


def contours(classifier: DigitClassifier) -> Reads:
    """To compare with: each connected piece is a digit, from left to right."""

    def read(image: np.ndarray) -> str:
        labels, boxes = label_pieces(image > 0)
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
        order = np.argsort(boxes[:, 0])
        crops = [
            image[top:bottom, left:right] * (labels[top:bottom, left:right] == k + 1)
            for k in order[sizes[order] >= 0.15 * sizes.max()]
            for left, top, right, bottom in [boxes[k]]
        ]
        return "".join(str(p.probabilities.argmax()) for p in classifier.predict_batch(crops))

    return read


def two_rows(hand: Hand, rng: np.random.Generator) -> Writing:
    """Two numbers, one below the other."""
    return _together(hand, rng, below=True)


def two_numbers(hand: Hand, rng: np.random.Generator) -> Writing:
    """Two numbers in a row, with a gap of a digit or so."""
    return _together(hand, rng, below=False)


def _together(hand: Hand, rng: np.random.Generator, below: bool) -> Writing:
    one, other = (compose(hand, int(rng.integers(2, 5)), "close", rng) for _ in range(2))
    points = [np.concatenate([s for symbol in w.symbols for s in symbol]) for w in (one, other)]
    heights = [
        np.median([np.ptp(np.concatenate(symbol)[:, 1]) for symbol in w.symbols])
        for w in (one, other)
    ]
    scale = heights[0] / heights[1]
    left = points[0][:, 0].min()
    right, bottom = points[0].max(axis=0)
    gap = heights[0] * (rng.uniform(0.35, 1) if below else rng.uniform(0.9, 1.6))
    low = points[1].min(axis=0) * scale
    if below:
        corner = (left - low[0], bottom + gap - low[1])
    else:  # on the line on which the first number ends
        last, first = np.concatenate(one.symbols[-1]), np.concatenate(other.symbols[0]) * scale
        corner = (right + gap - low[0], last[:, 1].max() - first[:, 1].max())
    symbols = one.symbols + [pen.place(symbol, scale, corner) for symbol in other.symbols]
    text = one.text + ("\n" if below else " ") + other.text
    return on_sheet(symbols, text, one.width, rng)


def number_of(spacing: str, **how: float) -> Callable[[Hand, np.random.Generator], Writing]:
    return lambda hand, rng: compose(
        hand, int(rng.integers(LENGTHS[0], LENGTHS[1] + 1)), spacing, rng, **how
    )


KINDS: dict[str, Callable[[Hand, np.random.Generator], Writing]] = {
    "wide": number_of("wide"),
    "close": number_of("close"),
    "touching": number_of("touching"),
    "uneven, as in formulas": lambda hand, rng: compose(
        hand, int(rng.integers(1, 6)), "mixed", rng, uneven=0.18, drift=0.1
    ),
    "two rows": two_rows,
    "two numbers in a row": two_numbers,
    "with letters and symbols": number_of("wide", others=0.3),
    "one digit": lambda hand, rng: compose(hand, 1, "wide", rng),
}


def measure(classifier: DigitClassifier, writers: list[Hand], count: int) -> dict[str, Any]:
    """Has numbers of each kind read; all figures are shares, 0-1."""
    report: dict[str, Any] = {}
    simple = contours(classifier)
    for number, (kind, write) in enumerate(KINDS.items()):
        rng = np.random.default_rng([9, number])
        texts, said, base = [], [], []
        for k in range(count):
            writing = write(writers[k % len(writers)], rng)
            texts.append(writing.text)
            said.append(classifier.read(writing.image).text)
            base.append(simple(writing.image))
        right = np.array([a == b for a, b in zip(said, texts, strict=True)])
        sure = np.array(["?" not in text for text in said])
        report[kind] = {
            "numbers": count,
            "right": float(right.mean()),
            "another": float((~right & sure).mean()),
            "contours_right": float(np.mean([a == b for a, b in zip(base, texts, strict=True)])),
        }
        print(f"{kind:24s}", {k: round(v, 4) for k, v in report[kind].items()}, flush=True)
    return report


# Fitting

FITTED, CHOSEN = 240, 150  # numbers of each kind
FIT_ON = ("wide", "close", "touching", "uneven, as in formulas", "with letters and symbols")
ROUNDS, BATCH, RATE, DECAY = 30, 50, 0.1, 1e-3
LIMITS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
MOST_WRONG = 0.03  # of the numbers of any kind may be read as another one


@dataclass(frozen=True, eq=False)
class Lattice:
    """All ways to read a row, and what it says."""

    arcs: Arcs
    text: str


def fit(classifier: DigitClassifier, drawings: list[Drawing], fitted: int, chosen: int) -> None:
    """Fits the weights, then SURE, on the writers who choose; prints both."""
    writers = hands(drawings, people.VALIDATION)
    lattices = []
    for number, kind in enumerate(FIT_ON):
        rng = np.random.default_rng([7, number])
        for _ in range(fitted):
            writing = KINDS[kind](writers[rng.integers(len(writers))], rng)
            sheet = reading.Sheet(
                find_ink(writing.image).everything.pixels, classifier._look, classifier._scan
            )
            rows = reading.find_rows(sheet)
            if len(rows) == 1:
                lattices.append(Lattice(reading.lattice(sheet, rows[0]), writing.text))
    print(f"Fitting on {len(lattices)} numbers by {len(writers)} writers…", flush=True)
    weights = fit_weights(lattices)
    print("WEIGHTS = np.array(", weights.round(2).tolist(), ")", sep="", flush=True)
    for limit, report in choose_limit(classifier, writers, weights, chosen):
        print(limit, report, flush=True)


def fit_weights(lattices: list[Lattice]) -> np.ndarray:
    """The weights under which the right texts are likeliest, however they are cut into symbols.

    Maximizes the mean conditional log-likelihood, with a little weight decay towards the weights
    there are, by Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980).

    Returns:
        float (FEATURES,).
    """
    rng = np.random.default_rng(1)
    began = reading.WEIGHTS.astype(float)
    weights, mean, square, step = began.copy(), 0.0 * began, 0.0 * began, 0
    for number in range(ROUNDS):
        likelihoods = []
        order = rng.permutation(len(lattices))
        for first in range(0, len(order), BATCH):
            slope = DECAY * (began - weights)
            for k in order[first : first + BATCH]:
                likelihood, own = log_likelihood(lattices[k], weights)
                if likelihood > -np.inf:  # not one that can't be read rightly at all
                    likelihoods.append(likelihood)
                    slope += own / BATCH
            step += 1
            mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
            pace = RATE * 0.5 * (1 + np.cos(np.pi * number / ROUNDS))
            away = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
            weights = weights + pace * away
        print(f"round {number + 1}: {np.mean(likelihoods):.4f} ({len(likelihoods)})", flush=True)
    return weights


def log_likelihood(lattice: Lattice, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """The log-probability of a row's text, of all paths that spell it, and its gradient.

    Returns:
        At most 0, or minus infinity where no path spells it; float (FEATURES,).
    """
    arcs, text = lattice.arcs, lattice.text
    score = arcs.features @ weights
    share, total = reading.marginals(arcs, score)
    symbols = np.array([reading.NONE if symbol == UNKNOWN else int(symbol) for symbol in text])
    # A state is a node, and how many symbols are read: a speck reads none, another arc its own.
    count = len(symbols) + 1
    forward = np.full((arcs.nodes, count), -np.inf)
    backward = np.full((arcs.nodes, count), -np.inf)
    forward[0, 0] = backward[-1, -1] = 0
    skip = arcs.label == reading.SKIP
    fits = np.zeros((len(skip), count - 1))
    fits[arcs.label[:, None] != symbols] = -np.inf
    for node in range(1, arcs.nodes):
        own = np.flatnonzero(arcs.stop == node)
        came = forward[arcs.start[own]] + score[own, None]
        came[~skip[own], 1:] = came[~skip[own], :-1] + fits[own[~skip[own]]]
        came[~skip[own], 0] = -np.inf
        forward[node] = np.logaddexp.reduce(came, axis=0)
    for node in range(arcs.nodes - 2, -1, -1):
        own = np.flatnonzero(arcs.start == node)
        goes = backward[arcs.stop[own]] + score[own, None]
        goes[~skip[own], :-1] = goes[~skip[own], 1:] + fits[own[~skip[own]]]
        goes[~skip[own], -1] = -np.inf
        backward[node] = np.logaddexp.reduce(goes, axis=0)
    right = forward[-1, -1]
    if right == -np.inf:
        return right, np.zeros(len(weights))
    on = forward[arcs.start] + score[:, None] - right
    goes = backward[arcs.stop]
    paths = np.where(skip, np.logaddexp.reduce(on + goes, axis=1), -np.inf)
    read = np.logaddexp.reduce(on[:, :-1] + goes[:, 1:] + fits, axis=1)
    paths[~skip] = read[~skip]
    return float(right - total), (np.exp(paths) - share) @ arcs.features


def choose_limit(
    classifier: DigitClassifier, writers: list[Hand], weights: np.ndarray, count: int
) -> Iterator[tuple[float, dict[str, tuple[float, float]]]]:
    """What each limit gives: the shares read rightly, and as another number, of each kind."""
    before = reading.WEIGHTS, reading.SURE
    reading.WEIGHTS, reading.SURE = weights, 0  # all that is said, and then how certainly
    said: dict[str, list[tuple[bool, bool, float]]] = {}
    for number, (kind, write) in enumerate(KINDS.items()):
        rng = np.random.default_rng([8, number])
        writings = [write(writers[k % len(writers)], rng) for k in range(count)]
        said[kind] = [read_certainly(classifier, one) for one in writings]
    reading.WEIGHTS, reading.SURE = before
    for limit in LIMITS:
        report = {}
        for kind, some in said.items():
            # A limit only makes "?" of digits: what holds one already is never another number.
            right = np.mean([right and sure >= limit for right, _, sure in some])
            another = np.mean(
                [not right and digits and sure >= limit for right, digits, sure in some]
            )
            report[kind] = (round(float(right), 3), round(float(another), 3))
        yield limit, report


def read_certainly(classifier: DigitClassifier, writing: Writing) -> tuple[bool, bool, float]:
    """Whether it is read rightly, as digits only, and the least certainty of a digit."""
    found = classifier.read(writing.image)
    certainties = [s.confidence for s in found.symbols if s.label.isdigit()]
    return (
        found.text == writing.text,
        UNKNOWN not in found.text,
        min(certainties, default=1),
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.numbers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pens", metavar="PATH", required=True, help="people's handwriting")
    parser.add_argument("--model", default="model", help="the network that reads digits")
    parser.add_argument("--quick", action="store_true", help="small samples")
    parser.add_argument(
        "--fit", action="store_true", help="fit what digits/numbers/reader.py weighs"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
