"""Synthetic drawings as inputs of the network."""

import numpy as np

from digits.normalize import normalize
from handwriting.non_digits import draw_non_digit
from handwriting.pen import NO_DIGIT, Strokes, draw_digit, place, render
from handwriting.processes import images


def training_image(label: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one input of the network.

    Args:
        label: 0-9, or NO_DIGIT.

    Returns:
        uint8 array (28, 28), normalized like any drawing.
    """
    return picture(draw_non_digit(rng) if label == NO_DIGIT else draw_digit(label, rng), rng)


def picture(strokes: Strokes, rng: np.random.Generator) -> np.ndarray:
    """Draw strokes with a pen of random width, as an input of the network.

    Args:
        strokes: arrays (points, 2), centred on 0 0, the longer side of their box 1, y down.

    Returns:
        uint8 array (28, 28), normalized like any drawing.
    """
    # `normalize` removes size and place; only the ratio of the pen's width to the size matters.
    side, size = 128, 80
    width = max(1.5, size * np.exp(rng.uniform(np.log(0.035), np.log(0.4))))
    drawn = render(place(strokes, size, (side / 2, side / 2)), width, side)
    return normalize(255 - drawn, source="canvas")


def training_images(labels: np.ndarray, seed: int) -> np.ndarray:
    """Draw a `training_image` of each label, on all processors, the same for the same seed.

    Args:
        labels: integers (n,), 0-9 or NO_DIGIT.
        seed: not negative.

    Returns:
        uint8 array (n, 28, 28).
    """
    return images(training_image, labels, seed)
