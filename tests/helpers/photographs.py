"""Photographs of rows of numbers, for tests."""

import numpy as np

from evaluation.photographs.camera import cover, photograph, write
from evaluation.photographs.kinds import KINDS
from handwriting.pen import Strokes, rotation


def take_page(kind: str, rows: list[list[Strokes]], rng: np.random.Generator) -> np.ndarray:
    """Photograph rows of numbers: each row lists the strokes of its digits, or [] for a space."""
    scene = KINDS[kind].scene(rng)
    height, width = scene.page.shape[:2]
    longest = max(len(row) for row in rows)
    size = min(
        0.8 * width / (0.85 * longest + 0.5), 0.75 * height / (1.7 * len(rows)), 0.3 * height
    )
    size *= rng.uniform(0.6, 1)
    spacing = rng.uniform(0.8, 0.95) * size
    left = width / 2 + rng.uniform(-0.05, 0.05) * width - (longest - 1) * spacing / 2
    top = height / 2 - (len(rows) - 1) * 0.8 * size
    matrix = rotation(np.radians(scene.turn))
    inked = np.zeros((height, width), np.float32)
    for y, row in enumerate(rows):
        for x, strokes in enumerate(row):
            if strokes:
                place = np.array([left + x * spacing, top + y * 1.6 * size]) + rng.normal(
                    0, 0.03 * size, 2
                )
                middle = (place - (width / 2, height / 2)) @ matrix + (width / 2, height / 2)
                tall = size * rng.uniform(0.88, 1.08)
                one = cover(
                    (height, width),
                    [stroke @ matrix for stroke in strokes],
                    tall,
                    tuple(middle),
                    scene.pen,
                    rng,
                )
                inked = np.maximum(inked, one)
    write(scene.page, inked, scene.pen, rng)
    return photograph(scene, rng)
