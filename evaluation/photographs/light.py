"""Light on a page: float32 arrays (height, width, 1) that multiply what the page reflects."""

import cv2
import numpy as np

from evaluation.photographs.textures import Range, Rng


def lamp(shape: tuple[int, int], rng: Rng, low: float, high: float) -> np.ndarray:
    """Light that falls off to one side by a share of `low` to `high`."""
    height, width = shape
    turn = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    ramp = np.cos(turn) * x / width + np.sin(turn) * y / height
    ramp = (ramp - ramp.min()) / max(float(np.ptp(ramp)), 1e-6)
    return (1 - rng.uniform(low, high) * ramp ** rng.uniform(0.7, 2))[..., None]


def vignette(shape: tuple[int, int], rng: Rng, amount: Range) -> np.ndarray:
    """Light whose corners are darker than the middle by `amount`, a share."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    radius = np.hypot((x - width / 2) / (width / 2), (y - height / 2) / (height / 2)) / np.sqrt(2)
    return (1 - rng.uniform(*amount) * radius**2)[..., None]


def shadow(shape: tuple[int, int], rng: Rng, softness: Range, amount: Range) -> np.ndarray:
    """A shadow of a hand, a head or a phone that comes in from an edge.

    Args:
        softness: of its edge, in pixels.
        amount: the share of the light that is missing.
    """
    soft, share = rng.uniform(*softness), rng.uniform(*amount)
    height, width = shape
    mask = np.zeros(shape, np.float32)
    side = max(shape)
    if rng.random() < 0.5:  # a straight edge, as a window frame's or a book's
        turn = rng.uniform(0, 2 * np.pi)
        along = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-along[1], along[0]])
        start = (np.array([width, height]) / 2) + across * rng.uniform(-0.3, 0.35) * side
        corners = [start - 3 * side * along, start + 3 * side * along]
        corners += [corner + 3 * side * across for corner in corners[::-1]]
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1.0)
    else:  # round, as a head's
        turn = rng.uniform(0, 2 * np.pi)
        middle = np.array([width, height]) / 2
        middle = middle + rng.uniform(0.35, 0.75) * side * np.array([np.cos(turn), np.sin(turn)])
        axes = np.rint(rng.uniform(0.3, 0.7, 2) * side).astype(int)
        cv2.ellipse(
            mask, np.rint(middle).astype(int).tolist(), axes.tolist(), rng.uniform(0, 180), 0, 360,
            1.0, -1,
        )  # fmt: skip
    if soft > 0.3:
        mask = cv2.GaussianBlur(mask, (0, 0), soft)
    return (1 - share * mask)[..., None]


def crease(shape: tuple[int, int], rng: Rng, amount: Range) -> np.ndarray:
    """A fold in the paper: one side is darker by `amount`, a share."""
    share = rng.uniform(*amount)
    height, width = shape
    mask = np.zeros(shape, np.float32)
    ends = rng.uniform(0, 1, (2, 2)) * (width, height)
    ends = ends.mean(axis=0) + (ends - ends.mean(axis=0)) * 4
    normal = np.array([ends[1, 1] - ends[0, 1], ends[0, 0] - ends[1, 0]])
    side = ends + normal / max(np.hypot(*normal), 1) * 3 * max(shape)
    cv2.fillPoly(mask, [np.rint([*ends, *side[::-1]]).astype(np.int32)], 1.0)
    return 1 - share * cv2.GaussianBlur(mask, (0, 0), 1.2)[..., None]


def glare(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """Reflections of one to three lamps, to be added: float32 (height, width, 1)."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    total = np.zeros((height, width, 1), np.float32)
    for _ in range(rng.integers(1, 4)):
        cy, cx = rng.uniform(0, 1, 2) * shape
        ry, rx = rng.uniform(0.06, 0.3, 2) * max(shape)
        bump = np.exp(-(((((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2) / 2) ** rng.uniform(0.7, 3)))
        total += rng.uniform(0.1, 0.4) * bump[..., None]
    return total
