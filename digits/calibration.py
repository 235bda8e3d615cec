"""Temperature scaling of the network's probabilities; `training.calibration` fits it."""

import numpy as np


def apply_temperature(outputs: np.ndarray, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Apply temperature scaling (Guo et al. 2017, https://arxiv.org/abs/1706.04599).

    Args:
        outputs: float (n, 10) or (n, 11), the network's probabilities, rows summing to 1.
        temperature: above 0; above 1 softens the probabilities, below 1 sharpens them.

    Returns:
        The probabilities of the ten digits, float32 (n, 10), rows summing to 1; and the probability
        of "none of these", float64 (n,) in 0-1, which is 0 if there is no rejection class.
    """
    scaled = np.maximum(outputs.astype(np.float64), 1e-30) ** (1 / temperature)
    digits, none = scaled[:, :10].sum(axis=1), scaled[:, 10:].sum(axis=1)
    return (scaled[:, :10] / digits[:, None]).astype(np.float32), none / (digits + none)
