"""The drawings on which accuracy is measured."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from handwriting import non_digits, pen
from handwriting.allographs import SYMBOLS, VARIANTS
from handwriting.pen import CANVAS, NO_DIGIT, Strokes
from training import unipen
from training.writers import TEST, labelled

PLAIN = {"size": 190, "width": 16}  # pixels, on a canvas of 280: large, with the page's pen
SIZES, WIDTHS = (60, 235), (8, 24)  # pixels: the ranges of "varied"


class Sketch(NamedTuple):
    """A drawing that is not on a canvas yet."""

    strokes: Strokes  # the box centred on 0 0, its longer side 1, y down
    label: int  # 0-9, or NO_DIGIT
    name: str  # of the variant, symbol or writer


class Sweep(NamedTuple):
    """Drawings of which one property changes."""

    title: str
    axis: str  # what the steps mean
    steps: Sequence[float]
    draw: Callable[[Strokes, float], np.ndarray]  # takes a step, returns uint8 (280, 280)


def sketch_writers(paths: list[str], split: str = TEST) -> list[Sketch]:
    """Return the drawings by the writers of one split; each is named after its writer.

    Args:
        paths: see `unipen.read`.
        split: `writers.TRAIN`, VALIDATION or TEST.

    Raises:
        unipen.PenFileError: a file can't be read, or they hold no digit by these writers.
    """
    sketches = [
        Sketch(drawing.strokes, label, drawing.writer)
        for drawing, label in labelled(unipen.read_all(paths), split)
    ]
    if all(sketch.label == NO_DIGIT for sketch in sketches):
        raise unipen.PenFileError(
            f"“{', '.join(paths)}” holds no digit by the writers of the {split} split."
        )
    return sketches


def sketch_variants(repeats: int) -> list[Sketch]:
    """Draw every variant of every digit."""
    rng = np.random.default_rng(1)
    variants = [(digit, name) for digit in VARIANTS for name in VARIANTS[digit]] * repeats
    return [Sketch(pen.draw_digit(d, rng, name), d, f"{d} {name}") for d, name in variants]


def sketch_symbols(repeats: int) -> list[Sketch]:
    """Draw every symbol."""
    rng = np.random.default_rng(2)
    names = list(SYMBOLS) * repeats
    return [Sketch(non_digits.draw_symbol(name, rng), NO_DIGIT, name) for name in names]


def sketch_non_digits(count: int) -> list[Sketch]:
    """Draw random non-digits."""
    rng = np.random.default_rng(3)
    return [Sketch(non_digits.draw_non_digit(rng), NO_DIGIT, "") for _ in range(count)]


def on_canvas(
    strokes: Strokes, size: float = 150, width: float = 16, away: float = 0
) -> np.ndarray:
    """Draw strokes on the canvas.

    Args:
        strokes: as in `Sketch`.
        size, width: of the drawing and the pen, in pixels.
        away: 0 for the middle of the canvas, 1 for its upper left corner.

    Returns:
        uint8 (280, 280), ink 255 on 0.
    """
    points = np.concatenate(strokes)
    corner = width / 2 - points.min(axis=0) * size
    return pen.render(pen.place(strokes, size, CANVAS / 2 + away * (corner - CANVAS / 2)), width)


def plain(sketches: Iterable[Sketch]) -> Iterator[np.ndarray]:
    """Draw sketches in the middle, large, with the usual pen; images as of `on_canvas`."""
    return (on_canvas(sketch.strokes, **PLAIN) for sketch in sketches)


def varied(sketches: Iterable[Sketch], seed: int) -> Iterator[np.ndarray]:
    """Draw sketches of any size, anywhere, with a fine or broad pen; images as of `on_canvas`."""
    rng = np.random.default_rng(seed)
    for sketch in sketches:
        size, width = rng.uniform(*SIZES), rng.uniform(*WIDTHS)
        points = np.concatenate(sketch.strokes) * size
        margin = width / 2 + 1
        low, high = margin - points.min(axis=0), CANVAS - margin - points.max(axis=0)
        yield pen.render(pen.place(sketch.strokes, size, rng.uniform(low, high)), width)


def bent(strokes: Strokes, matrix: Any) -> Strokes:
    """Transform strokes by a matrix (2, 2), and make them as large as before."""
    return pen.unit([stroke @ np.array(matrix) for stroke in strokes])


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
        lambda strokes, degrees: on_canvas(bent(strokes, pen.rotation(np.radians(degrees)))),
    ),
}  # fmt: skip
