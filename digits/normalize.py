"""From a drawing of any size, place, pen and colour to 28×28, the way MNIST was made.

"The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
pixel box while preserving their aspect ratio. The resulting images contain grey levels as a result
of the anti-aliasing technique used by the normalization algorithm. The images were centered in a
28x28 image by computing the center of mass of the pixels, and translating the image so as to
position this point at the center of the 28x28 field."
    Y. LeCun, C. Cortes, C. J. C. Burges, http://yann.lecun.com/exdb/mnist/
"""

from collections.abc import Iterator
from math import ceil, floor

import numpy as np
from PIL import Image

SIDE = 28  # the image that the network is shown
BOX = 20  # the longer side of the digit in it
CENTRE = 14.5  # where its centre of mass goes, from the left and from the top
FAINTEST_INK = 24  # of 255: less contrast than this is a blank sheet, not ink
FAINT = 0.02  # of the strongest ink: fainter pixels are ground
DUST = 0.015  # of all ink: a lone piece with less is left out
STRAY = 0.10  # of all ink: a lone piece with less is left out when it lies far from the rest
STRAY_DISTANCE = 0.25  # of the drawing's longer side: that is far
CELLS = 48  # pieces are told apart on a grid this fine: quick, and a hair's gap is no gap


def normalize(image: np.ndarray | Image.Image) -> np.ndarray:
    """Brings one drawing or photo of a digit into MNIST's form.

    Args:
        image: uint8 array of shape (height, width) in grey, (height, width, 3) in RGB or
            (height, width, 4) in RGBA, or a PIL image of any mode. Light ink on a dark ground or
            dark ink on a light one.

    Returns:
        uint8 array of shape (28, 28), ink light (up to 255) on 0. All zeros when nothing is drawn.

    Raises:
        TypeError: not an array of uint8 and not a PIL image.
        ValueError: an array of another shape, or an image without pixels.
    """
    ink = find_ink(to_grey(image))
    if ink is None:
        return np.zeros((SIDE, SIDE), np.uint8)
    return centre(ink)


def to_grey(image: np.ndarray | Image.Image) -> np.ndarray:
    """Luminance as uint8 of shape (height, width); transparent pixels become ground."""
    if isinstance(image, Image.Image):
        if image.mode.startswith("I") or image.mode == "F":  # 16 and 32 bits a pixel
            deep = np.asarray(image, np.float32)
            return _as_bytes(deep * (255 / max(255, deep.max(initial=0))))
        image = np.asarray(image.convert("RGBA" if image.has_transparency_data else "L"))
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, "dtype", type(image).__name__)
        raise TypeError(f"A drawing must be a uint8 array or a PIL image, but this is {kind}.")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)):
        raise ValueError(
            "A drawing must have the shape (height, width), (height, width, 3) or "
            f"(height, width, 4), but this one has {image.shape}."
        )
    if image.size == 0:
        raise ValueError(f"A drawing needs at least one pixel, but this one has {image.shape}.")
    if image.ndim == 2:
        return image
    grey = np.asarray(Image.fromarray(image).convert("L"))
    if image.shape[2] == 3 or image[..., 3].min() == 255:
        return grey
    # Drawn on a transparent sheet: lay it on the ground that its ink stands out from.
    alpha = image[..., 3].astype(np.float32) / 255
    ink_is_light = (grey * alpha).sum() >= 127.5 * alpha.sum()
    return _as_bytes(grey * alpha + (0 if ink_is_light else 255) * (1 - alpha))


def find_ink(grey: np.ndarray) -> np.ndarray | None:
    """Tells ink from ground: float32 (height, width), 0 ground to 1 strongest ink; None if blank.

    The ground is what the edge of the picture shows most; ink is what differs from it, on the side
    (lighter or darker) that differs more in all. Stray specks and smears are taken away.
    """
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ground = _median(edge)
    darkest, lightest = int(grey.min()), int(grey.max())
    # Dark ink? On a clean sheet its shades say so; else the mean, which takes ten times as long.
    if lightest == ground or (darkest < ground and grey.mean() < ground):
        grey, edge, ground, lightest = 255 - grey, 255 - edge, 255 - ground, 255 - darkest
    strongest = lightest - ground
    if strongest < FAINTEST_INK:
        return None
    # On a flat ground every shade of ink counts; on a photo only what rises above its grain.
    grain = _median(np.abs(edge.astype(np.int16) - ground))
    faintest = ground + min(FAINT * strongest + 4 * grain, strongest / 2)
    # Only what is cropped becomes floats: the whole sheet is several times larger.
    ink = _crop(grey, grey > int(faintest))
    return _without_strays((np.maximum(ink, ground) - np.float32(ground)) / strongest)


def centre(ink: np.ndarray) -> np.ndarray:
    """Scales ink (float32, tight crop, 0-1) to BOX and puts its centre of mass at the centre.

    One resampling does both, so that a digit drawn half a pixel further lands on the same spot.
    """
    height, width = ink.shape
    scale = max(height, width) / BOX  # source pixels a target pixel
    rows, columns = ink.sum(axis=1), ink.sum(axis=0)
    mass = rows.sum()
    middle_y = (rows @ np.arange(height)) / mass + 0.5
    middle_x = (columns @ np.arange(width)) / mass + 0.5
    if scale == 1:  # as in MNIST itself: moved by whole pixels, every grey level stays
        middle_y, middle_x = np.floor(middle_y) + 0.5, np.floor(middle_x) + 0.5
    # MNIST's digits have their centre of mass at the middle of pixel 14, counted from 0.
    left, top = middle_x - CENTRE * scale, middle_y - CENTRE * scale
    # Only where ink arrives is there anything to resample: half of the field, or less.
    first_x, end_x = _reached(left, width, scale)
    first_y, end_y = _reached(top, height, scale)
    pad = ceil(2 * max(scale, 1))  # as far as the resampling looks beyond the ink
    sheet = Image.fromarray(ink).crop((-pad, -pad, width + pad, height + pad))
    small = np.zeros((SIDE, SIDE), np.float32)
    small[first_y:end_y, first_x:end_x] = sheet.resize(
        (end_x - first_x, end_y - first_y),
        Image.Resampling.BILINEAR,
        box=(
            pad + left + first_x * scale, pad + top + first_y * scale,
            pad + left + end_x * scale, pad + top + end_y * scale,
        ),
    )  # fmt: skip
    # A hair-thin pen on a large drawing ends as faint as it is thin: bring the ink back up.
    return _as_bytes(small * (255 / small.max()))


def _reached(start: float, length: int, scale: float) -> tuple[int, int]:
    """The target pixels, counted from `start`, on which ink on 0 to `length` has an effect."""
    reach = max(scale, 1)  # of bilinear resampling, from a target pixel's middle
    first = floor((-start - reach) / scale + 0.5)
    end = ceil((length - start + reach) / scale - 0.5)
    return max(0, first), min(SIDE, end)


def _crop(ink: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The smallest rectangle that holds all of the mask, with nothing but ink under the mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return ink[box] * mask[box]


def _median(values: np.ndarray) -> int:
    """The upper median of integers: four times as quick as NumPy's for so few."""
    middle = len(values) // 2
    return int(np.partition(values, middle)[middle])


def _as_bytes(shades: np.ndarray) -> np.ndarray:
    return np.rint(shades).clip(0, 255).astype(np.uint8)


def _without_strays(ink: np.ndarray) -> np.ndarray:
    """Removes dust anywhere, and small pieces that lie far from the rest; crops what is left."""
    cell = -(-max(ink.shape) // CELLS)
    mass = np.asarray(Image.fromarray(ink).reduce(cell))  # the mean ink of each cell
    pieces = list(_pieces(mass > 0))
    if len(pieces) == 1:
        return ink
    weights = [mass[piece].sum() for piece in pieces]
    main = pieces[int(np.argmax(weights))]
    main_rows, main_columns = np.nonzero(main)
    far = STRAY_DISTANCE * max(np.ptp(main_rows) + 1, np.ptp(main_columns) + 1)
    keep = np.zeros_like(main)
    for piece, weight in zip(pieces, weights, strict=True):
        rows, columns = np.nonzero(piece)
        gap = max(
            rows.min() - main_rows.max(),
            main_rows.min() - rows.max(),
            columns.min() - main_columns.max(),
            main_columns.min() - columns.max(),
        )
        if weight > (STRAY if gap > far else DUST) * mass.sum():
            keep |= piece
    kept = np.repeat(np.repeat(keep, cell, axis=0), cell, axis=1)
    return _crop(ink, kept[: ink.shape[0], : ink.shape[1]] & (ink > 0))


def _pieces(mask: np.ndarray) -> Iterator[np.ndarray]:
    """Splits a bool grid into its 8-connected pieces.

    Flood fill on one long integer whose bits are the cells, a row after the other with an empty
    column between them: each step grows all of the piece at once.
    """
    height, width = mask.shape
    row = width + 1
    padded = np.zeros((height, row), bool)
    padded[:, :width] = mask
    count = padded.size
    left = int.from_bytes(np.packbits(padded.ravel(), bitorder="little").tobytes(), "little")
    while left:
        piece, grown = 0, left & -left
        while grown != piece:
            piece = grown
            beside = piece | piece << 1 | piece >> 1
            grown = (beside | beside << row | beside >> row) & left
        left &= ~piece
        bits = np.frombuffer(piece.to_bytes(-(-count // 8), "little"), np.uint8)
        cells = np.unpackbits(bits, count=count, bitorder="little").astype(bool)
        yield cells.reshape(height, row)[:, :width]
