"""Splits, groups, labels and redraws the handwriting of many writers."""

import hashlib
from collections.abc import Iterable

import numpy as np

from digits.types import DIGITS, MARKS, UNKNOWN
from handwriting import pen, processes, synthetic
from handwriting.rows import Writer
from handwriting.variation import loosened, resampled, varied
from training.unipen import Drawing

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# Shares of the writers. Those between the two intervals, and above both, are the training split.
TEST_BELOW, VALIDATION_FROM, VALIDATION_BELOW = 0.11, 0.18, 0.28
# Characters that cannot be mistaken for a digit. Those that can (O, I, l, S, Z, g, q, b, B, Y, G,
# D, J, brackets, slashes, commas) are neither digits nor "none of these": they are left out.
NON_DIGITS = frozenset('ACEFHKLMNPRTUVWXacdefhkmnprtuvwx#$%&*+-=<>?@_~^"')
# Those that cannot be mistaken for a mark either.
OTHER_SYMBOLS = NON_DIGITS - set("-_~^\"'cCrv")
MIN_KINDS = 6  # of the ten digits, by a writer: see `by_writer`
# Each digit by a writer of USUAL digits is redrawn TIMES times, by a writer of fewer more often, so
# that a few prolific writers don't outweigh the others.
TIMES, USUAL, MAX_TIMES = 3, 100, 8
LOOSE = 0.5  # the share of drawings whose strokes are moved relative to one another


def split_of(writer: str) -> str:
    """Return the split that a writer's drawings belong to: TRAIN, VALIDATION or TEST.

    A hash of the name decides, so that a writer's split doesn't depend on the other data.
    """
    position = int.from_bytes(hashlib.sha256(writer.encode()).digest()[:6], "big") / 2**48
    if position < TEST_BELOW:
        return TEST
    return VALIDATION if VALIDATION_FROM <= position < VALIDATION_BELOW else TRAIN


def of_split(drawings: Iterable[Drawing], split: str) -> list[Drawing]:
    """Select the drawings by the writers of a split: TRAIN, VALIDATION or TEST."""
    return [drawing for drawing in drawings if split_of(drawing.writer) == split]


def label_of(drawing: Drawing) -> int | None:
    """Return 0-9, `pen.NO_DIGIT`, or None for a character that is left out."""
    if drawing.label in DIGITS:
        return int(drawing.label)
    return pen.NO_DIGIT if drawing.label in NON_DIGITS else None


def labelled(drawings: Iterable[Drawing], split: str) -> list[tuple[Drawing, int]]:
    """Return the drawings of a split that are not left out, with their labels: see `label_of`."""
    return [
        (drawing, label)
        for drawing in of_split(drawings, split)
        if (label := label_of(drawing)) is not None
    ]


def by_writer(drawings: Iterable[Drawing]) -> list[Writer]:
    """Group the drawings of one split by writer, for `handwriting.rows`.

    Missing symbols of a writer come from the other writers. Writers of fewer than `MIN_KINDS`
    different digits only contribute to the others.

    Args:
        drawings: from `of_split`.
    """
    drawn_by: dict[str, Writer] = {}
    common: Writer = {label: [] for label in DIGITS + MARKS + UNKNOWN}
    for drawing in drawings:
        label = UNKNOWN if drawing.label in OTHER_SYMBOLS else drawing.label
        if label in common:
            common[label].append(drawing.strokes)
            drawn_by.setdefault(drawing.writer, {}).setdefault(label, []).append(drawing.strokes)
    return [
        common | drawn
        for drawn in drawn_by.values()
        if len(drawn.keys() & set(DIGITS)) >= MIN_KINDS
    ]


def redraw_times(digits: int) -> int:
    """Return how often each digit is redrawn, if its writer has drawn so many digits."""
    return min(MAX_TIMES, round(TIMES * (USUAL / digits) ** 0.5))


def redraw_all(drawings: list[Drawing], seed: int) -> np.ndarray:
    """Redraw each drawing once, on all processors.

    Returns:
        uint8 (n, 28, 28), the same for the same seed.
    """
    return processes.images(redraw, drawings, seed)


def redraw(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    """Vary a drawing slightly, and draw it with a random pen as an input of the network.

    Returns:
        uint8 (28, 28), normalized like any drawing.
    """
    wild = rng.choice([0, rng.uniform(0.1, 0.6)], p=[0.25, 0.75])
    strokes = loosened(drawing.strokes, rng) if rng.random() < LOOSE else drawing.strokes
    return synthetic.picture(resampled(varied(strokes, rng, wild), rng), rng)
