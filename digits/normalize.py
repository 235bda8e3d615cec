"""Converts ink of any size, position and pen to 28×28 pixels, the way MNIST was made.

"The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
pixel box while preserving their aspect ratio. The resulting images contain grey levels as a result
of the anti-aliasing technique used by the normalization algorithm. The images were centered in a
28x28 image by computing the center of mass of the pixels, and translating the image so as to
position this point at the center of the 28x28 field."
    Y. LeCun, C. Cortes, C. J. C. Burges, http://yann.lecun.com/exdb/mnist/
"""

from math import ceil, floor
from typing import NamedTuple

import numpy as np
from PIL import Image

from digits.ink import find_ink
from digits.types import AnyImage, Source

SIDE = 28  # of the network's input, in pixels
BOX = 20  # the longer side of the digit in it
CENTRE = 14.5  # of the digit's centre of mass, from the left and from the top
MAX_SIDE = 4096  # pixels: larger ink is shrunk first
BLANK = np.zeros((SIDE, SIDE), np.uint8)


def normalize(image: AnyImage, source: Source = "any") -> np.ndarray:
    """Convert a drawing or photograph of one digit to MNIST's form.

    Args:
        image, source: as in `digits.ink.find_ink`. Ink may be lighter or darker than the
            background.

    Returns:
        uint8 (28, 28), ink light (up to 255) on 0; all zeros if nothing is drawn.

    Raises:
        TypeError, ValueError: not an image; see `digits.ink.pixels.to_grey`.
    """
    found = find_ink(image, source)
    return BLANK if found is None else centre(found.digit.pixels)


class Field(NamedTuple):
    """The position of the 28×28 pixels over the ink, in pixels of the ink."""

    left: float
    top: float
    scale: float  # pixels of the ink per pixel of the 28×28


def field(ink: np.ndarray) -> Field:
    """Return the field in which ink, float32 (height, width), fills BOX, centred at CENTRE."""
    height, width = ink.shape
    scale = max(height, width) / BOX
    rows, columns = ink.sum(axis=1), ink.sum(axis=0)
    mass = rows.sum()
    middle_y = (rows @ np.arange(height)) / mass + 0.5
    middle_x = (columns @ np.arange(width)) / mass + 0.5
    if scale == 1:  # MNIST itself: moving by whole pixels keeps every grey level
        middle_y, middle_x = np.floor(middle_y) + 0.5, np.floor(middle_x) + 0.5
    return Field(middle_x - CENTRE * scale, middle_y - CENTRE * scale, scale)


def centre(ink: np.ndarray) -> np.ndarray:
    """Resample ink, float32 (height, width) in 0-1 and tightly cropped, to uint8 (28, 28).

    Ink is scaled and moved in a single resampling, so the result does not depend on where the digit
    lies between the pixels of the drawing.
    """
    if max(ink.shape) > MAX_SIDE:
        ink = np.asarray(Image.fromarray(ink).reduce(-(-max(ink.shape) // MAX_SIDE)))
    height, width = ink.shape
    left, top, scale = field(ink)
    # Resample only the part of the field that ink reaches: half of it, or less.
    first_x, end_x = _reached(left, width, scale)
    first_y, end_y = _reached(top, height, scale)
    pad = ceil(2 * max(scale, 1))  # the reach of the resampling beyond the ink
    padded = Image.fromarray(ink).crop((-pad, -pad, width + pad, height + pad))
    reached = padded.resize(
        (end_x - first_x, end_y - first_y),
        Image.Resampling.BILINEAR,
        box=(
            pad + left + first_x * scale, pad + top + first_y * scale,
            pad + left + end_x * scale, pad + top + end_y * scale,
        ),
    )  # fmt: skip
    small = np.asarray(reached)
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    # The strongest ink becomes 255: a hair-thin pen on a large drawing would end up faint.
    pixels[first_y:end_y, first_x:end_x] = np.rint(small * (255 / small.max()))
    return pixels


def shrink(ink: np.ndarray) -> np.ndarray:
    """Scale ink, float32 (height, width) in 0-1, to a longer side of BOX, for display: uint8."""
    scale = BOX / max(ink.shape)
    size = [max(1, round(side * scale)) for side in reversed(ink.shape)]
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    return np.rint(small * (255 / max(small.max(), 1e-9))).astype(np.uint8)


def _reached(start: float, length: int, scale: float) -> tuple[int, int]:
    """Return the range of pixels, from `start` on, that ink from 0 to `length` contributes to."""
    reach = max(scale, 1)  # of bilinear resampling, from a target pixel's centre
    first = floor((-start - reach) / scale + 0.5)
    end = ceil((length - start + reach) / scale - 0.5)
    return max(0, first), min(SIDE, end)
