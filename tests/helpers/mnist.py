"""A small data set, in each of MNIST's file formats."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path

import numpy as np

NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def small_set() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (7, 28, 28), dtype=np.uint8),
        "y_train": rng.integers(0, 10, 7, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (5, 28, 28), dtype=np.uint8),
        "y_test": rng.integers(0, 10, 5, dtype=np.uint8),
    }


def idx(array: np.ndarray) -> bytes:
    magic = struct.pack(">I", {3: 0x803, 1: 0x801}[array.ndim])
    return magic + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def idx_files(folder: str = "") -> dict[str, bytes]:
    return {folder + NAMES[key]: idx(array) for key, array in small_set().items()}


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_tgz(path: Path, files: dict[str, bytes], *extra: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in extra:
            archive.addfile(member)
    return path


def write_npz(path: Path, **changed: np.ndarray | None) -> Path:
    arrays = small_set() | changed
    np.savez_compressed(path, **{key: a for key, a in arrays.items() if a is not None})
    return path
