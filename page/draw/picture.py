"""Pictures of the canvas, as the browser sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time Pillow is imported once the canvas is there to draw on
    from PIL import Image

HEIGHT, RATIO = 800, 2.2  # of the canvas: pixels, and its width to its height; see canvas.css
MAX_PIXELS = round(HEIGHT * HEIGHT * RATIO)


def open_picture(png: bytes) -> Image.Image:
    """Open a picture of the canvas.

    Raises:
        ImageError: it is not a PNG file, is damaged or has more pixels than the canvas.
    """
    from digits.images import open_image

    return open_image(png, most_pixels=MAX_PIXELS, formats=("PNG",))
