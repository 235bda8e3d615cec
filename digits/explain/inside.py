"""What the filters of the first layer find in a drawing."""

import numpy as np


def slide(kernel: np.ndarray, bias: float, pixels: np.ndarray) -> np.ndarray:
    """What one filter of the first layer finds where, as the window slides over a drawing.

    Args:
        kernel: float (height, width), odd sides; from `card.json`'s filters.
        bias: added everywhere.
        pixels: uint8 (28, 28), what the network was shown.

    Returns:
        float32 (28, 28), 0 and above. The maxima over 2×2 are the network's own feature map.
    """
    height, width = kernel.shape
    padded = np.pad(pixels.astype(np.float32) / 255, ((height // 2,) * 2, (width // 2,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    found = np.einsum("yxij,ij->yx", windows, kernel.astype(np.float32)) + np.float32(bias)
    return np.maximum(found, 0)
