"""Finds ink in pictures: in clean drawings (`canvas`) and in photographs (`paper`)."""

import numpy as np

from digits.ink import canvas, paper
from digits.ink.pixels import MIN_CONTRAST, to_array, to_colour, to_grey
from digits.types import AnyImage, FoundInk, Source


def find_ink(image: AnyImage, source: Source = "any") -> FoundInk | None:
    """Find the ink of a picture.

    Args:
        image: as in `digits.ink.pixels.to_grey`.
        source: "canvas" for a picture of a canvas: ink that is darker than a white background, or
            of any colour on a transparent one. "any" for anything else.

    Returns:
        None if nothing is drawn or written.

    Raises:
        TypeError, ValueError: not an image; see `to_grey`.
    """
    array = to_array(image)
    grey = to_grey(array)
    if source == "canvas":
        return canvas.find_ink(canvas.on_canvas(array, grey), canvas.WHITE)
    clean = canvas.find_clean_ink(grey)
    if clean is not None:
        return clean
    # A photograph, or ink that shows in colour only, or a pattern that may have ink on it.
    colour = to_colour(image)
    if np.ptp(grey) < MIN_CONTRAST and np.ptp(colour, axis=(0, 1)).max() < MIN_CONTRAST:
        return None
    return paper.find_ink(colour) or (canvas.find_ink(grey) if canvas.is_filled(grey) else None)
