"""The responses of the first layer's filters to a drawing."""

import cv2
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
    image = pixels.astype(np.float32) / 255
    response = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.maximum(response + np.float32(bias), 0)
