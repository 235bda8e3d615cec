"""Finds the training images that are most similar to a drawing, among those in the model."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from digits.card import EXAMPLES
from digits.normalize import SIDE
from digits.types import Inside

REGIONS = 3  # the last feature maps are averaged over this many overlapping regions a side
REACH = 3 / 7  # of the side: the length of each region


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A training image similar to a drawing."""

    pixels: np.ndarray  # (28, 28) uint8, in 16 shades
    label: int  # 0-9: the digit that the writer meant
    distance: float  # between the two embeddings, 0 and above


class Examples:
    """A few thousand training images with their embeddings, to look up the nearest ones.

    An embedding is the last block's feature maps, averaged over nine overlapping regions and
    projected by PCA (`training.examples` fits it). Any number of threads may share one.

    Attributes:
        labels: (n,) uint8, 0-9.
        embeddings: (n, d) float32, of the training images.
        non_digits: (m, d) float32, embeddings of drawings that are not digits.
    """

    def __init__(self, arrays: dict[str, np.ndarray]):
        """Take the arrays of `examples.npz`; see `load`."""
        self.labels = arrays["labels"]
        scale = np.float32(arrays["scale"])
        self.embeddings = arrays["embeddings"] * scale
        self.non_digits = arrays["non_digits"] * scale
        self._packed = arrays["images"]  # uint8 (n, 28, 14), by `pack`
        self._mean = arrays["mean"].astype(np.float32)
        self._projection = arrays["projection"].astype(np.float32)
        self._norms = (self.embeddings**2).sum(axis=1)
        shapes_agree = (
            len(self.labels) == len(self.embeddings) == len(self._packed) >= 1
            and self._packed.shape[1:] == (SIDE, SIDE // 2)
            and self._projection.shape == (len(self._mean), self.embeddings.shape[1])
            and self.embeddings.shape[1:] == self.non_digits.shape[1:]
        )
        if not shapes_agree:
            raise ValueError("The shapes of the arrays don't match.")

    @classmethod
    def load(cls, folder: str | os.PathLike[str], network: str) -> Self | None:
        """Load the examples that train.py exported with the model.

        Args:
            folder: of the model.
            network: sha256 (hex) of the network in use: the embeddings of another one differ.

        Returns:
            None if there are none for this network, or if they can't be read. The model works
            without them.
        """
        path = Path(folder) / EXAMPLES
        try:
            with np.load(path, allow_pickle=False) as file:
                if str(file["network"]) == network:
                    return cls(dict(file))
        except FileNotFoundError:
            return None
        except Exception:  # zipfile, zlib and NumPy raise many kinds
            logging.exception("“%s” is damaged. Install it again, or run `python train.py`.", path)
        return None

    def embed(self, inside: Inside) -> np.ndarray:
        """Return the embedding of a drawing: float32 (d,)."""
        return (pool(inside.blocks[-1]) - self._mean) @ self._projection

    def nearest(self, embedding: np.ndarray, count: int = 8) -> list[Neighbour]:
        """Return the training images with the nearest embeddings (Euclidean), the nearest first.

        Args:
            embedding: float32 (d,), from `embed`.
            count: 1 and above; fewer are returned if there are fewer.
        """
        squares = self._norms - 2 * (self.embeddings @ embedding)
        count = min(count, len(squares))
        nearest = np.argpartition(squares, count - 1)[:count]
        nearest = nearest[np.argsort(squares[nearest])]
        distances = np.linalg.norm(self.embeddings[nearest] - embedding, axis=1)
        return [
            Neighbour(unpack(self._packed[index]), int(self.labels[index]), float(distance))
            for index, distance in zip(nearest, distances, strict=True)
        ]


def pool(maps: np.ndarray) -> np.ndarray:
    """Average feature maps over nine overlapping regions.

    Args:
        maps: float32 (..., height, width, maps).

    Returns:
        float32 (..., 9 · maps).
    """
    height, width = maps.shape[-3:-1]
    means = [
        maps[..., rows, columns, :].mean(axis=(-3, -2))
        for rows in _regions(height)
        for columns in _regions(width)
    ]
    return np.concatenate(means, axis=-1)


def _regions(side: int) -> list[slice]:
    length = max(1, round(REACH * side))
    starts = np.rint(np.linspace(0, side - length, REGIONS)).astype(int)
    return [slice(start, start + length) for start in starts]


def pack(images: np.ndarray) -> np.ndarray:
    """Store images in 16 shades, two pixels a byte: uint8 (n, 28, 28) to (n, 28, 14)."""
    shades = ((images.astype(np.uint16) + 8) // 17).astype(np.uint8)
    return shades[..., 0::2] << 4 | shades[..., 1::2]


def unpack(packed: np.ndarray) -> np.ndarray:
    """Restore the images that `pack` stored: uint8 (..., 28, 14) to (..., 28, 28)."""
    return np.stack([packed >> 4, packed & 15], axis=-1).reshape(*packed.shape[:-1], -1) * 17
