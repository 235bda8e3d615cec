"""Opens untrusted image files of a few formats."""

import base64
import binascii
import io
import re
from contextlib import suppress
from math import ceil, sqrt
from urllib.parse import unquote_to_bytes

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF")  # no others but HEIC, see `_formats`
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
MAX_PIXELS = 40_000_000
MAX_KEPT_PIXELS = 4_000_000  # digits are legible down to 1% of the height
MAX_STRIP_PIXELS = 1_000_000  # the part of a large image that is averaged at a time
EXIF_KEYS = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")  # of Pillow's `info`
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"  # file signatures
MAX_PARTS = 10_000  # chunks of a PNG file, segments of a JPEG file
MAX_SCANS = 100  # of a JPEG file; progressive ones have about ten
MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7])", re.DOTALL)  # but those within the data of a scan
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
TEXT_CHUNKS = (b"iCCP", b"iTXt", b"tEXt", b"zTXt")
ORIENTATION_TEXTS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
URL_SAFE = bytes.maketrans(b"-_", b"+/")  # to the alphabet of plain base64
NOT_AN_IMAGE = (
    "This is not an image that can be read, or it is damaged. Send a PNG, JPEG, WebP, GIF, BMP, "
    "HEIC or AVIF file."
)
TOO_MANY_PARTS = (
    "This image file consists of so many parts that it would take minutes to read. Open it in an "
    "image editor, save it as a new PNG or JPEG file, and send that."
)


class ImageError(ValueError):
    """An image that can't be read. The message says what is wrong and what to do."""


class ImageTooLarge(ImageError):
    """More pixels than are allowed."""


def open_image(data: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode an image file and turn it upright; of an animation, decode the first frame.

    This needs little more memory than the decoded file, at most 4 bytes per pixel, because a large
    image is shrunk strip by strip before it is turned.

    Args:
        data: the bytes of a PNG, JPEG, WebP, GIF, BMP, HEIC or AVIF file.
        max_pixels: the maximum of width × height, checked before decoding.

    Returns:
        The image, of any mode, with at most `MAX_KEPT_PIXELS` pixels.

    Raises:
        ImageTooLarge: it has more than `max_pixels`.
        ImageError: it is not an image of these formats, or it is damaged.
    """
    try:
        image = _open(data)
        width, height = image.size
        if width * height > max_pixels:
            raise ImageTooLarge(
                f"This image has {width} × {height} pixels; at most {max_pixels:,} are read. "
                "Send it smaller: a few hundred pixels a side are plenty."
            )
        factor = _factor(image)  # a large JPEG is decoded at a fraction of its size
        image.draft(None, (width // factor, height // factor))
        image.load()
        return _upright(small(image), image)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own, far larger, limit
        raise ImageTooLarge("This image has too many pixels. Send it smaller.") from error
    except Exception as error:  # decoders raise all kinds of errors on damaged files
        raise ImageError(NOT_AN_IMAGE) from error


def _open(data: bytes) -> Image.Image:
    """Read a file's header, after making sure that decoding takes seconds, not minutes."""
    if data.startswith(PNG):
        data = _without_texts(data)
    elif data.startswith(JPEG):
        _check_segments(data)
    return Image.open(io.BytesIO(data), formats=_formats(data))


def _without_texts(png: bytes) -> bytes:
    """Remove the colour profile and the texts of a PNG file, except texts with the orientation.

    Pillow would decompress them, in a hostile file to a thousand times their size, and refuse a
    file with a text of more than a megabyte.

    Raises:
        ImageError: too many chunks.
    """
    chunks, start = [PNG], len(PNG)
    while start < len(png):  # PNG 1.2, 3.2: length, type, data, checksum
        end = start + 12 + int.from_bytes(png[start : start + 4])
        kind, content = png[start + 4 : start + 8], png[start + 8 : start + 40]
        if kind not in TEXT_CHUNKS or content.startswith(ORIENTATION_TEXTS):
            chunks.append(png[start:end])
        if len(chunks) > MAX_PARTS:
            raise ImageError(TOO_MANY_PARTS)
        start = end
    return b"".join(chunks)


def _check_segments(jpeg: bytes) -> None:
    """Raise an ImageError if a JPEG file has too many segments or scans.

    Each scan is a pass over the whole image.
    """
    parts = scans = 0
    start = len(JPEG) - 1
    while marker := MARKER.search(jpeg, start):
        (code,) = marker[1]
        if code == END_OF_IMAGE:
            break
        parts += 1
        scans += code == START_OF_SCAN
        if parts > MAX_PARTS or scans > MAX_SCANS:
            raise ImageError(TOO_MANY_PARTS)
        start = marker.end()
        # A second 0xFF may begin a marker itself; other markers have a length.
        start += -1 if code == 0xFF else int.from_bytes(jpeg[start : start + 2])


def _formats(data: bytes) -> tuple[str, ...]:
    """Return the decoders to try; the one for HEIC is loaded for the first such file."""
    if data[4:8] != b"ftyp" or data[8:12] not in HEIC_BRANDS:
        return FORMATS
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise ImageError(
            "HEIC files can't be read here. Send a JPEG or PNG file, or ask the administrator to "
            "install pillow-heif."
        ) from error
    register_heif_opener()
    return (*FORMATS, "HEIF")  # AVIF files may have the brand mif1, too


def small(image: Image.Image) -> Image.Image:
    """Shrink an image to at most `MAX_KEPT_PIXELS` pixels, each the mean of a square."""
    factor = _factor(image)
    if factor == 1:
        return image
    width, height = image.size
    rows = max(1, MAX_STRIP_PIXELS // (width * factor)) * factor
    strips = [
        _averageable(image.crop((0, top, width, min(top + rows, height)))).reduce(factor)
        for top in range(0, height, rows)
    ]
    shrunk = Image.new(strips[0].mode, (-(-width // factor), -(-height // factor)))
    for number, strip in enumerate(strips):
        shrunk.paste(strip, (0, number * rows // factor))
    return shrunk


def _factor(image: Image.Image) -> int:
    """Return the factor by which width and height are divided."""
    return ceil(sqrt(image.width * image.height / MAX_KEPT_PIXELS))


def _averageable(image: Image.Image) -> Image.Image:
    """Convert an image to a mode in which pixels can be averaged."""
    if image.mode in ("P", "PA") or "transparency" in image.info:  # indices, or a transparent shade
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I;16"):
        return image.convert("I")
    return image


def _upright(image: Image.Image, original: Image.Image) -> Image.Image:
    """Turn an image upright by the EXIF data of the original."""
    image.info |= {key: original.info[key] for key in EXIF_KEYS if key in original.info}
    with suppress(Exception):  # a picture with damaged EXIF data stays as it is
        return ImageOps.exif_transpose(image)
    return image


def image_size(data: bytes) -> tuple[int, int]:
    """Return width and height from an image file's header, before it is turned upright.

    Decodes nothing. Raises whatever Pillow raises if the data is not an image.
    """
    return _open(data).size


def decode_data_url(text: str) -> bytes:
    """Decode a data URL (RFC 2397) or plain base64, as leniently as browsers do.

    Args:
        text: `data:image/png;base64,…` in upper or lower case, a data URL that is percent-encoded
            instead, or base64 alone. The base64 (RFC 4648) may contain white space, use the
            URL-safe alphabet, lack its padding and be percent-encoded.

    Returns:
        The bytes, at least one.

    Raises:
        ImageError: it is neither, or empty.
    """
    head, comma, data = text.lstrip().partition(",")
    head = head.lower()
    if not (comma and head.startswith("data:")):
        head, data = "base64", text
    try:
        if "%" in data or not head.endswith("base64"):
            raw = unquote_to_bytes(data)
        else:
            raw = data.encode("ascii")
        if head.endswith("base64"):
            raw = b"".join(raw.split()).translate(URL_SAFE).rstrip(b"=")
            raw = base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    if not raw:
        raise ImageError("This is neither a data URL nor base64. Send the image's bytes in base64.")
    return raw


def data_url(pixels: np.ndarray) -> str:
    """Encode uint8 (height, width) or (height, width, 3) as a PNG in a data URL (RFC 2397)."""
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    return png_url(png.getvalue())


def png_url(png: bytes) -> str:
    """Encode a PNG file's bytes as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
