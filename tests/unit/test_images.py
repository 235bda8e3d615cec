"""Image files and texts from untrusted senders."""

import base64
import io
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from digits import images
from digits.images import ImageError, decode_data_url, open_image
from digits.normalize import normalize
from tests.helpers.drawings import steady_drawing

ROOT = Path(__file__).parents[2]
DRAWING = 255 - steady_drawing(5)  # 400 by 400 pixels

SOME = bytes(range(256))  # in base64, all characters of both alphabets
PLAIN = base64.b64encode(SOME).decode()
WAYS_TO_SEND = {
    "plain": PLAIN,
    "a data URL": f"data:image/png;base64,{PLAIN}",
    "in capitals": f"DATA:IMAGE/PNG;BASE64,{PLAIN}",
    "without a type": f"data:;base64,{PLAIN}",
    "with a parameter": f"data:image/png;name=a.png;base64,{PLAIN}",
    "line breaks": base64.encodebytes(SOME).decode(),
    "line breaks of Windows": "\r\n".join(["data:image/png;base64,", PLAIN[:76], PLAIN[76:], ""]),
    "URL-safe": base64.urlsafe_b64encode(SOME).decode(),
    "without padding": PLAIN.rstrip("="),
    "URL-safe in a data URL, without padding": "data:image/png;base64,"
    + base64.urlsafe_b64encode(SOME).decode().rstrip("="),
    "percent-encoded base64": f"data:image/png;base64,{quote(PLAIN, safe='')}",
    "percent-encoded bytes": f"data:image/png,{quote(SOME, safe='')}",
    "space around": f" {PLAIN} \n",
    "space before a data URL": f"\n data:image/png;base64,{PLAIN}",
}


@pytest.mark.parametrize("way", WAYS_TO_SEND)
def test_reads_base64_however_it_is_written(way):
    assert decode_data_url(WAYS_TO_SEND[way]) == SOME


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "data:", "data:,", "data:image/png;base64,", "no base64!", "QUJD*", "QQ=A",
        "QQ===A", "Q", "QUJDR", "é", "data:image/png;base64,é", "image/png;base64,QUJD",
        "data:image/png;base64,data:image/png;base64,QQ",
        "https://example.org/seven.png", "data:image/png;base64,%FF",
    ],
)  # fmt: skip
def test_text_that_is_not_base64_is_rejected(text):
    with pytest.raises(ImageError, match=r"Send the image's bytes in base64\.$"):
        decode_data_url(text)


# Hypothesis takes seconds to tabulate all of Unicode.
@settings(max_examples=30, deadline=None)
@given(st.text("azAZ059+/-_=%:;,. \t\r\n\0é漢\ud800😀"))
def test_any_text_is_bytes_or_an_image_error(text):
    for one in (text, "data:" + text, "data:;base64," + text):
        with suppress(ImageError):
            assert decode_data_url(one)


def holed(image: Image.Image) -> Image.Image:
    """Black ink on a transparent background."""
    return Image.merge("LA", (Image.new("L", image.size), image.point(lambda shade: 255 - shade)))


def as_file(image: Image.Image, form: str, **options) -> bytes:
    if form == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


FILES = {
    "PNG 1": lambda i: as_file(i.convert("1"), "PNG"),
    "PNG L": lambda i: as_file(i, "PNG"),
    "PNG LA": lambda i: as_file(holed(i), "PNG"),
    "PNG P": lambda i: as_file(i.convert("P"), "PNG"),
    "PNG P with a hole": lambda i: as_file(
        i.point(lambda s: s // 128).convert("P"), "PNG", transparency=1
    ),
    "PNG P half-transparent": lambda i: as_file(holed(i).convert("RGBA").quantize(), "PNG"),
    "PNG L with a hole": lambda i: as_file(i, "PNG", transparency=255),
    "PNG RGB": lambda i: as_file(i.convert("RGB"), "PNG"),
    "PNG RGB with a hole": lambda i: as_file(i.convert("RGB"), "PNG", transparency=(255,) * 3),
    "PNG RGBA": lambda i: as_file(holed(i).convert("RGBA"), "PNG"),
    "PNG 16 bits": lambda i: as_file(Image.fromarray(np.asarray(i).astype("u2") * 257), "PNG"),
    "GIF": lambda i: as_file(i, "GIF"),
    "GIF with a hole": lambda i: as_file(holed(i).convert("RGBA"), "GIF"),
    "BMP 1": lambda i: as_file(i.convert("1"), "BMP"),
    "BMP P": lambda i: as_file(i.convert("P"), "BMP"),
    "BMP RGB": lambda i: as_file(i.convert("RGB"), "BMP"),
    "JPEG L": lambda i: as_file(i, "JPEG"),
    "JPEG RGB": lambda i: as_file(i.convert("RGB"), "JPEG"),
    "JPEG RGB progressive": lambda i: as_file(i.convert("RGB"), "JPEG", progressive=True),
    "JPEG CMYK": lambda i: as_file(i.convert("CMYK"), "JPEG"),
    "MPO": lambda i: as_file(i.convert("RGB"), "MPO", save_all=True, append_images=[i]),
    "WEBP RGB": lambda i: as_file(i.convert("RGB"), "WEBP"),
    "WEBP RGBA": lambda i: as_file(holed(i).convert("RGBA"), "WEBP", lossless=True),
    "AVIF": lambda i: as_file(i.convert("RGB"), "AVIF", speed=10),
    "HEIC": lambda i: as_file(i.convert("RGB"), "HEIF"),
}


@pytest.fixture
def small(monkeypatch):
    """Lower the limit above which images are shrunk to 40,000 pixels."""
    monkeypatch.setattr(images, "MAX_KEPT_PIXELS", 40_000)
    monkeypatch.setattr(images, "MAX_STRIP_PIXELS", 10_000)


def assert_reads(kind: str, size: tuple[int, int]) -> None:
    image = Image.fromarray(DRAWING)
    opened = open_image(FILES[kind](image))
    assert opened.size == size
    expected, found = normalize(image).astype(float), normalize(opened)
    assert np.abs(expected - found).mean() / expected.mean() < 0.1


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_is_read(kind):
    assert_reads(kind, (400, 400))


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_is_made_smaller(kind, small):
    assert_reads(kind, (200, 200))


TURNS = {  # EXIF orientation: the transposition that it undoes
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize(
    ("form", "size"),
    [
        *((form, (50, 70)) for form in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")),
        *((form, (220, 320)) for form in ("JPEG", "PNG")),  # is shrunk first
    ],
)
@pytest.mark.parametrize("orientation", TURNS)
def test_the_right_way_up(form, size, orientation, small):
    upright = Image.new("RGB", size, "white")
    half = size[0] // 2, size[1] // 2
    upright.paste("black", (0, 0, *half))
    upright.paste("red", (half[0], 0, 2 * half[0], half[1]))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    turn = TURNS[orientation]
    turned = upright if turn is None else upright.transpose(turn)
    opened = open_image(as_file(turned, form, exif=exif.tobytes())).convert("RGB")
    assert opened.width / opened.height == pytest.approx(size[0] / size[1], abs=0.01)
    shown = [opened.getpixel((opened.width * x // 4, opened.height // 4)) for x in (1, 3)]
    assert np.allclose(shown, [(0, 0, 0), (255, 0, 0)], atol=12)


def test_damaged_exif_data_are_ignored():
    image = Image.fromarray(DRAWING)
    for exif in (b"Exif\0\0II*\0", b"Exif\0\0" + bytes(range(200))):
        assert np.array_equal(np.asarray(open_image(as_file(image, "PNG", exif=exif))), DRAWING)


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def inserted(parts: bytes, form: str) -> bytes:
    """A file of the drawing with more chunks or segments near its beginning."""
    file = as_file(Image.fromarray(DRAWING), form)
    start = {"PNG": 33, "JPEG": 2}[form]
    return file[:start] + parts + file[start:]


LARGE = zlib.compress(bytes(2_000_000))


@pytest.mark.parametrize(
    "texts",
    [
        chunk(b"iCCP", b"profile\0\0" + LARGE),
        chunk(b"zTXt", b"Description\0\0" + LARGE),
        chunk(b"iTXt", b"Description\0\1\0\0\0" + LARGE),
        9000
        * chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(1_000_000))),  # would take minutes
    ],
)
def test_profiles_and_texts_are_not_unpacked(texts):
    assert np.array_equal(np.asarray(open_image(inserted(texts, "PNG"))), DRAWING)


def progressive(more_scans: int) -> bytes:
    file = as_file(Image.fromarray(DRAWING), "JPEG", progressive=True)
    last = file.rindex(b"\xff\xda")
    return file[:last] + more_scans * file[last : last + 10] + file[last:]


@pytest.mark.parametrize(
    "file",
    [
        inserted(20_000 * chunk(b"abCd", b""), "PNG"),
        inserted(20_000 * b"\xff\xe1\0\x0aExif\0\0MM", "JPEG"),
        inserted(20_000 * b"\xff", "JPEG"),
        progressive(200),
    ],
)
def test_files_of_very_many_parts_are_refused(file):
    """Decoding large ones takes minutes."""
    with pytest.raises(ImageError, match="consists of so many parts"):
        open_image(file)


def test_a_few_more_parts_are_fine():
    for file in (
        inserted(1000 * chunk(b"abCd", b""), "PNG"),
        inserted(1000 * b"\xff\xfe\0\x04ab" + 9 * b"\xff", "JPEG"),
        progressive(0),
        as_file(Image.fromarray(DRAWING), "JPEG") + 500 * b"\xff\xda",  # a phone's video, perhaps
        as_file(Image.fromarray(DRAWING), "JPEG", restart_marker_blocks=1),
    ):
        assert open_image(file).size == (400, 400)


def test_averaged_strip_by_strip_as_in_one_go(small):
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (333, 251, 3), np.uint8))
    opened = open_image(as_file(noise, "BMP"))
    assert np.array_equal(np.asarray(opened), np.asarray(noise.reduce(2)))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no resource module")
@pytest.mark.parametrize("mode", ["P", "RGB"])
def test_a_small_file_of_many_pixels_does_not_fill_the_memory(tmp_path, mode):
    file = tmp_path / "many.png"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new(mode, (5000, 5000)).save(file, exif=exif, compress_level=1)
    program = (
        "import resource, sys\n"
        "from digits.images import open_image\n"
        "from digits.normalize import normalize\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "before = peak()\n"
        "normalize(open_image(data))\n"
        "print((peak() - before) // (1024 if sys.platform == 'darwin' else 1))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, file], cwd=ROOT, capture_output=True, text=True, check=True
    )
    bytes_a_pixel = {"P": 1, "RGB": 4}[mode]
    assert int(done.stdout) < 5000**2 * bytes_a_pixel / 1024 + 40_000  # kB


def test_heic_without_its_library_is_reported(monkeypatch):
    file = FILES["HEIC"](Image.fromarray(DRAWING))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match="pillow-heif"):
        open_image(file)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(FILES)),
    place=st.floats(0, 1),
    damage=st.binary(max_size=30),
    end=st.floats(0.1, 1.5),
)
def test_a_damaged_file_is_an_image_or_an_image_error(kind, place, damage, end):
    file = SMALL_FILES[kind]
    at = int(place * len(file))
    broken = (file[:at] + damage + file[at + len(damage) :])[: int(end * len(file))]
    with suppress(ImageError):
        normalize(open_image(broken))


SMALL_FILES = {kind: make(Image.fromarray(DRAWING[::4, ::4])) for kind, make in FILES.items()}
