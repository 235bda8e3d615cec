"""Handwriting by many writers: its split, its labels, and how it is redrawn."""

import hashlib

import numpy as np

from handwriting import pen
from training.unipen import DIGITS, Drawing

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# Shares of the writers. Those between the two intervals, and above both, train.
TEST_BELOW, VALIDATION_FROM, VALIDATION_BELOW = 0.11, 0.18, 0.28
# Characters that cannot be mistaken for a digit. Those that can (O, I, l, S, Z, g, q, b, B, Y, G,
# D, J, brackets, slashes, commas) are neither digits nor "none of these": they are left out.
NO_DIGITS = frozenset('ACEFHKLMNPRTUVWXacdefhkmnprtuvwx#$%&*+-=<>?@_~^"')
# A writer of USUAL digits gets each redrawn TIMES times; a writer of fewer gets more, so that a few
# prolific writers don't outweigh the others.
TIMES, USUAL, MAX_TIMES = 3, 100, 8
LOOSE = 0.5  # the share of drawings whose strokes are moved relative to one another


def split(writer: str) -> str:
    """The split that a writer's drawings belong to: TRAIN, VALIDATION or TEST.

    A hash of the name decides, so that a writer stays in a split whatever else is added.
    """
    position = int.from_bytes(hashlib.sha256(writer.encode()).digest()[:6], "big") / 2**48
    if position < TEST_BELOW:
        return TEST
    return VALIDATION if VALIDATION_FROM <= position < VALIDATION_BELOW else TRAIN


def label_of(drawing: Drawing) -> int | None:
    """0-9, `pen.NO_DIGIT`, or None for a character that is left out."""
    if drawing.label in DIGITS:
        return int(drawing.label)
    return pen.NO_DIGIT if drawing.label in NO_DIGITS else None


def times(drew: int) -> int:
    """How often each digit is redrawn of a writer who drew so many."""
    return min(MAX_TIMES, round(TIMES * (USUAL / drew) ** 0.5))


def redraw(drawings: list[Drawing], seed: int) -> np.ndarray:
    """Draws each drawing once with `redrawn`, on all processors.

    Returns:
        uint8 (n, 28, 28), the same for the same seed.
    """
    if not drawings:
        return np.zeros((0, 28, 28), np.uint8)
    with pen.in_processes(_redraw_part, drawings, seed) as drawn:
        return np.concatenate(drawn())


def _redraw_part(drawings: list[Drawing], seed: np.random.SeedSequence) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([redrawn(drawing, rng) for drawing in drawings])


def redrawn(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    """The drawing as the network receives it, in a slightly different hand and with another pen.

    Returns:
        uint8 (28, 28), normalized like any drawing.
    """
    wild = rng.choice([0, rng.uniform(0.1, 0.6)], p=[0.25, 0.75])
    strokes = loosened(drawing.strokes, rng) if rng.random() < LOOSE else drawing.strokes
    return pen.picture(resampled(in_another_mood(strokes, rng, wild), rng), rng)


def in_another_mood(strokes: pen.Strokes, rng: np.random.Generator, wild: float) -> pen.Strokes:
    """Varies a whole drawing with `pen.by_hand`, which expects a height of about 100.

    Args:
        strokes: as `pen.unit` returns them.
        rng, wild: as in `pen.by_hand`.
    """
    return pen.by_hand([stroke * 100 for stroke in strokes], rng, wild)


def loosened(strokes: pen.Strokes, rng: np.random.Generator) -> pen.Strokes:
    """Rotates, scales and shifts each stroke by itself: a lower bar, a detached stem.

    Args:
        strokes: as `pen.unit` returns them; a single stroke is returned unchanged.
    """
    if len(strokes) == 1:
        return strokes
    moved = []
    for stroke in strokes:
        middle, turn = (stroke.min(axis=0) + stroke.max(axis=0)) / 2, rng.normal(0, 0.08)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        scale, shift = np.exp(rng.normal(0, 0.08)), rng.normal(0, 0.03, 2)
        moved.append((stroke - middle) @ matrix * scale + middle + shift)
    return moved


def resampled(strokes: pen.Strokes, rng: np.random.Generator) -> pen.Strokes:
    """Keeps the points that a stylus, a finger or a mouse would have reported.

    A finger reports about 60 points a second, a mouse on a busy computer far fewer. A stylus
    reports more than are visible; drawing them all would only take longer.

    Args:
        strokes: as `pen.unit` returns them.
    """
    steps = {"stylus": (0.015, 0.015), "finger": (0.02, 0.06), "mouse": (0.06, 0.16)}
    step = rng.uniform(*steps[rng.choice(list(steps))])
    return pen.unit([_thinned(stroke, step) for stroke in strokes], smallest=0.1)


def _thinned(stroke: np.ndarray, step: float) -> np.ndarray:
    """The first and the last point, and between them one for each `step` along the stroke."""
    way = np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
    kept = np.searchsorted(way, np.arange(0, way[-1], step))
    return stroke[np.unique(np.append(kept, len(stroke) - 1))]
