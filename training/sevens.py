"""A 7 whose bar rises: where does the network begin to take it for a 1, and how suddenly?

Between two ways of writing, certainty should fall smoothly. The bar's angle, the slant of the stem
and the length of the bar are varied one by one. This only measures: nothing is chosen by it.
"""

from typing import Any

import numpy as np

from digits.classifier import DigitClassifier
from handwriting import pen

ANGLES = np.arange(0, 42.5, 2.5)  # degrees by which the bar rises to the right
SLANTS = (0, 10, 20, 30)  # degrees by which the stem leans
LENGTHS = (0.4, 0.5, 0.6, 0.7, 0.8)  # of the bar, for a stem of 1
SIZE, WIDTH = 150, 16  # pixels on the canvas
SURE = 0.9


def seven(angle: float, slant: float, length: float) -> pen.Strokes:
    """The bar from left to right, then the stem downwards, in one stroke.

    Args:
        angle: degrees by which the bar rises to the right.
        slant: degrees by which the stem leans, its foot to the left.
        length: of the bar, for a stem that is 1 high.

    Returns:
        One array (3, 2), as `handwriting.pen.unit` centres and scales it.
    """
    rise, lean = np.radians(angle), np.radians(slant)
    left = -length * np.cos(rise), length * np.sin(rise)
    return pen.unit([[left, (0, 0), (-np.tan(lean), 1)]])


def draw(angle: float, slant: float, length: float) -> np.ndarray:
    """`seven` on the canvas: uint8 (280, 280), light on dark."""
    middle = (pen.CANVAS / 2, pen.CANVAS / 2)
    return pen.render(pen.place(seven(angle, slant, length), SIZE, middle), WIDTH)


def measure(classifier: DigitClassifier) -> dict[str, Any]:
    """Reads a 7 at every angle, with every slant and length.

    Returns:
        "angles"; for each of them, as shares 0-1 of its drawings, what they were read as ("seven",
        "one", "other", "unsure": they add up to 1) and "sure_of_another", a digit but 7 with more
        than 90%; and over all slants and lengths the "median_step" and the "largest_step" of the
        probability of 7 from one angle to the next.
    """
    ways = [(slant, length) for slant in SLANTS for length in LENGTHS]
    drawings = [draw(angle, *way) for angle in ANGLES for way in ways]
    predictions = classifier.predict_batch(drawings)
    shape = len(ANGLES), len(ways)
    digits = np.array([-1 if p.digit is None else p.digit for p in predictions]).reshape(shape)
    confidence = np.array([p.confidence for p in predictions]).reshape(shape)
    sevens = np.array([p.bars[7] for p in predictions]).reshape(shape)
    read_as = {
        "seven": digits == 7, "one": digits == 1, "unsure": digits < 0,
        "other": (digits >= 0) & (digits != 1) & (digits != 7),
        "sure_of_another": (digits >= 0) & (digits != 7) & (confidence > SURE),
    }  # fmt: skip
    steepest = np.abs(np.diff(sevens, axis=0)).max(axis=0)  # of each slant and length
    return {
        "angles": ANGLES.tolist(),
        **{name: which.mean(axis=1).tolist() for name, which in read_as.items()},
        "median_step": float(np.median(steepest)),
        "largest_step": float(steepest.max()),
    }


def as_rows(found: dict[str, Any]) -> list[list[str]]:
    """What `measure` found as a table, in per cent."""
    names = ("seven", "unsure", "one", "other", "sure_of_another")
    rows = [["Degrees", "read as 7", "unsure", "as 1", "as another", f"not 7, over {SURE:.0%}"]]
    for angle, *shown in zip(found["angles"], *(found[name] for name in names), strict=True):
        rows.append([f"{angle:g}", *(f"{100 * share:.0f}" for share in shown)])
    return rows
