"""The drawings on which accuracy is measured."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from handwriting import allographs, non_digits, pen
from handwriting.pen import CANVAS, Strokes
from training import unipen
from training.writers import TEST, label_of, split

PLAIN = {"size": 190, "width": 16}  # pixels, on a canvas of 280, as people are asked to draw
SIZES, WIDTHS = (60, 235), (8, 24)  # pixels: the ranges of "varied"


class Sketch(NamedTuple):
    """What a hand drew, not yet on a canvas."""

    strokes: Strokes  # the box centred on 0 0, its longer side 1, y down
    label: int  # 0-9; -1 for what is no digit
    name: str  # the way, the symbol or the writer


class Sweep(NamedTuple):
    title: str
    axis: str
    steps: Sequence[float]
    draw: Callable[[Strokes, float], np.ndarray]


def sketch_people(paths: list[str]) -> list[Sketch]:
    """The drawings by the writers of the test split; the writer is the name.

    Args:
        paths: see `unipen.read`.

    Raises:
        unipen.PenFileError: a file can't be read, or holds nothing by these writers.
    """
    drawings = [drawing for path in paths for drawing in unipen.read(Path(path))]
    drawings = [drawing for drawing in drawings if split(drawing.writer) == TEST]
    labels = [label_of(drawing) for drawing in drawings]
    sketches = [
        Sketch(d.strokes, -1 if label == pen.NO_DIGIT else label, d.writer)
        for d, label in zip(drawings, labels, strict=True)
        if label is not None
    ]
    if not sketches:
        raise unipen.PenFileError(
            f"“{', '.join(paths)}” holds nothing by the writers of the test split."
        )
    return sketches


def sketch_ways(repeats: int) -> list[Sketch]:
    rng = np.random.default_rng(1)
    ways = [(digit, way) for digit in pen.VARIANTS for way in pen.VARIANTS[digit]] * repeats
    return [Sketch(pen.draw_digit(d, rng, way), d, f"{d} {way}") for d, way in ways]


def sketch_symbols(repeats: int) -> list[Sketch]:
    """Every symbol by name, shaken as `draw_non_digit` does."""
    rng = np.random.default_rng(2)
    sketches = []
    for name in list(allographs.SYMBOLS) * repeats:
        strokes = pen.strokes_from_skeleton(
            allographs.SYMBOLS[name], rng, shake=rng.uniform(0.5, 4)
        )
        sketches.append(Sketch(pen.by_hand(strokes, rng, wild=rng.uniform(0.3, 0.8)), -1, name))
    return sketches


def sketch_non_digits(count: int) -> list[Sketch]:
    rng = np.random.default_rng(3)
    return [Sketch(non_digits.draw_non_digit(rng), -1, "") for _ in range(count)]


def on_canvas(
    strokes: Strokes, size: float = 150, width: float = 16, away: float = 0
) -> np.ndarray:
    """Draws on the canvas: away 0 in its middle, 1 as far in the upper left corner as it fits."""
    points = np.concatenate(strokes)
    corner = width / 2 - points.min(axis=0) * size
    return pen.render(pen.place(strokes, size, CANVAS / 2 + away * (corner - CANVAS / 2)), width)


def plain(sketches: Iterable[Sketch]) -> Iterator[np.ndarray]:
    """In the middle, large, with a pen that suits."""
    return (on_canvas(sketch.strokes, **PLAIN) for sketch in sketches)


def varied(sketches: Iterable[Sketch], seed: int) -> Iterator[np.ndarray]:
    """Of any size, anywhere that it fits, with a fine or a broad pen."""
    rng = np.random.default_rng(seed)
    for sketch in sketches:
        size, width = rng.uniform(*SIZES), rng.uniform(*WIDTHS)
        points = np.concatenate(sketch.strokes) * size
        margin = width / 2 + 1
        low, high = margin - points.min(axis=0), CANVAS - margin - points.max(axis=0)
        yield pen.render(pen.place(sketch.strokes, size, rng.uniform(low, high)), width)


def bent(strokes: Strokes, matrix: Any) -> Strokes:
    return pen.unit([stroke @ np.array(matrix) for stroke in strokes])


def turned(strokes: Strokes, degrees: float) -> Strokes:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return bent(strokes, [[cos, sin], [-sin, cos]])


SWEEPS = {
    "size": Sweep(
        "Size", "longer side in pixels of 280", [30, 40, 60, *range(80, 261, 20)],
        lambda strokes, size: on_canvas(strokes, size=size),
    ),
    "place": Sweep(
        "Place", "% of the way from the middle to the corner", list(range(0, 101, 10)),
        lambda strokes, percent: on_canvas(strokes, size=100, away=percent / 100),
    ),
    "width": Sweep(
        "Pen width", "pixels, for a digit of 150", [2, *range(4, 41, 4)],
        lambda strokes, width: on_canvas(strokes, width=width),
    ),
    "slant": Sweep(
        "Slant", "shear; above 0 it leans right", [step / 10 for step in range(-6, 7)],
        lambda strokes, shear: on_canvas(bent(strokes, [[1, 0], [-shear, 1]])),
    ),
    "rotation": Sweep(
        "Rotation", "degrees clockwise", [7.5 * step for step in range(-6, 7)],
        lambda strokes, degrees: on_canvas(turned(strokes, degrees)),
    ),
}  # fmt: skip
