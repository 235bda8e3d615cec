"""Synthetic drawings as the network sees them."""

import numpy as np

from digits.normalize import SIDE, normalize
from handwriting.non_digits import draw_non_digit
from handwriting.pen import NO_DIGIT, Strokes, draw_digit, place, render
from handwriting.processes import in_processes


def training_image(label: int, rng: np.random.Generator) -> np.ndarray:
    """One drawing as the network sees it.

    Args:
        label: 0-9, or NO_DIGIT.
        rng: the source of chance.

    Returns:
        uint8 array (28, 28), normalised like any drawing.
    """
    return picture(draw_non_digit(rng) if label == NO_DIGIT else draw_digit(label, rng), rng)


def picture(strokes: Strokes, rng: np.random.Generator) -> np.ndarray:
    """Strokes as the network sees them, drawn with a pen of any width.

    Args:
        strokes: arrays (points, 2), centred on 0 0, the longer side of their box 1, y down.
        rng: the source of chance.

    Returns:
        uint8 array (28, 28), normalised like any drawing.
    """
    # Size and place do not matter to the normaliser; how wide the pen is for the size does.
    side, size = 128, 80
    width = max(1.5, size * np.exp(rng.uniform(np.log(0.035), np.log(0.4))))
    drawn = render(place(strokes, size, (side / 2, side / 2)), width, side)
    return normalize(255 - drawn, source="canvas")


def training_images(labels: np.ndarray, seed: int) -> np.ndarray:
    """Draws one image for each label, on all processors, the same for the same seed.

    Args:
        labels: integers (n,), 0-9 or NO_DIGIT.
        seed: not negative.

    Returns:
        uint8 array (n, 28, 28).
    """
    if len(labels) == 0:
        return np.zeros((0, SIDE, SIDE), np.uint8)
    with in_processes(_draw_part, labels, seed) as drawn:
        return np.concatenate(drawn())


def _draw_part(labels: np.ndarray, seed: np.random.SeedSequence) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([training_image(int(label), rng) for label in labels])
