"""Any image as uint8 arrays: grey, or colour."""

import numpy as np
from PIL import Image

from digits.types import AnyImage, Box

MAX_UNIT = 2  # floats without a lighter shade are in 0-1, not in 0-255
MIN_CONTRAST = 24  # of 255: less is not ink
FLAT = 2  # of 255: a flat background differs by no more
MIN_EDGE_SHARE = 0.95  # of the pixels beside the transparent area: a page has one shade there
OPAQUE = np.array([0, 0, 0, 255], np.uint8).view(np.uint32)[0]  # the alpha bits of an RGBA pixel


def to_grey(image: AnyImage) -> np.ndarray:
    """Convert an image to luminance; transparent pixels become background.

    Args:
        image: uint8 array of shape (height, width) in grey, (height, width, 3) in RGB or
            (height, width, 4) in RGBA, or a PIL image of any mode.

    Returns:
        uint8 (height, width).

    Raises:
        TypeError: not an array of uint8 and not a PIL image.
        ValueError: an array of another shape, or an image without pixels.
    """
    array = to_array(image)
    if array.ndim == 2:
        return array
    grey = _bytes_of(Image.fromarray(array).convert("L"))
    if array.shape[2] == 3 or is_opaque(array):
        return grey
    alpha = array[..., 3].astype(np.float32) / 255
    background = _page_shade(grey, array[..., 3])
    if background is None:  # strokes only: put them on white or black
        background = 0 if (grey * alpha).sum() >= 127.5 * alpha.sum() else 255
    return _as_bytes(grey * alpha + background * (1 - alpha))


def to_colour(image: AnyImage) -> np.ndarray:
    """Convert an image to RGB, uint8 (height, width, 3); raise what `to_grey` does."""
    array = to_array(image)
    if array.ndim == 3 and (array.shape[2] == 3 or is_opaque(array)):
        return array[..., :3]
    if isinstance(image, Image.Image) and not is_deep(image) and array.ndim == 2:
        return np.asarray(image.convert("RGB"))
    return np.repeat(to_grey(array)[..., None], 3, axis=2)  # or partly transparent


def to_array(image: AnyImage) -> np.ndarray:
    """Convert an image to uint8: grey, or RGB, or RGBA; raise what `to_grey` does.

    A PIL image becomes grey, or RGBA if parts of it may be transparent.
    """
    if isinstance(image, Image.Image):
        image = _from_pillow(image)
    if not isinstance(image, np.ndarray):
        kind = type(image).__name__
        raise TypeError(f"A picture must be a uint8 array or a PIL image, but this is a {kind}.")
    if image.dtype != np.uint8:
        hint = ""
        if np.issubdtype(image.dtype, np.floating):
            hint = " Convert 0-1 with `(255 * array).round().astype(np.uint8)`."
        raise TypeError(f"A picture must be a uint8 array, but this one is {image.dtype}.{hint}")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)):
        raise ValueError(
            "A picture must have the shape (height, width), (height, width, 3) or "
            f"(height, width, 4), but this one has {image.shape}."
        )
    if image.size == 0:
        raise ValueError(f"A picture needs at least one pixel, but this one has {image.shape}.")
    return np.ascontiguousarray(image)


def is_opaque(array: np.ndarray) -> bool:
    """Whether no pixel of uint8 (height, width, 4) is transparent."""
    common = np.bitwise_and.reduce(array.view(np.uint32), axis=None)
    return bool((common & OPAQUE) == OPAQUE)


def box_of(mask: np.ndarray) -> Box:
    """Return the smallest box around a bool mask with at least one True."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def median_of(values: np.ndarray) -> int:
    """Return the upper median of integers; for few, four times as fast as `np.median`."""
    middle = len(values) // 2
    return int(np.partition(values, middle)[middle])


def _page_shade(grey: np.ndarray, alpha: np.ndarray) -> int | None:
    """Return the background of an opaque page in a picture with transparent parts.

    Args:
        grey, alpha: uint8 (height, width).

    Returns:
        The shade that all opaque pixels next to transparent ones share; None if there is no such
        shade, or if the opaque pixels are strokes rather than a page.
    """
    opaque = alpha == 255
    if not opaque.any():
        return None
    left, top, right, bottom = box_of(opaque)
    shades = grey[opaque]
    if 2 * len(shades) < (right - left) * (bottom - top) or np.ptp(shades) < MIN_CONTRAST:
        return None
    clear = np.pad(~opaque, 1)
    beside = clear[:-2, 1:-1] | clear[2:, 1:-1] | clear[1:-1, :-2] | clear[1:-1, 2:]
    edge = grey[opaque & beside].astype(np.int16)
    shade = median_of(edge)
    return shade if (np.abs(edge - shade) <= FLAT).mean() > MIN_EDGE_SHARE else None


def _from_pillow(image: Image.Image) -> np.ndarray:
    if 0 in image.size:
        return np.zeros((image.height, image.width), np.uint8)
    if is_deep(image):
        return _deep_as_bytes(np.asarray(image, np.float64), floats=image.mode == "F")
    if image.mode == "LAB":  # Pillow only converts it with a colour profile
        return np.asarray(image.getchannel("L"))
    if image.has_transparency_data:
        if image.mode == "La":  # Pillow only converts it to this mode
            image = image.convert("LA")
        return _bytes_of(image if image.mode == "RGBA" else image.convert("RGBA"))
    return _bytes_of(image if image.mode == "L" else image.convert("L"))


def is_deep(image: Image.Image) -> bool:
    """Whether an image has 16 or 32 bits per pixel."""
    return image.mode.startswith("I") or image.mode == "F"


def _bytes_of(image: Image.Image) -> np.ndarray:
    """Convert an image of mode L or RGBA to an array, with one copy fewer than `np.asarray`."""
    shape = (image.height, image.width, 4)[: 3 if image.mode == "RGBA" else 2]
    return np.frombuffer(image.tobytes(), np.uint8).reshape(shape)


def _deep_as_bytes(shades: np.ndarray, floats: bool) -> np.ndarray:
    """Convert shades of 16 or 32 bits to bytes; NaN becomes black.

    Shades in 0-255 stay as they are. Larger ones are scaled so that the lightest becomes 255, and
    so are floats in 0-1, which would otherwise become black.
    """
    shades = np.nan_to_num(shades, posinf=0, neginf=0)
    shades = shades - min(0, shades.min())
    lightest = shades.max()
    most = 1 if floats and lightest <= MAX_UNIT else 255
    return _as_bytes(shades * (255 / max(most, lightest)))


def _as_bytes(shades: np.ndarray) -> np.ndarray:
    return np.rint(shades).clip(0, 255).astype(np.uint8)
