"""From a drawing of any size, place, pen and colour to 28×28, the way MNIST was made.

"The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
pixel box while preserving their aspect ratio. The resulting images contain grey levels as a result
of the anti-aliasing technique used by the normalization algorithm. The images were centered in a
28x28 image by computing the center of mass of the pixels, and translating the image so as to
position this point at the center of the 28x28 field."
    Y. LeCun, C. Cortes, C. J. C. Burges, http://yann.lecun.com/exdb/mnist/
"""

from math import ceil, floor

import numpy as np
from PIL import Image, ImageFilter

from digits.ink.components import label
from digits.types import Box, FoundInk, Ink

SIDE = 28  # the image that the network is shown
BOX = 20  # the longer side of the digit in it
CENTRE = 14.5  # where its centre of mass goes, from the left and from the top
UNIT = 2  # a float image whose lightest shade is no more than this is in 0-1, not in 0-255
FAINTEST_INK = 24  # of 255: less contrast than this is a blank sheet, not ink
FRAME = 1 / 16  # of the picture's shorter side: a frame is no thicker
FRAMED = 0.95  # of the pixels of an edge have a frame's shade
FAINT = 0.02  # of the strongest ink: fainter pixels are ground
DUST = 0.015  # of all ink: a lone piece with less is left out
STRAY = 0.10  # of all ink: a lone piece with less is left out when it lies far from the rest
STRAY_DISTANCE = 0.25  # of the drawing's longer side: that is far
SMALLEST_PHOTO = 64  # pixels, the longer side: nothing smaller is taken for a photograph
FLAT = 2  # of 255: a ground that differs by no more is flat
MOST_PIECES = 40  # of a drawing: more are a pattern, such as dot-grid paper
NEAR = 20  # of 255: the shades of a ground that is not quite even
CROSSINGS = 4  # so many strokes that meet the edge may be rulings
SHADOW = 0.05  # of the picture: so much of one shade between ground and ink is a shadow
FAINT_SHADOW = 64  # of 255: a larger area of one shade that differs by less may be a shadow
RULING = 1 / 64  # of the picture's longer side: a ruling is thinner
FRAME_LINE = 1 / 32  # of the picture's shorter side: the lines of a table are thinner
BLENDED = 0.4  # of a drawing: the pixels between ground and ink, on the edges of strokes, are fewer
BLUR = 5  # pixels: these edges are narrower
LARGEST = 4096  # pixels: a larger drawing is made smaller first
BLANK = np.zeros((SIDE, SIDE), np.uint8)
CELLS = 48  # pieces are told apart on a grid this fine: quick, and a hair's gap is no gap


OPAQUE = np.array([0, 0, 0, 255], np.uint8).view(np.uint32)[0]  # the alpha of an RGBA pixel


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
    found = find_ink(image)
    return BLANK if found is None else centre(found.digit.pixels)


def find_ink(image: np.ndarray | Image.Image) -> FoundInk | None:
    """Tells ink from ground, in a drawing or a photograph.

    Args:
        image: as in `normalize`.

    Returns:
        The ink, or None if the picture is blank.

    Raises:
        TypeError, ValueError: as in `normalize`.
    """
    shades = _as_array(image) if isinstance(image, Image.Image) else image
    trimmed, (left, top) = _trim(shades)
    grey = to_grey(trimmed)
    (height, width), framed = shades.shape[:2], False
    thickest = int(FRAME * min(height, width))
    right, bottom = width - left - grey.shape[1], height - top - grey.shape[0]
    if max(left, top, right, bottom) <= thickest:
        grey, (x, y) = _without_frame(grey, thickest)
        left, top, framed = left + x, top + y, x > 0
    if not is_photograph(grey, grey.shape if framed else (height, width)):
        found = all_ink(grey)
        digit = None if found is None else without_strays(found)
        if found is not None and digit is None and _is_by_thick_pen(grey, height * width):
            digit = found  # many dots, perhaps, but no printed pattern
        if found is not None and digit is not None:
            return FoundInk(_moved(found, left, top), _moved(digit, left, top))
    # A photograph; or ink that shows in colour only; or a pattern, on which there may be ink.
    colour = to_colour(image)
    if framed:
        colour = colour[top : top + grey.shape[0], left : left + grey.shape[1]]
    # Where grey differs enough, so does a colour; and to tell this of grey is far quicker.
    if np.ptp(grey) < FAINTEST_INK and np.ptp(colour.reshape(-1, 3), axis=0).max() < FAINTEST_INK:
        return None
    from digits.ink import paper

    found_on_paper = paper.find_ink(colour)
    if found_on_paper is None or not framed:
        return found_on_paper
    return FoundInk(
        _moved(found_on_paper.everything, left, top), _moved(found_on_paper.digit, left, top)
    )


def _moved(ink: Ink, left: int, top: int) -> Ink:
    """The same ink in a picture that reaches farther to the left and top by so many pixels."""
    x, y, right, bottom = ink.box
    return Ink(ink.pixels, (x + left, y + top, right + left, bottom + top), ink.scale)


def to_grey(image: np.ndarray | Image.Image) -> np.ndarray:
    """Luminance as uint8 of shape (height, width); transparent pixels become ground."""
    if isinstance(image, Image.Image):
        image = _as_array(image)
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
    image = np.ascontiguousarray(image)
    grey = _bytes_of(Image.fromarray(image).convert("L"))
    if image.shape[2] == 3 or _is_opaque(image):
        return grey
    alpha = image[..., 3].astype(np.float32) / 255
    background = _page_shade(grey, image[..., 3])
    if background is None:  # strokes alone: put them on what they stand out from
        background = 0 if (grey * alpha).sum() >= 127.5 * alpha.sum() else 255
    return _as_bytes(grey * alpha + background * (1 - alpha))


def _page_shade(grey: np.ndarray, alpha: np.ndarray) -> int | None:
    """The background of an opaque page in a picture with transparent parts.

    Args:
        grey, alpha: uint8 (height, width).

    Returns:
        The shade that all opaque pixels next to transparent ones share; None if there is no such
        shade, or if the opaque pixels are strokes rather than a page.
    """
    opaque = alpha == 255
    if not opaque.any():
        return None
    left, top, right, bottom = _box(opaque)
    shades = grey[opaque]
    if 2 * len(shades) < (right - left) * (bottom - top) or np.ptp(shades) < FAINTEST_INK:
        return None
    clear = np.pad(~opaque, 1)
    beside = clear[:-2, 1:-1] | clear[2:, 1:-1] | clear[1:-1, :-2] | clear[1:-1, 2:]
    edge = grey[opaque & beside].astype(np.int16)
    shade = _median(edge)
    return shade if (np.abs(edge - shade) <= FLAT).mean() > FRAMED else None


def _as_array(image: Image.Image) -> np.ndarray:
    """A PIL image of any mode as uint8: grey, or RGBA where some of it may be transparent."""
    if 0 in image.size:
        return np.zeros((image.height, image.width), np.uint8)
    if image.mode.startswith("I") or image.mode == "F":  # 16 and 32 bits a pixel
        return _deep_as_bytes(np.asarray(image, np.float64), floats=image.mode == "F")
    if image.mode == "LAB":  # Pillow converts it with a colour profile only
        return np.asarray(image.getchannel("L"))
    if image.has_transparency_data:
        if image.mode == "La":  # which Pillow converts to this one only
            image = image.convert("LA")
        return _bytes_of(image if image.mode == "RGBA" else image.convert("RGBA"))
    return _bytes_of(image if image.mode == "L" else image.convert("L"))


def _bytes_of(image: Image.Image) -> np.ndarray:
    """An image of mode L or RGBA as an array. NumPy's own way copies it once more."""
    shape = (image.height, image.width, 4)[: 3 if image.mode == "RGBA" else 2]
    return np.frombuffer(image.tobytes(), np.uint8).reshape(shape)


def _deep_as_bytes(shades: np.ndarray, floats: bool) -> np.ndarray:
    """Shades of 16 or 32 bits as bytes; what is no number is black.

    0-255 stays as it is. More is scaled so that the lightest becomes 255, and so are floats in 0-1:
    on a scale up to 255 they would make a black picture.
    """
    shades = np.nan_to_num(shades, posinf=0, neginf=0)
    shades = shades - min(0, shades.min())
    lightest = shades.max()
    most = 1 if floats and lightest <= UNIT else 255
    return _as_bytes(shades * (255 / max(most, lightest)))


def _trim(image: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Cuts off a margin of one colour but for one pixel, which shows what the ground is.

    `all_ink` finds the same ink in what is left, and has less to look at.

    Returns:
        A view, and its left and top; the whole where there is no such margin.
    """
    whole = image, (0, 0)
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.size == 0:
        return whole
    if image.ndim < 2 or image.shape[2:] not in ((), (3,), (4,)) or not image.flags.c_contiguous:
        return whole
    height, width = image.shape[:2]
    # A pixel of four bytes is compared as one number.
    cells = image.view(np.uint32)[..., 0] if image.shape[2:] == (4,) else image
    ground = cells[0, 0]
    if (cells[0] != ground).any() or (cells[-1] != ground).any():
        return whole
    differs = (cells != ground).reshape(height, -1)
    rows, columns = differs.any(axis=1), differs.any(axis=0).reshape(width, -1).any(axis=1)
    if columns[0] or columns[-1]:
        return whole
    if not rows.any():
        return image[:1, :1], (0, 0)
    top, left = int(rows.argmax()) - 1, int(columns.argmax()) - 1
    bottom, right = height + 1 - int(rows[::-1].argmax()), width + 1 - int(columns[::-1].argmax())
    trimmed = image[top:bottom, left:right]
    if image.shape[2:] == (4,) and image[0, 0, 3] > 0 and not _is_opaque(trimmed):
        return whole  # partly transparent: the margin has a say in what the ground is
    return trimmed, (left, top)


def _is_opaque(image: np.ndarray) -> bool:
    """Whether no pixel of uint8 (height, width, 4) is transparent: all at once, as numbers."""
    common = np.bitwise_and.reduce(image.view(np.uint32), axis=None)
    return bool((common & OPAQUE) == OPAQUE)


def _without_frame(grey: np.ndarray, thickest: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Cuts off a frame: lines of one shade along all four edges, with another ground within.

    Args:
        grey: uint8 (height, width).
        thickest: pixels; what is thicker was drawn.

    Returns:
        A view, and its left and top; the whole where there is no frame.
    """
    whole = grey, (0, 0)
    inner = thickest + 2  # out of reach of the blur at the frame's inner side
    if thickest < 1 or min(grey.shape) <= 2 * inner:
        return whole
    shade, ground = _median(_edge(grey)), _median(_edge(grey[inner:-inner, inner:-inner]))
    apart = abs(shade - ground)
    if apart < FAINTEST_INK:
        return whole
    cuts = []
    for turned in (grey, grey.T, grey[::-1], grey.T[::-1]):  # top, left, bottom, right
        lines = turned[: thickest + 1].astype(np.int16)
        framed = (np.abs(lines - shade) < apart / 2).mean(axis=1) > FRAMED
        count = len(framed) if framed.all() else int(framed.argmin())
        if not 1 <= count <= thickest:
            return whole
        # And the blur between the two: at most a pixel.
        cuts.append(count + (abs(_median(turned[count]) - ground) > apart / 8))
    top, left, bottom, right = cuts
    return grey[top : grey.shape[0] - bottom, left : grey.shape[1] - right], (left, top)


def _edge(grey: np.ndarray) -> np.ndarray:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def to_colour(image: np.ndarray | Image.Image) -> np.ndarray:
    """RGB as uint8 of shape (height, width, 3), where `to_grey` has taken the image already."""
    if isinstance(image, np.ndarray) and image.ndim == 3 and image.shape[2] == 3:
        return image
    deep = isinstance(image, Image.Image) and (image.mode.startswith("I") or image.mode == "F")
    if isinstance(image, Image.Image) and not deep and not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    return np.repeat(to_grey(image)[..., None], 3, axis=2)  # or transparent: a drawing's ink


def is_photograph(grey: np.ndarray, shape: tuple[int, ...] | None = None) -> bool:
    """Whether the ground is anything but one flat shade round some ink.

    So are photographs (their light changes, their table is in view), and sheets with rulings or a
    frame. A drawing of the page, a digit of MNIST and a scan on pure white are not; strokes may
    touch the edge.

    Args:
        grey: uint8 (height, width).
        shape: of the picture, where its flat margin has been cut off to one pixel.
    """
    height, width = shape or grey.shape
    if max(height, width) < SMALLEST_PHOTO:
        return False
    rows_left, columns_left = grey.shape
    if 2 * grey.size <= height * width and (
        rows_left - 2 < height / 2 or columns_left - 2 < width / 2
    ):
        return False  # little ink inside a flat margin: nothing below can find more
    edge = np.concatenate([grey[0], grey[:, -1], grey[-1, ::-1], grey[::-1, 0]])  # once round
    ground = _median(edge)
    away = np.abs(edge.astype(np.int16) - ground)
    other = away > FLAT
    count = int(np.count_nonzero(other))
    starts = np.flatnonzero(other[1:] & ~other[:-1])
    strongest = max(int(grey.max()) - ground, ground - int(grey.min()))
    shaded = np.count_nonzero(other & (away < strongest / 2)) if count else 0
    ink = grey > ground + FLAT
    if ground > FLAT:
        ink |= grey < ground - FLAT
    inked = int(np.count_nonzero(ink))
    if strongest < FAINT_SHADOW and inked > SHADOW * height * width:
        return True
    if inked > height * width / 4:
        strong = np.abs(grey.astype(np.int16) - ground) > strongest / 2
        if 4 * np.count_nonzero(strong) > height * width and _is_a_sheet(grey, strong):
            return not _is_drawn(grey, ground, height * width)
    uneven = count > len(edge) / 4 or shaded > len(edge) / 40 or inked > height * width / 2
    if uneven or len(starts) >= CROSSINGS:
        size = height * width
        if not _is_in_two_shades(grey, ground, strongest, size) and not _is_drawn(
            grey, ground, size
        ):
            return True
        stops = np.flatnonzero(other[:-1] & ~other[1:])[int(other[0]) :]
        widths = stops - starts[: len(stops)]
        if len(widths) >= CROSSINGS and np.median(widths) < RULING * max(height, width):
            return True
    # A frame: ink all along the four sides of its box, and some within.
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) < height / 2 or len(columns) < width / 2:
        return False
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    deep = 3 + min(box.shape) // 50  # not quite straight, and anti-aliased
    sides = box[:deep], box[-deep:], box[:, :deep].T, box[:, -deep:].T
    if min(side.any(axis=0).mean() for side in sides) <= 0.9:
        return False
    inner = int(FRAME * min(height, width))
    within = box[inner:-inner, inner:-inner]
    if not 0 < np.count_nonzero(within) < within.size / 2:
        return False
    thick = np.median([_line_thickness(one) for one in (box, box.T, box[::-1], box.T[::-1])])
    by_pen = thick >= FRAME_LINE * min(height, width)
    return not (by_pen and _is_drawn(grey, ground, height * width))


def _line_thickness(ink: np.ndarray) -> float:
    """Of a line along the first row of bool (rows, columns), in pixels."""
    first = ink.argmax(axis=0)
    below = np.arange(len(ink))[:, None] >= first
    end = np.where((below & ~ink).any(axis=0), (below & ~ink).argmax(axis=0), len(ink))
    return float(np.median(end - first))


def _is_drawn(grey: np.ndarray, ground: int, size: int) -> bool:
    """Whether this is a canvas drawn on with one pen: two flat shades, and narrow blends of them.

    Args:
        grey: uint8 (height, width).
        ground: its shade.
        size: pixels, those of a margin of the ground's shade that was cut off included.
    """
    darkest, lightest = int(grey.min()), int(grey.max())
    if min(ground - darkest, lightest - ground) > FLAT:
        return False
    between = (grey > darkest + FLAT) & (grey < lightest - FLAT)
    if np.count_nonzero(between) > BLENDED * size:
        return False
    return not _thick(between, BLUR).any()


def _is_by_thick_pen(grey: np.ndarray, size: int) -> bool:
    """Whether this is a drawing, and some of its ink is thicker than a ruling or a printed dot."""
    ground = _median(_edge(grey))
    ink = np.abs(grey.astype(np.int16) - ground) > FAINTEST_INK
    width = 2 * int(RULING * max(grey.shape) / 2) + 3
    return _is_drawn(grey, ground, size) and bool(_thick(ink, width).any())


def _thick(mask: np.ndarray, width: int) -> np.ndarray:
    """Where a square this wide (odd, in pixels) fits into a bool mask."""
    return np.asarray(Image.fromarray(mask.astype(np.uint8)).filter(ImageFilter.MinFilter(width)))


def _is_a_sheet(grey: np.ndarray, ink: np.ndarray) -> bool:
    """Whether the "ink" is a sheet on a table, with something on it: its sides are straight."""
    rows = np.flatnonzero(ink.any(axis=1))
    rows = rows[len(rows) // 5 : -len(rows) // 5 or None]  # not the corners of one that is turned
    left = ink[rows].argmax(axis=1)
    right = ink.shape[1] - 1 - ink[rows, ::-1].argmax(axis=1)
    if len(rows) < SMALLEST_PHOTO / 2 or (right - left).min() < ink.shape[1] / 4:
        return False
    along = np.arange(len(rows)) - len(rows) / 2
    for side in (left, right):
        bend = side - side.mean() - along * (along @ (side - side.mean())) / (along @ along)
        if np.abs(bend).max() > 2 + len(rows) / 100:
            return False
    inner = int(left.max() + 0.02 * ink.shape[1]), int(right.min() - 0.02 * ink.shape[1])
    if inner[1] <= inner[0]:
        return False
    within = np.s_[rows[0] : rows[-1], slice(*inner)]
    return bool(ink[within].mean() > 0.5 and np.ptp(grey[within]) >= FAINTEST_INK)


def _is_in_two_shades(grey: np.ndarray, ground: int, strongest: int, size: int) -> bool:
    """Whether a program drew this: nearly all the ground, and much of the ink, has just one shade.

    Args:
        grey: uint8 (height, width).
        ground: its shade.
        strongest: how much the ink differs from it, at most.
        size: pixels, those of a margin of the ground's shade that was cut off included.
    """
    away = np.abs(grey.astype(np.int16) - ground)
    counts = np.bincount(away.ravel(), minlength=256)
    counts[0] += size - grey.size  # the margin
    exact, near, ink = counts[0], counts[: NEAR + 1].sum(), counts[FLAT + 1 :].sum()
    between, solid = counts[FLAT + 1 : strongest - FLAT + 1], counts[strongest - FLAT + 1 :].sum()
    if between.max(initial=0) > SHADOW * size:
        return False
    return bool(exact >= max(0.9 * near, 0.25 * size) and solid >= ink / 3)


def all_ink(grey: np.ndarray) -> Ink | None:
    """Tells ink from ground.

    The ground is what the edge of the picture shows most; ink is what differs from it, on the side
    (lighter or darker) that differs more in all.

    Args:
        grey: uint8 (height, width).

    Returns:
        The ink; None if blank.
    """
    edge = _edge(grey)
    ground = _median(edge)
    darkest, lightest = int(grey.min()), int(grey.max())
    # Dark ink? On a clean sheet its shades say so; else the mean, which takes ten times as long.
    is_dark = lightest == ground or (darkest < ground and bool(grey.mean() < ground))
    strongest = ground - darkest if is_dark else lightest - ground
    if strongest < FAINTEST_INK:
        return None
    # On a flat ground every shade of ink counts; on a photo only what rises above its grain.
    grain = _median(np.abs(edge.astype(np.int16) - ground))
    faintest = int(
        (255 - ground if is_dark else ground) + min(FAINT * strongest + 4 * grain, strongest / 2)
    )
    mask = grey < 255 - faintest if is_dark else grey > faintest
    left, top, right, bottom = box = _box(mask)
    # Only what is cropped becomes floats: the whole sheet is several times larger.
    ink = grey[top:bottom, left:right].astype(np.float32)
    ink -= ground
    ink /= -strongest if is_dark else strongest
    ink *= mask[top:bottom, left:right]
    return Ink(ink, box)


def centre(ink: np.ndarray) -> np.ndarray:
    """Scales ink (float32, tight crop, 0-1) to BOX and puts its centre of mass at the centre.

    One resampling does both, so that a digit drawn half a pixel further lands on the same spot.
    """
    if max(ink.shape) > LARGEST:  # or a line of many pixels would need much memory
        ink = np.asarray(Image.fromarray(ink).reduce(-(-max(ink.shape) // LARGEST)))
    height, width = ink.shape
    left, top, scale = field(ink)
    # Only where ink arrives is there anything to resample: half of the field, or less.
    first_x, end_x = _reached(left, width, scale)
    first_y, end_y = _reached(top, height, scale)
    pad = ceil(2 * max(scale, 1))  # as far as the resampling looks beyond the ink
    sheet = Image.fromarray(ink).crop((-pad, -pad, width + pad, height + pad))
    reached = sheet.resize(
        (end_x - first_x, end_y - first_y),
        Image.Resampling.BILINEAR,
        box=(
            pad + left + first_x * scale, pad + top + first_y * scale,
            pad + left + end_x * scale, pad + top + end_y * scale,
        ),
    )  # fmt: skip
    # A hair-thin pen on a large drawing ends as faint as it is thin: bring the ink back up.
    small = np.asarray(reached)
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[first_y:end_y, first_x:end_x] = np.rint(small * (255 / small.max()))
    return pixels


def field(ink: np.ndarray) -> tuple[float, float, float]:
    """Where the field of SIDE × SIDE lies round ink: its left and top, and the side of a cell.

    All in pixels of the ink, float32 (height, width).
    """
    height, width = ink.shape
    scale = max(height, width) / BOX
    rows, columns = ink.sum(axis=1), ink.sum(axis=0)
    mass = rows.sum()
    middle_y = (rows @ np.arange(height)) / mass + 0.5
    middle_x = (columns @ np.arange(width)) / mass + 0.5
    if scale == 1:  # as in MNIST itself: moved by whole pixels, every grey level stays
        middle_y, middle_x = np.floor(middle_y) + 0.5, np.floor(middle_x) + 0.5
    # MNIST's digits have their centre of mass at the middle of pixel 14, counted from 0.
    return middle_x - CENTRE * scale, middle_y - CENTRE * scale, scale


def shrink(ink: np.ndarray) -> np.ndarray:
    """Scales ink (float32, 0-1) until its longer side is BOX: uint8, the strongest ink 255.

    To be shown: `centre` shrinks and centres in one step.
    """
    scale = BOX / max(ink.shape)
    size = [max(1, round(side * scale)) for side in reversed(ink.shape)]
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    return _as_bytes(small * (255 / max(small.max(), 1e-9)))


def _reached(start: float, length: int, scale: float) -> tuple[int, int]:
    """The target pixels, counted from `start`, on which ink on 0 to `length` has an effect."""
    reach = max(scale, 1)  # of bilinear resampling, from a target pixel's middle
    first = floor((-start - reach) / scale + 0.5)
    end = ceil((length - start + reach) / scale - 0.5)
    return max(0, first), min(SIDE, end)


def _box(mask: np.ndarray) -> Box:
    """The smallest box that holds all of the mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _median(values: np.ndarray) -> int:
    """The upper median of integers: four times as quick as NumPy's for so few."""
    middle = len(values) // 2
    return int(np.partition(values, middle)[middle])


def _as_bytes(shades: np.ndarray) -> np.ndarray:
    return np.rint(shades).clip(0, 255).astype(np.uint8)


def without_strays(all_of_it: Ink) -> Ink | None:
    """Removes dust anywhere, and small pieces that lie far from the rest; crops what is left.

    None if there are so many that they are a pattern.
    """
    ink = all_of_it.pixels
    cell = -(-max(ink.shape) // CELLS)
    mass = np.asarray(Image.fromarray(ink).reduce(cell))  # the mean ink of each cell
    labels, boxes = label(mass > 0)
    if len(boxes) == 1:
        return all_of_it
    if len(boxes) > MOST_PIECES:
        return None
    weights = np.bincount(labels.ravel(), mass.ravel())[1:]
    left, top, right, bottom = boxes[weights.argmax()]
    far = STRAY_DISTANCE * max(right - left, bottom - top)
    gaps = 1 + np.maximum.reduce(
        [boxes[:, 0] - right, left - boxes[:, 2], boxes[:, 1] - bottom, top - boxes[:, 3]]
    )
    kept_components = weights > np.where(gaps > far, STRAY, DUST) * mass.sum()
    keep = np.append(False, kept_components)[labels]
    kept = np.repeat(np.repeat(keep, cell, axis=0), cell, axis=1)
    mask = kept[: ink.shape[0], : ink.shape[1]] & (ink > 0)
    left, top, right, bottom = box = _box(mask)
    return all_of_it.cut(box, mask[top:bottom, left:right])
