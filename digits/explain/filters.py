"""The responses of the first layer's filters to a drawing."""

import numpy as np


def filter_response(kernel: np.ndarray, bias: float, pixels: np.ndarray) -> np.ndarray:
    """Compute the response of a first-layer filter at each pixel.

    Args:
        kernel: float (height, width), odd sides; from `card.json`'s filters.
        bias: added everywhere.
        pixels: uint8 (28, 28), the network's input.

    Returns:
        float32 (28, 28), 0 and above. The maxima over 2×2 are the network's own feature map.
    """
    height, width = kernel.shape
    padded = np.pad(pixels.astype(np.float32) / 255, ((height // 2,) * 2, (width // 2,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    response = np.einsum("yxij,ij->yx", windows, kernel.astype(np.float32)) + np.float32(bias)
    return np.maximum(response, 0)
