"""Connected components."""

import cv2
import numpy as np


def label(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label 8-connected components.

    Args:
        mask: bool (height, width).

    Returns:
        int32 (height, width), 0 outside of the mask, else 1, 2, … by component; and int32
        (components, 4), the box of each: left, top, right, bottom, right and bottom exclusive.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    boxes = stats[1:, :4].copy()
    boxes[:, 2:] += boxes[:, :2]
    return labels, boxes
