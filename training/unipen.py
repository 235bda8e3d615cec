"""Reads handwriting in the UNIPEN format: the official distribution, and UCI's pendigits.

UNIPEN train_r01_v07 (Guyon et al. 1994, https://doi.org/10.1109/ICPR.1994.576870; International
Unipen Foundation, https://doi.org/10.5281/zenodo.1195803, CC BY 4.0) keeps labels and ink apart: a
file in `data/1a` to `data/1d` (isolated digits, capitals, small letters and symbols) names the ink
that belongs to it by `.INCLUDE`, a path below `include/`, and each `.SEGMENT CHARACTER` assigns a
part of the ink to a character. UCI's pendigits-orig (https://archive.ics.uci.edu/dataset/81,
CC BY 4.0) is a single file with both.
"""

import gzip
import math
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from handwriting import pen
from training import archives

MAX_BYTES = 1 << 30  # of all files, unpacked; UNIPEN has far fewer
MAX_DISTANCE = 1e9  # from a tablet's corner; a larger one means a damaged file
# A delineation and a label of one character, maybe after a backslash; "\\@" is illegible.
SEGMENT = re.compile(
    r'\.SEGMENT\s+(?:CHARACTER|DIGIT)\s+([\d:,-]+)(?:\s+\S+)?\s+"(?!\\@")\\?(.)"\s*$'
)
# The folder of a distribution, and the contributor of a file with labels.
LABELS = re.compile(r"(|.+/)data/1[a-d]/([^/]+)")
WRITER = re.compile(r"\.COMMENT\s+\d+\s+(\d+)\s+\d+\s*$")  # in pendigits-orig, after a segment


class PenFileError(Exception):
    """The handwriting can't be used. The message gives the reason and a remedy."""


class Drawing(NamedTuple):
    """One character that a person wrote."""

    strokes: pen.Strokes  # float64 (points, 2): the box centred on 0 0, its longer side 1, y down
    label: str  # a single character: what the writer was asked for
    writer: str  # the same for everything that one person wrote


@dataclass
class Content:
    """What a text holds, together with the files that it includes."""

    writer: str | None = None
    columns: tuple[int, int] = (0, 1)  # where `.COORD` puts x and y
    # The ink between two changes of the pen, float64 (points, 2), y down; empty with the pen up.
    components: list[np.ndarray] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)  # strokes as on the tablet, maybe none


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
        is_single = not archives.is_archive(path)
        found = _read_single(_read_text(path)) if is_single else _read_distribution(path)
        drawings = [d._replace(strokes=pen.unit(d.strokes)) for d in found if d.strokes]
    except (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise PenFileError(f"“{path}” can't be read: {reason}.") from None
    except ValueError as error:
        raise PenFileError(f"“{path}” is damaged: {error}.") from None
    if not drawings:
        raise PenFileError(
            f"“{path}” holds no digit and no other isolated character. A UNIPEN distribution has a "
            "folder “data” with 1a, 1b, 1c or 1d in it, and a folder “include” beside it; a single "
            "file has lines that begin with .SEGMENT DIGIT, and ink."
        )
    return drawings


def read_all(paths: Iterable[str | Path]) -> list[Drawing]:
    """Read several distributions or files; see `read`."""
    return [drawing for path in paths for drawing in read(Path(path))]


def _read_text(path: Path) -> str:
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        content = (gzip.GzipFile(fileobj=file) if is_packed else file).read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is too long: over {MAX_BYTES} bytes")
    return content.decode("latin-1")


def _read_distribution(path: Path) -> Iterator[Drawing]:
    """Read every isolated character of one or several distributions in a folder or archive."""
    files = archives.read_files(
        path, lambda file: "include" in file.parts or bool(LABELS.match(str(file))), MAX_BYTES
    )
    reader = Reader(files)
    for file in sorted(files):
        if labels := LABELS.match(str(file)):
            # Some files don't name the writer; then each counts as another writer's.
            content = Content(f"{labels[2]}/{file.stem}")
            try:
                reader.read(
                    files[file].decode("latin-1"), content, PurePosixPath(labels[1], "include")
                )
                yield from content.drawings
            except ValueError as error:
                raise ValueError(f"{file}: {error}") from None


def _read_single(text: str) -> Iterator[Drawing]:
    """Read a text in which ink follows its segment, whatever the delineation."""
    for part in re.split(r"^(?=\.SEGMENT)", text, flags=re.MULTILINE):
        content = Content("writer ?")
        Reader({}).read(part, content, PurePosixPath())
        strokes = [component for component in content.components if len(component)]
        yield from (drawing._replace(strokes=strokes) for drawing in content.drawings)


class Reader:
    """Reads UNIPEN texts and the files that they include.

    Args:
        files: the included files by path, in latin-1.
    """

    def __init__(self, files: dict[PurePosixPath, bytes]):
        self._files = files
        self._included: dict[tuple[PurePosixPath, tuple[int, int]], Content] = {}

    def read(self, text: str, content: Content, folder: PurePosixPath) -> None:
        """Add what a text holds to `content`; `folder` has the files that it includes.

        Raises:
            ValueError: the text is damaged.
        """
        down: bool | None = None  # None in a note, whose numbers are not points
        points: list[tuple[float, float]] = []

        def end_component() -> None:
            if points:
                content.components.append(np.array(points if down else []))
                points.clear()

        for line in text.splitlines():
            words = line.split()
            if line.startswith("."):
                if words[0] in (".DT", ".START_BOX"):  # within the ink, without a change of the pen
                    continue
                end_component()
                down = {".PEN_DOWN": True, ".PEN_UP": False}.get(words[0])
                self._keyword(line, content, folder)
            elif words and down is not None:
                points.append(_point(words, content.columns))
        end_component()

    def _keyword(self, line: str, content: Content, folder: PurePosixPath) -> None:
        match line.split():
            case [".WRITER_ID", *name] if name:
                content.writer = " ".join(name)
            case [".COORD", *columns] if {"X", "Y"} <= set(columns):
                content.columns = columns.index("X"), columns.index("Y")
            case [".INCLUDE", *name]:
                self._include(folder / " ".join(name), content, folder)
            case [".SEGMENT", *_]:
                if segment := SEGMENT.match(line):
                    strokes = _delineated(content.components, segment[1])
                    content.drawings.append(Drawing(strokes, segment[2], str(content.writer)))
            case [".COMMENT", *_]:
                if content.drawings and (number := WRITER.match(line)):
                    last = content.drawings.pop()
                    content.drawings.append(last._replace(writer=f"writer {number[1]}"))

    def _include(self, file: PurePosixPath, content: Content, folder: PurePosixPath) -> None:
        """Add the ink of a file; a missing file adds nothing."""
        key = file, content.columns
        if key not in self._included:
            new = self._included[key] = Content(columns=content.columns)  # ends a cycle of files
            if file in self._files:
                self.read(self._files[file].decode("latin-1"), new, folder)
        included = self._included[key]
        content.components += included.components
        content.writer = included.writer or content.writer
        content.columns = included.columns


def _delineated(components: list[np.ndarray], delineation: str) -> pen.Strokes:
    """Return the strokes that a delineation names: `3`, `3-5`, `2,4`, `3:10-4:7` (component:point).

    Components count from 0, with the pen down or up; those with the pen up draw nothing. Numbers
    beyond the last component or point are ignored.
    """
    strokes = []
    for part in delineation.split(","):
        ends = [tuple(int(n) for n in end.split(":")) for end in part.split("-")]
        (first, *from_point), (last, *to_point) = ends[0], ends[-1]
        for number in range(first, min(last + 1, len(components))):
            stop = to_point[0] + 1 if number == last and to_point and len(ends) > 1 else None
            start = from_point[0] if number == first and from_point else 0
            strokes.append(components[number][start:stop])
    return [stroke for stroke in strokes if len(stroke)]


def _point(words: list[str], columns: tuple[int, int]) -> tuple[float, float]:
    try:
        x, y = float(words[columns[0]]), -float(words[columns[1]])  # y points upwards on a tablet
    except (ValueError, IndexError):
        x = y = math.nan
    if not math.hypot(x, y) < MAX_DISTANCE:
        raise ValueError(f"“{' '.join(words)[:60]}” is not a point")
    return x, y
