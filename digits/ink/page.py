"""Finds the page in a photograph of a page on a table."""

import cv2
import numpy as np

OFFSET = 20  # of 255: added before shades are compared by ratio, so that dark noise counts little
MAX_COLOUR_STEP = 0.06  # of the logarithm: a larger difference of colour is not just a shadow
MIN_AREA = 0.12  # of the picture: the page is larger
MAX_AREA = 0.97  # of the picture: a larger page fills it
STEP = 3  # statistics use every third row and column


def find_page(image: np.ndarray) -> np.ndarray | None:
    """Find the page by its even colour around the centre of the picture.

    Args:
        image: uint8 (height, width, 3) RGB.

    Returns:
        bool (height, width); None if the page fills the picture, or if there is none.
    """
    height, width = image.shape[:2]
    scale = 256 / max(height, width)
    size = [max(8, round(side * scale)) for side in (width, height)]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    thin = np.ones((5, 5), np.uint8)  # removes writing and rulings
    small = cv2.morphologyEx(small, cv2.MORPH_CLOSE, thin)
    small = cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_OPEN, thin), 5)
    logs = np.log(cv2.GaussianBlur(small, (0, 0), 1).astype(np.float32) + OFFSET)
    grey = logs.mean(axis=2, keepdims=True)
    chroma = logs - grey
    kernel = np.ones((3, 3), np.uint8)
    steps = cv2.dilate(logs, kernel) - cv2.erode(logs, kernel)
    smooth = (steps.max(axis=2) < 0.1).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(smooth, connectivity=4)
    if count < 2:
        return None
    area = stats[:, cv2.CC_STAT_AREA].astype(float)
    y, x = np.mgrid[-0.5 : 0.5 : size[1] * 1j, -0.5 : 0.5 : size[0] * 1j]
    score = np.bincount(labels.ravel(), np.exp(-(x * x + y * y) / 0.1).ravel(), count)
    score[0] = 0  # the page has the largest share of the picture's centre
    main = int(score.argmax())
    if area[main] < MIN_AREA * smooth.size:
        return None
    flat = labels.ravel()
    sizes = np.maximum(area, 1)
    colour = np.stack(
        [np.bincount(flat, chroma[..., i].ravel(), count) / sizes for i in range(3)], axis=1
    )
    alike = np.abs(colour - colour[main]).max(axis=1) < MAX_COLOUR_STEP
    part = alike & (area > 0.02 * smooth.size)  # parts in a shadow, too
    part[main], part[0] = True, False
    mask = _filled(part[labels])
    # The whole page may be in the picture, on a table of the same grey.
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    at_border = np.bincount(border, minlength=count) > 0.1 * len(border)
    if not at_border[main] and at_border.any():
        alone = _filled((part & ~at_border)[labels])
        (_, sides, _) = cv2.minAreaRect(cv2.findNonZero(alone))
        if alone.sum() > 0.87 * sides[0] * sides[1]:
            mask = alone
    if mask.mean() > MAX_AREA:
        return None
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    mask = cv2.resize(mask * 255, (width, height), interpolation=cv2.INTER_LINEAR) > 127
    return mask if mask[::STEP, ::STEP].any() else None  # the strip is too narrow


def _filled(region: np.ndarray) -> np.ndarray:
    """Close holes and gaps: writing on the page, and the edges of shadows."""
    filled = np.pad(region.astype(np.uint8), 16)
    filled = cv2.morphologyEx(filled, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))
    contours, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    return filled[16:-16, 16:-16]


def without_table(image: np.ndarray, page: np.ndarray | None) -> np.ndarray:
    """Paint the table in the colour of the page.

    Args:
        image: uint8 (height, width, 3) RGB.
        page: from `find_page`.
    """
    if page is None:
        return image
    image = image.copy()
    image[~page] = np.median(image[page][::7], axis=0)
    return image
