"""Reads numbers: rows of symbols.

The layout network locates symbols and predicts their labels; it sees what is around each of them
(`digits.numbers.layout`). The digit network sees each one alone, enlarged and centred. A label's
probability is the product of both predictions, each raised to a power: a logarithmic opinion pool
(Genest and Zidek 1986, https://doi.org/10.1214/ss/1177013825). A label that is not likely enough
becomes "?".
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digits.card import Pool
from digits.normalize import centre
from digits.numbers.layout import SYMBOLS, LocatedSymbol
from digits.numbers.rows import find_rows, usual_height
from digits.types import DIGITS, MARKS, UNKNOWN, Box

MAX_UNKNOWN = 12  # symbols without a digit among them: more are a pattern, such as dot-grid paper
MIN_PROBABILITY = 1e-4  # of a label: neither network has a veto
MAX_STRAY = 0.1  # of all ink: as much may be dust beside a single symbol

# The digit network: uint8 (n, 28, 28) to float32 (n, 11), the probabilities of the ten digits,
# which sum to 1, and that of "none of these".
Classify = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class LabelledSymbol:
    """A symbol with its label."""

    box: Box  # in pixels of the ink
    mask: np.ndarray  # bool, over the box: the symbol's own pixels
    label: str  # as `Symbol.label`
    confidence: float  # as `Symbol.confidence`
    pixels: np.ndarray | None  # uint8 (28, 28); None for marks
    outputs: np.ndarray | None  # float32 (11,), of both networks, as of `Classify`; None for marks

    def covers(self, ink: np.ndarray) -> bool:
        """Whether hardly any ink belongs to something else."""
        left, top, right, bottom = self.box
        own = float((ink[top:bottom, left:right] * self.mask).sum())
        return own > (1 - MAX_STRAY) * float(ink.sum())


@dataclass(frozen=True, eq=False)
class Row:
    """A row of symbols, from left to right."""

    text: str
    symbols: list[LabelledSymbol]


def read_ink(
    ink: np.ndarray, located: list[LocatedSymbol], classify: Classify, pool: Pool
) -> list[Row]:
    """Reads everything that is written.

    Args:
        ink: float32 (height, width), 0 background to 1 ink.
        located: its symbols, as `digits.numbers.layout.find_symbols` returns them.
        classify: the digit network.
        pool: how their predictions are combined.

    Returns:
        The rows that contain symbols, top to bottom; empty if the image is only a pattern.
    """
    if not located:
        return []
    rows = find_rows(located)
    located = [symbol for row in rows for symbol in row]
    pixels = np.stack([centre(cropped(ink, symbol)) for symbol in located])
    outputs = classify(pixels)
    labelled = iter(label_symbol(*one, pool) for one in zip(located, pixels, outputs, strict=True))
    read = [[next(labelled) for _ in row] for row in rows]
    labels = [symbol.label for row in read for symbol in row]
    if len(labels) > MAX_UNKNOWN and not any(label.isdigit() for label in labels):
        return []
    return [Row(spell(row), row) for row in read]


def cropped(ink: np.ndarray, symbol: LocatedSymbol) -> np.ndarray:
    """The ink of a symbol alone, float32 (height, width)."""
    left, top, right, bottom = symbol.box
    return ink[top:bottom, left:right] * symbol.mask


def label_symbol(
    symbol: LocatedSymbol, pixels: np.ndarray, outputs: np.ndarray, pool: Pool
) -> LabelledSymbol:
    """Chooses a label.

    Args:
        symbol: with the prediction of the layout network.
        pixels, outputs: input and output of the digit network for it.
        pool: how the two predictions are combined.
    """
    (shares,) = combine(symbol.shares[None], outputs[None], pool)
    best = int(shares.argmax())
    label = SYMBOLS[best] if shares[best] >= pool.confidence else UNKNOWN
    confidence = float(shares[best])
    if not (label.isdigit() or label == UNKNOWN):
        return LabelledSymbol(symbol.box, symbol.mask, label, confidence, None, None)
    digits = float(shares[: len(DIGITS)].sum())
    both = np.append(shares[: len(DIGITS)] / digits, 1 - digits).astype(np.float32)
    return LabelledSymbol(symbol.box, symbol.mask, label, confidence, pixels, both)


def combine(shares: np.ndarray, outputs: np.ndarray, pool: Pool) -> np.ndarray:
    """Combines what the two networks predict for each symbol.

    Args:
        shares: float (n, SYMBOLS), the predictions of the layout network.
        outputs: float (n, 11), those of the digit network.
        pool: the powers.

    Returns:
        float (n, SYMBOLS); each row sums to 1.
    """
    none = outputs[:, 10:]
    digits = outputs[:, :10] * (1 - none)
    # The digit network has not learned marks: for them it speaks neither for nor against.
    neutral = np.maximum(digits.max(axis=1, keepdims=True), none)
    marks = np.repeat(neutral, len(MARKS), axis=1)
    single = np.concatenate([digits, marks, none], axis=1)
    logarithms = pool.layout * np.log(np.maximum(shares, MIN_PROBABILITY))
    logarithms += pool.digit * np.log(np.maximum(single, MIN_PROBABILITY))
    combined = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    combined[:, DIGITS:-1] *= pool.mark
    combined[:, -1] *= pool.unknown
    return combined / combined.sum(axis=1, keepdims=True)


def spell(symbols: list[LabelledSymbol]) -> str:
    """The row's text, with a space where a gap is clearly wider than the others."""
    boxes = np.array([symbol.box for symbol in symbols], float)
    height = usual_height(boxes)
    # A 1 is narrow: the gap beside it is counted from where a wider digit would end.
    spare = np.maximum(0, 0.45 * height - (boxes[:, 2] - boxes[:, 0])) / 2
    gaps = (boxes[1:, 0] - spare[1:]) - (boxes[:-1, 2] + spare[:-1])
    text = symbols[0].label
    for number, symbol in enumerate(symbols[1:]):
        others = np.delete(gaps, number)
        usual = max(0.0, float(np.median(others))) if len(others) else 0.5 * height
        if gaps[number] > max(0.7 * height, 2.2 * usual + 0.2 * height):
            text += " "
        text += symbol.label
    return text
