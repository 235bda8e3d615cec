"""Reads numbers: rows of symbols.

The layout network predicts the label of a symbol from the symbol and what is around it
(`digits.numbers.layout`), the digit network from the symbol alone, enlarged and centred. The two
predictions are combined by a logarithmic opinion pool, the product of their powers (Genest and
Zidek 1986, https://doi.org/10.1214/ss/1177013825). The label is "?" if none is likely enough.
"""

from collections.abc import Callable

import numpy as np

from digits.card import Pool
from digits.normalize import centre
from digits.numbers.layout import SYMBOLS, LocatedSymbol
from digits.numbers.rows import find_rows, typical_height
from digits.types import DIGITS, MARKS, UNKNOWN, Ink, Prediction, Reading, Symbol

MAX_SYMBOLS = 12  # without a digit: more are a pattern, such as dot-grid paper
MIN_PROBABILITY = 1e-4  # of a label; with 0, each network could veto it

# The digit network: uint8 (n, 28, 28) to float32 (n, 11), the probabilities of the ten digits,
# which sum to 1, and that of "none of these".
Classify = Callable[[np.ndarray], np.ndarray]


def read_ink(ink: Ink, located: list[LocatedSymbol], classify: Classify, pool: Pool) -> Reading:
    """Read everything that is written.

    Args:
        ink: all ink of a picture.
        located: its symbols, as `digits.numbers.layout.find_symbols` returns them.
        classify: the digit network.
        pool: how their predictions are combined.

    Returns:
        The rows that contain symbols; empty if the image is only a pattern.
    """
    if not located:
        return Reading("", [])
    boxes = np.array([symbol.box for symbol in located], float)
    cuts = [ink.cut(symbol.box, symbol.mask) for symbol in located]
    pixels = np.stack([centre(cut.pixels) for cut in cuts])
    probabilities = np.stack([symbol.probabilities for symbol in located])
    combined = combine(probabilities, classify(pixels), pool)
    masks = [symbol.mask for symbol in located]
    symbols = [
        label_symbol(cut, mask, image, likelihoods, pool.confidence)
        for cut, mask, image, likelihoods in zip(cuts, masks, pixels, combined, strict=True)
    ]
    labels = [symbol.label for symbol in symbols]
    if len(labels) > MAX_SYMBOLS and not any(label.isdigit() for label in labels):
        return Reading("", [])
    rows = find_rows(boxes)
    text = "\n".join(spell([labels[k] for k in row], boxes[row]) for row in rows)
    return Reading(text, [symbols[k] for row in rows for k in row])


def label_symbol(
    ink: Ink, mask: np.ndarray, pixels: np.ndarray, probabilities: np.ndarray, confidence: float
) -> Symbol:
    """Label a symbol.

    Args:
        ink: of the symbol alone.
        mask: bool, over the box of the ink: the symbol's own pixels.
        pixels: uint8 (28, 28), the input of the digit network for it.
        probabilities: float (SYMBOLS,), from `combine`.
        confidence: the minimum probability of a label; below it, the label is "?".
    """
    best = int(probabilities.argmax())
    likelihood = float(probabilities[best])
    label = SYMBOLS[best] if likelihood >= confidence else UNKNOWN
    if label in MARKS:
        return Symbol(label, ink.box, mask, likelihood, None)
    is_digit = float(probabilities[: len(DIGITS)].sum())
    digits = (probabilities[: len(DIGITS)] / is_digit).astype(np.float32)
    digit = None if label == UNKNOWN else int(label)
    prediction = Prediction(
        digit=digit,
        probabilities=digits,
        confidence=float(digits.max()),
        none=1 - is_digit,
        verdict="unsure" if digit is None else "digit",
        pixels=pixels,
        ink=ink,
    )
    return Symbol(label, ink.box, mask, likelihood, prediction)


def combine(probabilities: np.ndarray, outputs: np.ndarray, pool: Pool) -> np.ndarray:
    """Combine the predictions of the two networks for each symbol.

    Args:
        probabilities: float (n, SYMBOLS), of the layout network.
        outputs: float (n, 11), of the digit network.
        pool: the powers, and the factor.

    Returns:
        float (n, SYMBOLS); each row sums to 1.
    """
    digits, marks = probabilities[:, : len(DIGITS)], probabilities[:, len(DIGITS) : -1]
    none = outputs[:, 10:]
    single = np.concatenate([outputs[:, :10] * (1 - none), none], axis=1)
    layout = np.concatenate([digits, probabilities[:, -1:]], axis=1)
    logarithms = pool.layout * np.log(np.maximum(layout, MIN_PROBABILITY))
    logarithms += pool.digit * np.log(np.maximum(single, MIN_PROBABILITY))
    combined = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    combined[:, -1] *= pool.unknown
    # The digit network has not learned marks, so their probabilities stay.
    combined *= (1 - marks.sum(axis=1, keepdims=True)) / combined.sum(axis=1, keepdims=True)
    return np.concatenate([combined[:, :-1], marks, combined[:, -1:]], axis=1)


def spell(labels: list[str], boxes: np.ndarray) -> str:
    """Join the labels of a row, with a space where a gap is clearly wider than the others.

    Args:
        labels: from left to right.
        boxes: float (n, 4), as `Box`.
    """
    height = typical_height(boxes)
    # Gaps beside a narrow symbol, such as a 1, are measured as if it were wider.
    spare = np.maximum(0, 0.45 * height - (boxes[:, 2] - boxes[:, 0])) / 2
    gaps = (boxes[1:, 0] - spare[1:]) - (boxes[:-1, 2] + spare[:-1])
    text = labels[0]
    for index, label in enumerate(labels[1:]):
        others = np.delete(gaps, index)
        typical = max(0.0, float(np.median(others))) if len(others) else 0.5 * height
        if gaps[index] > max(0.7 * height, 2.2 * typical + 0.2 * height):
            text += " "
        text += label
    return text
