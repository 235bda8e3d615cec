"""Noise, paper, wood and cloth: reflectances as float32 arrays (height, width, 3) in 0-1."""

from collections.abc import Iterable

import cv2
import numpy as np

Rng = np.random.Generator
Range = tuple[float, float]  # a uniform distribution: from, to
Colour = tuple[float, float, float]  # reflectance of red, green and blue, 0-1
Points = np.ndarray | list[tuple[float, float]]  # x, y


def waves(shape: tuple[int, int], scale: float, rng: Rng) -> np.ndarray:
    """Smooth noise, float32 (height, width), mean 0 and deviation 1, `scale` pixels a blob."""
    height, width = shape
    small = (max(2, int(height / scale) + 2), max(2, int(width / scale) + 2))
    field = rng.standard_normal(small, dtype=np.float32)
    field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / max(float(field.std()), 1e-6)


def paper(shape: tuple[int, int], colour: Colour, rng: Rng, rough: float) -> np.ndarray:
    """A page whose fibres and tooth show by `rough` (deviation, 0-1)."""
    page = np.empty((*shape, 3), np.float32)
    page[:] = colour
    if rough:
        texture = 0.6 * rng.standard_normal(shape, dtype=np.float32)
        texture = cv2.GaussianBlur(texture, (0, 0), rng.uniform(0.6, 1.6)) * 1.6
        texture += 0.5 * waves(shape, rng.uniform(10, 60), rng)
        page *= 1 + rough * texture[..., None]
    return page


def fibres(page: np.ndarray, rng: Rng, count: int) -> None:
    """Draw flecks and hairs, as in recycled paper."""
    height, width = page.shape[:2]
    for _ in range(count):
        start = rng.uniform(0, 1, 2) * (width, height)
        bend = np.cumsum(rng.normal(0, 2.5, (rng.integers(2, 7), 2)) + rng.normal(0, 1.5, 2), 0)
        shade = rng.uniform(0.55, 0.92)
        line(page, start + bend, 1, tuple(c * shade for c in page[0, 0]))


def line(picture: np.ndarray, points: Points, width: int, colour: Iterable[float]) -> None:
    """Draw a line with soft edges, in place; `width` is in pixels."""
    path = np.rint(np.asarray(points) * 16).astype(np.int32)
    cv2.polylines(picture, [path], False, tuple(map(float, colour)), max(1, width), cv2.LINE_AA, 4)


def wood(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """A wooden table."""
    height, width = shape
    base = np.array([(0.42, 0.29, 0.19), (0.6, 0.45, 0.3), (0.27, 0.18, 0.12), (0.75, 0.6, 0.42)])
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along, across = (x, y) if rng.random() < 0.5 else (y, x)
    bend = 6 * waves(shape, max(shape) / 4, rng)
    rings = np.sin((across + bend + 0.02 * along) / rng.uniform(4, 14))
    grain = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), 1)
    grain = cv2.blur(grain, (41, 1) if along is x else (1, 41)) * 8
    shade = 1 + rng.uniform(0.03, 0.12) * rings + 0.04 * grain
    return (base[rng.integers(len(base))] * shade[..., None]).astype(np.float32).clip(0.02, 1)


def cloth(shape: tuple[int, int], rng: Rng) -> np.ndarray:
    """A patterned table: checks, stripes, dots, or anything blotchy."""
    height, width = shape
    first, second = rng.uniform(0.1, 0.9, 3), rng.uniform(0.1, 0.9, 3)
    y, x = np.mgrid[:height, :width]
    step = rng.uniform(14, 70)
    match rng.integers(4):
        case 0:
            mask = ((x // step + y // step) % 2).astype(np.float32)
        case 1:
            turn = rng.uniform(0, np.pi)
            mask = (((x * np.cos(turn) + y * np.sin(turn)) // step) % 2).astype(np.float32)
        case 2:
            distance = (x % step - step / 2) ** 2 + (y % step - step / 2) ** 2
            mask = (distance < (0.3 * step) ** 2).astype(np.float32)
        case _:
            mask = (waves(shape, step, rng) > 0).astype(np.float32)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None]
    return (first * mask + second * (1 - mask)).astype(np.float32)
