"""Reads numbers: rows of symbols.

The layout network predicts the label of a symbol from the symbol and what is around it
(`digits.numbers.layout`), the digit network from the symbol alone, enlarged and centred. The two
predictions are combined by a logarithmic opinion pool, the product of their powers (Genest and
Zidek 1986, https://doi.org/10.1214/ss/1177013825). The label is "?" if none is likely enough.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digits.card import Pool
from digits.normalize import centre
from digits.numbers.layout import SYMBOLS, LocatedSymbol
from digits.numbers.rows import find_rows, typical_height
from digits.types import DIGITS, UNKNOWN, Box

MAX_SYMBOLS = 12  # without a digit: more are a pattern, such as dot-grid paper
MIN_PROBABILITY = 1e-4  # of a label: with 0, one network could veto it
MAX_DUST = 0.1  # of all ink, beside a single symbol

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
        """Whether nearly all of the ink is the symbol's."""
        left, top, right, bottom = self.box
        own = float((ink[top:bottom, left:right] * self.mask).sum())
        return own > (1 - MAX_DUST) * float(ink.sum())


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
    if len(labels) > MAX_SYMBOLS and not any(label.isdigit() for label in labels):
        return []
    return [Row(spell(row), row) for row in read]


def cropped(ink: np.ndarray, symbol: LocatedSymbol) -> np.ndarray:
    """The ink of a symbol alone, float32 (height, width)."""
    left, top, right, bottom = symbol.box
    return ink[top:bottom, left:right] * symbol.mask


def label_symbol(
    symbol: LocatedSymbol, pixels: np.ndarray, outputs: np.ndarray, pool: Pool
) -> LabelledSymbol:
    """Labels a symbol.

    Args:
        symbol: with the prediction of the layout network.
        pixels, outputs: input and output of the digit network for it.
        pool: how the two predictions are combined.
    """
    (probabilities,) = combine(symbol.probabilities[None], outputs[None], pool)
    best = int(probabilities.argmax())
    confidence = float(probabilities[best])
    label = SYMBOLS[best] if confidence >= pool.confidence else UNKNOWN
    if not (label.isdigit() or label == UNKNOWN):
        return LabelledSymbol(symbol.box, symbol.mask, label, confidence, None, None)
    digits = probabilities[: len(DIGITS)]
    is_digit = float(digits.sum())
    combined = np.append(digits / is_digit, 1 - is_digit).astype(np.float32)
    return LabelledSymbol(symbol.box, symbol.mask, label, confidence, pixels, combined)


def combine(probabilities: np.ndarray, outputs: np.ndarray, pool: Pool) -> np.ndarray:
    """Combines the predictions of the two networks for each symbol.

    Args:
        probabilities: float (n, SYMBOLS), of the layout network.
        outputs: float (n, 11), of the digit network.
        pool: the powers, and the factor.

    Returns:
        float (n, SYMBOLS); each row sums to 1.
    """
    known, marks = probabilities[:, : len(DIGITS)], probabilities[:, len(DIGITS) : -1]
    none = outputs[:, 10:]
    single = np.concatenate([outputs[:, :10] * (1 - none), none], axis=1)
    layout = np.concatenate([known, probabilities[:, -1:]], axis=1)
    logarithms = pool.layout * np.log(np.maximum(layout, MIN_PROBABILITY))
    logarithms += pool.digit * np.log(np.maximum(single, MIN_PROBABILITY))
    combined = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    combined[:, -1] *= pool.unknown
    # The digit network has not learned marks, so their probabilities stay.
    combined *= (1 - marks.sum(axis=1, keepdims=True)) / combined.sum(axis=1, keepdims=True)
    return np.concatenate([combined[:, :-1], marks, combined[:, -1:]], axis=1)


def spell(symbols: list[LabelledSymbol]) -> str:
    """Joins the labels of a row, with a space where a gap is clearly wider than the others."""
    boxes = np.array([symbol.box for symbol in symbols], float)
    height = typical_height(boxes)
    # Gaps beside a narrow symbol, such as a 1, are measured as if it were wider.
    spare = np.maximum(0, 0.45 * height - (boxes[:, 2] - boxes[:, 0])) / 2
    gaps = (boxes[1:, 0] - spare[1:]) - (boxes[:-1, 2] + spare[:-1])
    text = symbols[0].label
    for number, symbol in enumerate(symbols[1:]):
        others = np.delete(gaps, number)
        typical = max(0.0, float(np.median(others))) if len(others) else 0.5 * height
        if gaps[number] > max(0.7 * height, 2.2 * typical + 0.2 * height):
            text += " "
        text += symbol.label
    return text
