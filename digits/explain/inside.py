"""What goes on inside the network while it reads one drawing."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Inside:
    """What the network makes of one drawing on its way to the answer."""

    # Of each block in turn, how strongly each of its feature maps found its pattern where: float32
    # (height, width, maps), 0 and above. They become smaller and more from block to block.
    blocks: list[np.ndarray]
    # What speaks for each output where (above 0), and what against it (below): float32 (height,
    # width, 11), the class activation maps; see `training.network.with_inside`.
    evidence: np.ndarray
    # What was cut out of the picture, shrunk until its longer side is 20: uint8 (height, width).
    cut: np.ndarray

    def liveliest(self, block: int, count: int) -> np.ndarray:
        """The feature maps of a block (from 0) that differ most from place to place.

        Returns:
            uint8 (count, height, width), the liveliest first; 255 is each one's strongest place.
        """
        maps = np.moveaxis(self.blocks[block], 2, 0)
        found = maps[np.argsort(-maps.std(axis=(1, 2)), kind="stable")[:count]]
        strongest = found.max(axis=(1, 2), keepdims=True)
        return np.rint(found * (255 / np.maximum(strongest, 1e-9))).astype(np.uint8)


def slide(kernel: np.ndarray, bias: float, pixels: np.ndarray) -> np.ndarray:
    """What one filter of the first layer finds where, as the window slides over a drawing.

    Args:
        kernel: float (height, width), odd sides; from `card.json`'s filters.
        bias: added everywhere.
        pixels: uint8 (28, 28), what the network was shown.

    Returns:
        float32 (28, 28), 0 and above. The maxima over 2×2 are the network's own feature map.
    """
    height, width = kernel.shape
    padded = np.pad(pixels.astype(np.float32) / 255, ((height // 2,) * 2, (width // 2,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    found = np.einsum("yxij,ij->yx", windows, kernel.astype(np.float32)) + np.float32(bias)
    return np.maximum(found, 0)
