"""Opens image files that anybody may have sent: a few formats, nothing that hurts."""

import base64
import io
import warnings

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # no other decoder is reached
MOST_PIXELS = 40_000_000
ENOUGH = 1024  # pixels: a longer side than this says nothing more about 28 × 28


class ImageError(ValueError):
    """Not an image that can be read. The message says what was wrong, and what to do."""


class ImageTooLarge(ImageError):
    """More pixels than are allowed."""


def open_image(data: bytes, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """Decodes one image file, the right way up; of an animation its first frame.

    Args:
        data: the file's bytes: PNG, JPEG, WebP, GIF or BMP, whatever it is called.
        most_pixels: width × height beyond this is refused; read from the header, before decoding.

    Returns:
        The image, its longer side at most `ENOUGH` pixels.

    Raises:
        ImageTooLarge: it has more than `most_pixels`.
        ImageError: it is no image of these formats, or damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes and oddities that are dealt with here
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            width, height = image.size
            if width * height > most_pixels:
                raise ImageTooLarge(
                    f"This image has {width} × {height} pixels; at most {most_pixels:,} are read. "
                    "Send it smaller: a few hundred pixels a side are plenty."
                )
            image.draft(None, (ENOUGH, ENOUGH))  # a large JPEG is decoded at a fraction of its size
            image.load()
            image = ImageOps.exif_transpose(image)
            if max(image.size) > ENOUGH:
                image = image.reduce(-(-max(image.size) // ENOUGH))
    except ImageError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own, far larger, limit
        raise ImageTooLarge("This image has too many pixels. Send it smaller.") from error
    except Exception as error:  # decoders raise all kinds of errors on what is damaged
        raise ImageError(
            "This is not an image that can be read, or it is damaged. Send a PNG, JPEG, WebP, GIF "
            "or BMP file."
        ) from error
    return image


def data_url(pixels: np.ndarray) -> str:
    """A picture, uint8 (height, width) or (height, width, 3), as a PNG in a data URL (RFC 2397)."""
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    return png_url(png.getvalue())


def png_url(png: bytes) -> str:
    """A PNG file's bytes as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
