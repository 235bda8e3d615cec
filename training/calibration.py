"""Fits the temperature and the thresholds for "unsure", and measures calibration."""

import numpy as np

from digits.calibration import apply_temperature
from digits.card import Thresholds

# A wrong digit counts as much as so many unsure ones. A visitor who reads "not sure" draws again
# and is content; a wrong digit, stated as certain, costs the demonstration its credibility.
COST = 10
# The share of drawings that are not digits, as visitors try letters and scribbles too. To state a
# digit for one of them counts like a wrong digit.
NON_DIGITS = 0.1
STEPS = 80  # values tried of each threshold


def fit_temperature(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Fits the temperature on held-out digits.

    It minimizes the negative log-likelihood of the labels (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599).

    Args:
        outputs: float (n, 11), the network's probabilities for digits.
        labels: integers (n,), 0-9.
    """
    temperatures = np.geomspace(0.4, 2.5, 200)
    losses = [_loss(apply_temperature(outputs, t)[0], labels) for t in temperatures]
    return float(temperatures[int(np.argmin(losses))])


def fit_thresholds(
    outputs: np.ndarray,
    labels: np.ndarray,
    outputs_none: np.ndarray,
    temperature: float,
    cost: float = COST,
    non_digits: float = NON_DIGITS,
) -> Thresholds:
    """Fits the thresholds on held-out drawings: those with the lowest expected cost.

    The cost of a drawing is 1 for a digit that is "unsure", `cost` for a digit that is stated
    wrong, and `cost` for anything else that is stated to be a digit.

    Args:
        outputs: float (n, 11), the network's probabilities for digits whose labels are right.
        labels: integers (n,), 0-9.
        outputs_none: float (m, 11), its probabilities for drawings that are not digits.
        temperature: of `fit_temperature`.
        cost: of a wrong digit, in unsure digits.
        non_digits: the expected share of drawings that are not digits, 0-1.
    """
    probabilities, none = apply_temperature(outputs, temperature)
    confidence = probabilities.max(axis=1)
    wrong = probabilities.argmax(axis=1) != labels
    others, none_of_others = apply_temperature(outputs_none, temperature)
    confidence_of_others = others.max(axis=1)
    # Both lie close to 1 or 0 for nearly all digits: try values that are dense there.
    values = 1 / (1 + np.exp(-np.linspace(-5, 5, STEPS)))
    best, lowest = Thresholds(), np.inf
    for max_none in values:
        for min_confidence in values:
            stated = (none <= max_none) & (confidence >= min_confidence)
            mistaken = (none_of_others <= max_none) & (confidence_of_others >= min_confidence)
            expected = float((1 - non_digits) * np.where(stated, cost * wrong, 1).mean())
            if len(mistaken):
                expected += float(non_digits * cost * mistaken.mean())
            if expected < lowest:
                lowest = expected
                best = Thresholds(float(max_none), float(min_confidence), float(cost))
    return best


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Naeini et al. 2015, https://doi.org/10.1609/aaai.v29i1.9602).

    Args:
        confidence: float (n,), 0-1.
        right: bool (n,).
        bins: their number, all of equal width.

    Returns:
        The mean over all drawings of |accuracy - mean confidence| of the bin each is in, 0-1.
    """
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(which, weights=right - confidence.astype(np.float64), minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def _loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return -float(np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-30)).mean())
