"""Reads files of folders and archives; nothing is extracted to disk."""

import gzip
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

TARS = (".tgz", ".tar.gz")
ZIPS = (".zip", ".npz")
MAX_FILES = 100_000  # of a folder or archive, so that `--data /` ends soon


def is_archive(path: Path) -> bool:
    """Whether `read_files` can read it: a folder, or a file with a name of such an archive."""
    return path.is_dir() or (path.is_file() and path.name.lower().endswith(TARS + ZIPS))


def read_files(
    path: Path, is_wanted: Callable[[PurePosixPath], bool], max_bytes: int
) -> dict[PurePosixPath, bytes]:
    """Read files of a folder, a zip file or a gzipped tar file.

    Args:
        path: see `is_archive`.
        is_wanted: takes the path of a file in the folder or archive.
        max_bytes: of all wanted files together, unpacked.

    Raises:
        ValueError: it holds too many files, or the wanted ones are too large.
        OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile: it can't be read.
    """
    files = {}
    for number, (name, size, read) in enumerate(_files(path)):
        if number >= MAX_FILES:
            raise ValueError("it holds too many files")
        if is_wanted(name):
            max_bytes -= size
            if max_bytes < 0:
                raise ValueError(f"{name.name} is far too big once unpacked")
            files[name] = read()
    return files


def _files(path: Path) -> Iterator[tuple[PurePosixPath, int, Callable[[], bytes]]]:
    """Yield the path, the unpacked size and a reader of each file."""
    if path.is_dir():
        os.scandir(path).close()  # raises if it can't be read; rglob would find nothing
        for file in path.rglob("*"):
            if file.is_file():
                name = PurePosixPath(file.relative_to(path).as_posix())
                yield name, file.stat().st_size, file.read_bytes
    elif path.name.lower().endswith(ZIPS):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                yield PurePosixPath(entry.filename), entry.file_size, partial(archive.read, entry)
    else:
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                if member.isfile():
                    yield PurePosixPath(member.name), member.size, archive.extractfile(member).read
            while stream.read(1 << 20):  # to the end, which has the checksum
                pass
