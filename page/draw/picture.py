"""Pictures of the canvas, as the browser sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # at run time Pillow is imported once the canvas is there to draw on
    from PIL import Image

from page.draw.strokes import HEIGHT, WIDTH

MAX_PIXELS = HEIGHT * WIDTH


def open_picture(png: bytes) -> Image.Image:
    """Open a picture of the canvas.

    Raises:
        ImageError: it is not a PNG file, is damaged or has more pixels than the canvas.
    """
    from digits.images import open_image

    return open_image(png, most_pixels=MAX_PIXELS, formats=("PNG",))
