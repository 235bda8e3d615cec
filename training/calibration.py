"""Fits the temperature and the thresholds for "unsure", and measures calibration."""

import numpy as np

from digits.calibration import apply_temperature
from digits.card import Thresholds

# The cost of a wrong digit, in unsure ones. A visitor who reads "not sure" draws again; a wrong
# digit, stated as certain, costs the demonstration its credibility.
COST = 10
# The share of drawings that are not digits: visitors try letters and scribbles, too. Stating a
# digit for such a drawing counts as a wrong digit.
NON_DIGITS = 0.03
STEPS = 200  # candidates for the threshold for "none of these"
BINS = 15  # of confidences: see `calibration_error`
MIN_LIKELIHOOD = 1e-9  # instead of 0, whose logarithm is not finite


def fit_temperature(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Fit the temperature on held-out digits.

    It minimizes the negative log-likelihood of the labels (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599).

    Args:
        outputs: float (n, 11), the network's probabilities for digits.
        labels: integers (n,), 0-9.
    """
    temperatures = np.geomspace(0.4, 2.5, 200)
    losses = [log_loss(apply_temperature(outputs, t)[0], labels) for t in temperatures]
    return float(temperatures[int(np.argmin(losses))])


def fit_thresholds(
    outputs: np.ndarray,
    labels: np.ndarray,
    outputs_none: np.ndarray,
    temperature: float,
    cost: float = COST,
    non_digits: float = NON_DIGITS,
) -> Thresholds:
    """Fit the thresholds that minimize the expected cost of a drawing.

    That is 1 for a digit that is "unsure", and `cost` for a digit that is stated wrong or for
    anything else that is stated to be a digit. For a calibrated confidence the best threshold
    follows from the cost alone: 1 - 1/cost (Chow 1970, https://doi.org/10.1109/TIT.1970.1054406).
    Too few held-out digits are stated wrong for fitting it. The threshold for "none of these" is
    fitted on held-out drawings.

    Args:
        outputs: float (n, 11), the network's probabilities for digits whose labels are right.
        labels: integers (n,), 0-9.
        outputs_none: float (m > 0, 11), its probabilities for drawings that are not digits.
        temperature: of `fit_temperature`.
        cost: of a wrong digit, in unsure digits; above 1.
        non_digits: the expected share of drawings that are not digits, 0-1.
    """
    min_confidence = 1 - 1 / cost
    probabilities, none = apply_temperature(outputs, temperature)
    likely = probabilities.max(axis=1) >= min_confidence
    wrong = probabilities.argmax(axis=1) != labels
    others, none_of_others = apply_temperature(outputs_none, temperature)
    likely_others = others.max(axis=1) >= min_confidence

    def expected_cost(max_none: float) -> float:
        stated = likely & (none <= max_none)
        mistaken = likely_others & (none_of_others <= max_none)
        return float(
            (1 - non_digits) * np.where(stated, cost * wrong, 1).mean()
            + non_digits * cost * mistaken.mean()
        )

    # Nearly all probabilities are close to 0 or 1, so the values are dense there.
    values = 1 / (1 + np.exp(-np.linspace(-5, 5, STEPS)))
    best = min(values.tolist(), key=expected_cost)
    return Thresholds(none=best, confidence=min_confidence, cost=float(cost))


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error (Naeini et al. 2015, https://doi.org/10.1609/aaai.v29i1.9602).

    Args:
        confidence: float (n,), 0-1.
        right: bool (n,).

    Returns:
        The mean of |accuracy - mean confidence| over BINS bins of equal width, weighted by their
        drawings, 0-1.
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=right - confidence.astype(np.float64), minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean negative log-likelihood of the labels.

    Args:
        probabilities: float (n, classes), rows summing to 1.
        labels: integers (n,).
    """
    likelihoods = probabilities[np.arange(len(labels)), labels]
    return -float(np.log(np.maximum(likelihoods, MIN_LIKELIHOOD)).mean())
