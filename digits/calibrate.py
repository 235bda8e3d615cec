"""How sure is sure: a temperature for the certainty, and limits for "I'm not sure"."""

from typing import Any

import numpy as np

NO_LIMIT = {"temperature": 1.0, "thresholds": {"none": 1.0, "confidence": 0.0}}


def calibrate(
    digit_outputs: np.ndarray, labels: np.ndarray, most_unsure: float = 0.01
) -> dict[str, Any]:
    """Chooses the temperature and the limits on digits that the network has not learned from.

    The temperature makes the likelihood of the true digits largest (Guo et al. 2017,
    https://arxiv.org/abs/1706.04599). The limits are the strictest that call no more digits
    "unsure" than asked for, half of them because the network sees "none of these", half because
    no digit stands out.

    Args:
        digit_outputs: float (n, 11), the network's probabilities for real digits.
        labels: integers (n,), 0-9.
        most_unsure: the share of real digits that may be called "unsure".

    Returns:
        {"temperature": float, "thresholds": {"none": float, "confidence": float}}, as in card.json.
    """
    temperatures = np.geomspace(0.4, 2.5, 200)
    losses = [_loss(cool(digit_outputs, t)[0], labels) for t in temperatures]
    temperature = float(temperatures[int(np.argmin(losses))])
    probabilities, none = cool(digit_outputs, temperature)
    return {
        "temperature": temperature,
        "thresholds": {
            "none": float(np.quantile(none, 1 - most_unsure / 2)),
            "confidence": float(np.quantile(probabilities.max(axis=1), most_unsure / 2)),
        },
    }


def cool(outputs: np.ndarray, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Applies the temperature to the network's probabilities (n, 10) or (n, 11).

    Returns:
        The probabilities of the ten digits, float32 (n, 10), rows summing to 1, and that of
        "none of these", float (n,), 0 where the network has no such output.
    """
    cooled = np.maximum(outputs.astype(np.float64), 1e-30) ** (1 / temperature)
    digits = cooled[:, :10].sum(axis=1, keepdims=True)
    none = 1 - digits[:, 0] / cooled.sum(axis=1)
    return (cooled[:, :10] / digits).astype(np.float32), none


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Naeini et al. 2015): how far certainty is from being right.

    Args:
        confidence: (n,), 0-1.
        right: bool (n,).
        bins: of equal width.

    Returns:
        The mean over all drawings of |accuracy - mean confidence| in each one's bin, 0-1.
    """
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(which, weights=right - confidence.astype(np.float64), minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def _loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return -float(np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-30)).mean())
