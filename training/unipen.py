"""Reads handwriting in the UNIPEN format: the official distribution, and UCI's pendigits.

UNIPEN train_r01_v07 (Guyon et al. 1994, https://doi.org/10.1109/ICPR.1994.576870; International
Unipen Foundation, https://doi.org/10.5281/zenodo.1195803, CC BY 4.0) keeps labels and ink apart: a
file in `data/1a` to `data/1d` (isolated digits, capitals, small letters and symbols) names the ink
that belongs to it by `.INCLUDE`, a path below `include/`, and each `.SEGMENT CHARACTER` assigns a
part of the ink to a character. UCI's pendigits-orig (https://archive.ics.uci.edu/dataset/81,
CC BY 4.0) is a single file in which each `.SEGMENT DIGIT` is followed by its ink.
"""

import gzip
import math
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from digits.types import DIGITS
from handwriting import pen

ISOLATED = ("1a", "1b", "1c", "1d")  # the categories whose segments are single characters
MAX_BYTES = 64 << 20  # of one file, unpacked: pendigits-orig has 4 MB
MAX_UNPACKED_BYTES = 1 << 30  # of all files of an archive
MAX_DISTANCE = 1e9  # from a tablet's corner; a larger one means a damaged file
ILLEGIBLE = r"\@"  # the label of an illegible character
SEGMENT = re.compile(r'\.SEGMENT\s+(CHARACTER|DIGIT)\s+([\d:,-]+)(?:\s+\S+)?\s+"(.+)"\s*$')


class PenFileError(Exception):
    """The handwriting can't be used. The message gives the reason and a remedy."""


class Drawing(NamedTuple):
    """One character that a person wrote."""

    strokes: pen.Strokes  # float64 (points, 2): the box centred on 0 0, its longer side 1, y down
    label: str  # a single character: what the writer was asked for
    writer: str  # the same for everything that one person wrote


class Component(NamedTuple):
    """The ink between two changes of the pen."""

    points: np.ndarray  # float64 (points, 2), y down
    down: bool


class TabletInk(NamedTuple):
    """The ink so far, or that of one `.INCLUDE`."""

    components: list[Component]  # without empty ones, which UNIPEN doesn't count
    writer: str | None
    columns: tuple[int, int]  # where `.COORD` puts x and y


def read(path: Path) -> list[Drawing]:
    """Read a UNIPEN distribution, or a single file such as UCI's pendigits-orig.

    Args:
        path: the distribution as `.tgz`, `.zip` or folder, or one UNIPEN text file, plain or
            gzipped.

    Returns:
        The isolated characters whose ink is not missing, in the order of the files.

    Raises:
        PenFileError: it can't be read, or holds no isolated character.
    """
    try:
        if path.is_dir():
            drawings = list(_read_distribution(path, path))
        elif path.suffix.lower() in (".tgz", ".zip") or path.name.lower().endswith(".tar.gz"):
            with tempfile.TemporaryDirectory() as folder:
                _unpack(path, Path(folder))
                drawings = list(_read_distribution(Path(folder), path))
        else:
            return read_pen_file(path)
    except (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise PenFileError(f"“{path}” can't be read: {reason}.") from None
    if not drawings:
        raise PenFileError(
            f"“{path}” holds no isolated characters. A UNIPEN distribution has a folder “data” "
            "with 1a, 1b, 1c or 1d in it, and a folder “include” beside it."
        )
    return drawings


def read_all(paths: Iterable[str | Path]) -> list[Drawing]:
    """Read several distributions or files; see `read`."""
    return [drawing for path in paths for drawing in read(Path(path))]


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack what `_read_distribution` needs, and nothing outside of `folder`.

    Raises:
        PenFileError: it would unpack to more than `MAX_UNPACKED_BYTES`.
    """
    remaining = MAX_UNPACKED_BYTES

    def wanted(name: str, size: int) -> bool:
        nonlocal remaining
        parts = PurePosixPath(name).parts
        if not (
            "include" in parts or ("data" in parts and any(part in ISOLATED for part in parts))
        ):
            return False
        remaining -= size
        if remaining < 0:
            raise PenFileError(
                f"“{archive}” unpacks to more than {MAX_UNPACKED_BYTES >> 20} MB. A UNIPEN "
                "distribution is far smaller; download it again."
            )
        return True

    if archive.suffix.lower() == ".zip":
        with zipfile.ZipFile(archive) as unzipped:
            for entry in unzipped.infolist():
                if wanted(entry.filename, entry.file_size):
                    unzipped.extract(entry, folder)
    else:
        with tarfile.open(archive) as untarred:
            for member in untarred:
                if member.isfile() and wanted(member.name, member.size):
                    # Python 3.11.2, in Debian 12, has no extraction filters yet.
                    target = (folder / member.name).resolve()
                    if not target.is_relative_to(folder.resolve()):
                        raise PenFileError(f"“{archive}” would unpack outside of its folder.")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with untarred.extractfile(member) as source, target.open("wb") as file:
                        shutil.copyfileobj(source, file)


def _read_distribution(folder: Path, path: Path) -> Iterator[Drawing]:
    """Read every isolated character below `folder`; `path` is what the messages call it."""
    roots = {
        category.parent.parent
        for name in ISOLATED
        for category in folder.rglob(name)
        if category.parent.name == "data" and category.is_dir()
    }
    for root in sorted(roots):
        cache: dict[Any, TabletInk] = {}
        for name in ISOLATED:
            for file in sorted((root / "data" / name).rglob("*")):
                if file.is_file():
                    try:
                        yield from _read_labels(file, root, cache)
                    except ValueError as error:
                        where = file.relative_to(root)
                        raise PenFileError(f"“{path}” is damaged: {where}: {error}.") from None


def _read_labels(file: Path, root: Path, cache: dict[Any, TabletInk]) -> Iterator[Drawing]:
    """Yield the characters that one file of `data/` lists; `cache` keeps ink across files."""
    contributor = file.relative_to(root / "data").parts[1]
    # Some files don't name the writer; then each counts as another writer's.
    ink = TabletInk([], f"{contributor}/{file.stem}", (0, 1))
    for line in _text(file).splitlines():
        if line.startswith(".INCLUDE"):
            ink = _include(line, ink, root / "include", cache)
        elif segment := SEGMENT.match(line.strip()):
            strokes = _delineated(ink.components, segment[2])
            label = segment[3].removeprefix("\\") if len(segment[3]) == 2 else segment[3]
            if strokes and len(label) == 1 and segment[3] != ILLEGIBLE:
                yield Drawing(pen.unit(strokes), label, str(ink.writer))


def _include(line: str, before: TabletInk, include: Path, cache: dict[Any, TabletInk]) -> TabletInk:
    """Add the ink of an `.INCLUDE` to the ink so far; a missing file adds nothing."""
    name = line.split(None, 1)[1].strip() if len(line.split()) > 1 else ""
    key = name, before.columns
    if key not in cache:
        cache[key] = TabletInk([], None, before.columns)  # also ends a cycle of files
        file = include / name
        if file.resolve().is_relative_to(include.resolve()) and file.is_file():
            cache[key] = _read_ink(file, before.columns, include, cache)
    new = cache[key]
    return TabletInk(before.components + new.components, new.writer or before.writer, new.columns)


def _read_ink(
    file: Path, columns: tuple[int, int], include: Path, cache: dict[Any, TabletInk]
) -> TabletInk:
    ink = TabletInk([], None, columns)
    down: bool | None = None  # None in a note, whose numbers are not points
    points: list[tuple[float, float]] = []

    def end_component() -> None:
        if points:
            ink.components.append(Component(np.array(points), bool(down)))
            points.clear()

    for line in _text(file).splitlines():
        words = line.split()
        if line.startswith("."):
            if words[0] in (".DT", ".START_BOX"):  # within the ink, without a change of the pen
                continue
            end_component()
            down = {".PEN_DOWN": True, ".PEN_UP": False}.get(words[0])
            if words[0] == ".WRITER_ID" and len(words) > 1:
                ink = ink._replace(writer=" ".join(words[1:]))
            elif words[0] == ".COORD" and {"X", "Y"} <= set(words):
                ink = ink._replace(columns=(words.index("X") - 1, words.index("Y") - 1))
            elif words[0] == ".INCLUDE":
                ink = _include(line, ink, include, cache)
        elif words and down is not None:
            points.append(_point(words, ink.columns))
    end_component()
    return ink


def _delineated(components: list[Component], delineation: str) -> pen.Strokes:
    """Return the strokes that a delineation names: `3`, `3-5`, `2,4`, `3:10-4:7` (component:point).

    Components count from 0, with the pen down or up; those with the pen up draw nothing. Numbers
    beyond the last component or point are ignored.
    """
    strokes = []
    for part in delineation.split(","):
        ends = [tuple(int(n) for n in end.split(":")) for end in part.split("-")]
        (first, *from_point), (last, *to_point) = ends[0], ends[-1]
        for number in range(first, min(last + 1, len(components))):
            points, down = components[number]
            stop = to_point[0] + 1 if number == last and to_point and len(ends) > 1 else None
            start = from_point[0] if number == first and from_point else 0
            if down and len(points[start:stop]):
                strokes.append(points[start:stop])
    return strokes


def _point(words: list[str], columns: tuple[int, int] = (0, 1)) -> tuple[float, float]:
    try:
        x, y = float(words[columns[0]]), -float(words[columns[1]])  # y points upwards on a tablet
    except (ValueError, IndexError):
        x = y = math.nan
    if not math.hypot(x, y) < MAX_DISTANCE:
        raise ValueError(f"“{' '.join(words)[:60]}” is not a point")
    return x, y


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"it is too long: over {MAX_BYTES} bytes")
    return file.read_text("latin-1")


def read_pen_file(path: Path) -> list[Drawing]:
    """Read one UNIPEN text file, plain or gzipped, in which ink follows its `.SEGMENT`.

    The second number of a segment's `.COMMENT` is the writer, as in UCI's pendigits-orig.

    Raises:
        PenFileError: it can't be read, or is not such a file.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise PenFileError(f"The pen file “{path}” can't be read: {reason}.") from None
    if len(text) > MAX_BYTES:
        raise PenFileError(f"The pen file “{path}” is too long: over {MAX_BYTES} bytes.")
    drawings: list[Drawing] = []
    stroke: Any = None  # None while the pen is up
    for number, line in enumerate(text.decode("latin-1").splitlines(), 1):
        try:
            match line.split():
                case [".SEGMENT", "DIGIT" | "CHARACTER", *_, label]:
                    drawings.append(Drawing([], DIGITS[DIGITS.index(label.strip('"'))], "writer ?"))
                case [".COMMENT", _, writer, _] if drawings and not drawings[-1].strokes:
                    drawings[-1] = drawings[-1]._replace(writer=f"writer {writer}")
                case [".PEN_DOWN"]:
                    stroke = []
                    drawings[-1].strokes.append(stroke)
                case [".PEN_UP"]:
                    stroke = None
                case [x, *_] as words if stroke is not None and x[0] != "." and len(words) > 1:
                    stroke.append(_point(words))
        except (ValueError, IndexError):
            raise PenFileError(
                f"The pen file “{path}” is not a UNIPEN text: "
                f"line {number} is “{line.strip()[:60]}”."
            ) from None
    drawings = [d._replace(strokes=pen.unit(d.strokes)) for d in drawings if any(d.strokes)]
    if not drawings:
        raise PenFileError(f"The pen file “{path}” holds no digit: no .SEGMENT DIGIT with strokes.")
    return drawings
