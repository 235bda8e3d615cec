"""The contrast of a photograph: how much each pixel differs from the background around it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from digits.ink.page import OFFSET, STEP, without_table

MIN_CONTRAST_SHARE = 0.07  # 0-1: less is not ink
MAX_NOISE_CONTRAST = 0.3  # 0-1: enough for ink, however noisy the picture
WINDOW = 0.2  # of the shorter side: wider than any stroke
POLARITY_SIDE = 320  # pixels: the longer side of the copy on which `is_light` decides
MAX_BLACKBOARD = 70  # of 255: a darker background is a chalkboard rather than paper

# Combines the contrasts of three channels into one: float32 (..., 3) to (...).
Mix = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Contrast:
    """How much each pixel differs from the background."""

    smooth: np.ndarray  # uint8 (height, width, 3): the picture without noise
    colour: np.ndarray  # float32 (height, width, 3): the contrast in each channel
    mix: Mix  # combines the channels
    value: np.ndarray  # float32 (height, width): the contrast of all channels together
    grain: float  # the deviation of `value` where nothing is written
    light: bool  # whether ink is lighter than the background
    window: int  # pixels: the window that the background was found with

    def of(self, pen: np.ndarray) -> "Contrast":
        """Return the contrast in the direction of a pen's colour.

        Args:
            pen: float (3,), the mean contrast of its ink in each channel.
        """
        weights = (pen.clip(0) / (pen.clip(0) @ pen.clip(0)) * pen.max()).astype(np.float32)
        value = self.colour @ weights
        grain = _grain(value[::STEP, ::STEP])
        return replace(self, mix=lambda colour: colour @ weights, value=value, grain=grain)

    def edges(self, reach: int) -> np.ndarray:
        """Return the contrast to the most ink-like pixel within `reach` pixels."""
        kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        if self.light:
            return self.mix(_contrast(cv2.dilate(self.smooth, kernel), self.smooth))
        return self.mix(_contrast(self.smooth, cv2.erode(self.smooth, kernel)))


def _largest_calm(sample: np.ndarray) -> Mix:
    """Mix channels by taking the largest contrast, without channels that are mere noise.

    The mean would weaken yellow ink, which shows in the blue channel only.
    """
    grains = [_grain(sample[..., channel]) for channel in range(3)]
    calm = np.flatnonzero(np.array(grains) <= 2 * min(grains) + 0.01)
    # NumPy's own `max` is slow along an axis of three.
    return lambda colour: functools.reduce(np.maximum, [colour[..., channel] for channel in calm])


def _grain(sample: np.ndarray) -> float:
    """Estimate the standard deviation from the median absolute deviation."""
    return 1.4826 * float(np.median(np.abs(sample - np.median(sample))))


def find_contrast(
    image: np.ndarray, page: np.ndarray | None, light: bool, window: int | None = None
) -> Contrast:
    """Measure the contrast of a photograph.

    Args:
        image: uint8 (height, width, 3) RGB.
        page: bool (height, width), where the page is; None if it fills the picture.
        light: whether ink is lighter than the background.
        window: pixels, wider than any stroke; by default `WINDOW`.
    """
    smooth = cv2.GaussianBlur(without_table(image, page), (0, 0), 0.8)
    window = window or int(WINDOW * min(image.shape[:2])) | 1
    colour = _ratio(smooth, light, window)
    inside = colour[::STEP, ::STEP]
    if page is not None:
        inside = inside[page[::STEP, ::STEP]]
    # The morphological background is an extreme, which noise biases.
    bias = np.median(inside.reshape(-1, 3), axis=0).clip(0, 0.1).astype(np.float32)
    colour -= bias
    if page is not None:
        colour *= cv2.erode(page.astype(np.uint8), np.ones((5, 5), np.uint8))[..., None]
    inside = inside - bias
    mix = _largest_calm(inside)
    return Contrast(smooth, colour, mix, mix(colour), _grain(mix(inside)), light, window)


def is_light(image: np.ndarray, page: np.ndarray | None) -> bool:
    """Decide whether the ink is lighter than its background, as on a chalkboard.

    Ink differs from the median of its surroundings, and the background between strokes does not.
    Ink is thin, and a page on a table is not.

    Args:
        image, page: as in `find_contrast`.
    """
    scale = POLARITY_SIDE / max(image.shape[:2])
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    small = cv2.resize(without_table(image, page), size, interpolation=cv2.INTER_AREA)
    window = int(WINDOW * min(size)) | 1
    median = cv2.medianBlur(small, 2 * window + 1)
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    weight = np.exp(-2 * (x * x + y * y)).astype(np.float32)
    votes = []
    for light in (False, True):
        differs = _contrast(*((small, median) if light else (median, small)))
        mix = _largest_calm(differs)
        value = mix(np.minimum(differs, _ratio(small, light, window)))
        faint = min(max(MIN_CONTRAST_SHARE, 6 * _grain(mix(differs))), MAX_NOISE_CONTRAST)
        votes.append(float((value * weight)[value > faint].sum()))
    dark, bright = votes
    if np.median(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)) < MAX_BLACKBOARD:
        bright *= 2  # hardly any ink is darker than a chalkboard
    return bright > dark


def _contrast(light: np.ndarray, dark: np.ndarray) -> np.ndarray:
    """Return how much darker `dark` is than `light`, as a share: float32, below 1."""
    table = np.arange(256, dtype=np.float32) + OFFSET
    share: np.ndarray = 1 - table[dark] / table[light]
    return share


def _ratio(image: np.ndarray, light: bool, window: int) -> np.ndarray:
    """Return the contrast to the background: float32 (height, width, 3), 0-1."""
    # Replicate the border, so that a strip of the table along it counts as background.
    wide = cv2.copyMakeBorder(image, window, window, window, window, cv2.BORDER_REPLICATE)
    kernel = np.ones((window, window), np.uint8)
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN if light else cv2.MORPH_CLOSE, kernel)
    background = wide[window:-window, window:-window]
    return _contrast(*((image, background) if light else (background, image)))
