"""Varies drawings by real writers, so that each can be used many times."""

import numpy as np

from handwriting import pen


def varied(strokes: pen.Strokes, rng: np.random.Generator, wild: float) -> pen.Strokes:
    """Vary a whole drawing with `pen.by_hand`, which expects a height of about 100.

    Args:
        strokes: as `pen.unit` returns them.
        rng, wild: as in `pen.by_hand`.
    """
    return pen.by_hand([stroke * 100 for stroke in strokes], rng, wild)


def loosened(strokes: pen.Strokes, rng: np.random.Generator) -> pen.Strokes:
    """Rotate, scale and shift each stroke independently: a lower bar, a detached stem.

    Args:
        strokes: as `pen.unit` returns them; a single stroke is returned unchanged.
    """
    if len(strokes) == 1:
        return strokes
    moved = []
    for stroke in strokes:
        middle, turn = (stroke.min(axis=0) + stroke.max(axis=0)) / 2, rng.normal(0, 0.08)
        scale, shift = np.exp(rng.normal(0, 0.08)), rng.normal(0, 0.03, 2)
        moved.append((stroke - middle) @ pen.rotation(turn) * scale + middle + shift)
    return moved


def resampled(strokes: pen.Strokes, rng: np.random.Generator) -> pen.Strokes:
    """Keep the points that a stylus, a finger or a mouse would have reported.

    A finger reports about 60 points a second, a mouse on a busy computer far fewer. A stylus
    reports more than are visible; drawing them all would only take longer.

    Args:
        strokes: as `pen.unit` returns them.
    """
    steps = {"stylus": (0.015, 0.015), "finger": (0.02, 0.06), "mouse": (0.06, 0.16)}
    step = rng.uniform(*steps[rng.choice(list(steps))])
    return pen.unit([_thinned(stroke, step) for stroke in strokes], smallest=0.1)


def _thinned(stroke: np.ndarray, step: float) -> np.ndarray:
    """Keep the first and the last point, and between them one for each `step` of the stroke."""
    lengths = pen.lengths(stroke)
    kept = np.searchsorted(lengths, np.arange(0, lengths[-1], step))
    return stroke[np.unique(np.append(kept, len(stroke) - 1))]
