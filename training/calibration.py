"""Fits the temperature and the thresholds for "unsure", and measures calibration."""

from typing import Any

import numpy as np

from digits.calibration import apply_temperature

# The part of the unsure digits that are so because "none of these" is too likely. A third leaves
# fewer digits unsure than a half, for as many wrong ones.
NONE_PART = 1 / 3
NO_LIMIT = {"temperature": 1.0, "thresholds": {"none": 1.0, "confidence": 0.0}}


def calibrate(
    digit_outputs: np.ndarray,
    labels: np.ndarray,
    most_unsure: float = 0.01,
    judged: slice = slice(None),
) -> dict[str, Any]:
    """Fits the temperature and the thresholds on held-out digits.

    The temperature minimizes the negative log-likelihood of the labels (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599). The thresholds are the strictest that reject at most the
    given share of real digits: a part of them because "none of these" is too likely, the rest
    because no digit is likely enough.

    Args:
        digit_outputs: float (n, 11), the network's probabilities for real digits.
        labels: integers (n,), 0-9.
        most_unsure: the share of real digits that may be called "unsure", 0-1.
        judged: the digits of which this is the share; the temperature is fitted on all.

    Returns:
        {"temperature": float, "thresholds": {"none": float, "confidence": float}}, as in card.json.
    """
    temperatures = np.geomspace(0.4, 2.5, 200)
    losses = [_loss(apply_temperature(digit_outputs, t)[0], labels) for t in temperatures]
    temperature = float(temperatures[int(np.argmin(losses))])
    probabilities, none = apply_temperature(digit_outputs, temperature)
    return {
        "temperature": temperature,
        "thresholds": {
            "none": float(np.quantile(none[judged], 1 - most_unsure * NONE_PART)),
            "confidence": float(
                np.quantile(probabilities.max(axis=1)[judged], most_unsure * (1 - NONE_PART))
            ),
        },
    }


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
