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
    # width, 11), the class activation maps; see `digits.network.with_inside`.
    evidence: np.ndarray

    def liveliest(self, block: int, count: int) -> np.ndarray:
        """The feature maps of a block (from 0) that differ most from place to place.

        Returns:
            uint8 (count, height, width), the liveliest first; 255 is each one's strongest place.
        """
        maps = np.moveaxis(self.blocks[block], 2, 0)
        found = maps[np.argsort(-maps.std(axis=(1, 2)), kind="stable")[:count]]
        strongest = found.max(axis=(1, 2), keepdims=True)
        return np.rint(found * (255 / np.maximum(strongest, 1e-9))).astype(np.uint8)
