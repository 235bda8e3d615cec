"""Real people's handwriting to learn from: who is kept aside, which labels hold, how it is drawn.

Writers, not drawings, are divided by a hash of their name: some only measure, some only choose and
calibrate, the rest teach. UCI's pendigits all teach.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from handwriting import pen
from training.unipen import DIGITS, Drawing

MEASURE, CHOOSE, TEACH = "measure", "choose", "teach"
# Parts of the writers. Those between the first two measured until missing ways of writing were
# taken from their misread drawings; they teach since.
MEASURE_BELOW, CHOOSE_FROM, CHOOSE_BELOW = 0.11, 0.18, 0.28
# Characters that nobody would call a digit. Those that somebody might (O, I, l, S, Z, g, q, b, B,
# Y, G, D, J, brackets, slashes, commas) are neither digits nor "none of these": they are left out.
NO_DIGITS = frozenset('ACEFHKLMNPRTUVWXacdefhkmnprtuvwx#$%&*+-=<>?@_~^"')
FOLDS = 3
SOURCES = [
    {
        "name": "UNIPEN train_r01_v07, isolated characters",
        "by": "I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet (1994); "
        "International Unipen Foundation",
        "url": "https://doi.org/10.5281/zenodo.1195803",
        "licence": "CC BY 4.0",
    },
    {
        "name": "Pen-Based Recognition of Handwritten Digits (pendigits-orig)",
        "by": "E. Alpaydin, F. Alimoglu (1998); UCI Machine Learning Repository",
        "url": "https://doi.org/10.24432/C5MG6K",
        "licence": "CC BY 4.0",
    },
]
PENDIGITS = "writer "  # how `unipen.read_pen_file` names the writers of a single file
# How often each is drawn, with other pens. A digit more often, the fewer its writer drew, so that
# a few busy writers don't outweigh the others: TIMES if there are USUAL of the writer's.
TIMES, USUAL, MOST_TIMES = 5, 100, 20
LETTER_TIMES, HELD_TIMES = 4, 3
LOOSE = 0.5  # the share of drawings whose strokes stand a little differently to one another


def role(writer: str) -> str:
    """What a UNIPEN writer's drawings are for: MEASURE, CHOOSE or TEACH."""
    spot = int.from_bytes(hashlib.sha256(writer.encode()).digest()[:6], "big") / 2**48
    if spot < MEASURE_BELOW:
        return MEASURE
    return CHOOSE if CHOOSE_FROM <= spot < CHOOSE_BELOW else TEACH


def is_pendigits(drawing: Drawing) -> bool:
    """Whether it is from UCI's pendigits, or another single file."""
    return drawing.writer.startswith(PENDIGITS)


def label_of(drawing: Drawing) -> int | None:
    """0-9, `pen.NO_DIGIT`, or None for what is neither."""
    if drawing.label in DIGITS:
        return int(drawing.label)
    return pen.NO_DIGIT if drawing.label in NO_DIGITS else None


def picture(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    """The drawing as the network sees it, redrawn a little differently with another pen.

    Returns:
        uint8 array (28, 28), normalised like any drawing.
    """
    wild = rng.choice([0, rng.uniform(0.1, 0.6)], p=[0.25, 0.75])
    strokes = loosened(drawing.strokes, rng) if rng.random() < LOOSE else drawing.strokes
    return pen.picture(resampled(in_another_mood(strokes, rng, wild), rng), rng)


def in_another_mood(strokes: pen.Strokes, rng: np.random.Generator, wild: float) -> pen.Strokes:
    """`pen.by_hand` of a whole drawing: it expects what is about 100 tall.

    Args:
        strokes: as of `pen.unit`.
        rng, wild: as in `pen.by_hand`.
    """
    return pen.by_hand([stroke * 100 for stroke in strokes], rng, wild)


def loosened(strokes: pen.Strokes, rng: np.random.Generator) -> pen.Strokes:
    """Turns, scales and shifts each stroke by itself: a bar that hangs lower, a stem set apart.

    Args:
        strokes: as of `pen.unit`; a single one stays as it is.
        rng: the source of chance.
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
    """Keeps the points that a stylus, a finger or a mouse would have given, by chance."""
    # Of a whole drawing of 1. A finger reports about 60 times a second, a mouse on a busy computer
    # far less often. A stylus reports more points than can be seen, and they take long to draw.
    steps = {"stylus": (0.015, 0.015), "finger": (0.02, 0.06), "mouse": (0.06, 0.16)}
    step = rng.uniform(*steps[rng.choice(list(steps))])
    return pen.unit([_thinned(stroke, step) for stroke in strokes], smallest=0.1)


def _thinned(stroke: np.ndarray, step: float) -> np.ndarray:
    """The first and last point, and between them one in every `step` of the way."""
    way = np.concatenate([[0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
    kept = np.searchsorted(way, np.arange(0, way[-1], step))
    return stroke[np.unique(np.append(kept, len(stroke) - 1))]


class Doubts(NamedTuple):
    """What confident learning makes of n labels."""

    doubtful: np.ndarray  # bool (n,)
    thresholds: np.ndarray  # float (classes,): how sure the networks are of a class on the average


def doubt(outputs: np.ndarray, labels: np.ndarray, thresholds: np.ndarray | None = None) -> Doubts:
    """Finds the labels that are probably wrong, by confident learning.

    Northcutt, Jiang and Chuang 2021 (https://doi.org/10.1613/jair.1.12125): a label is doubtful
    where a network that has not learned from it is as sure of another class as it is, on the
    average, of the drawings that carry that class's label. What looks unusual, and like nothing
    else, stays.

    Args:
        outputs: float (n, classes), each row from networks that have not learned from it.
        labels: integers (n,).
        thresholds: of other drawings, for drawings too few to have their own.
    """
    if thresholds is None:
        classes = range(outputs.shape[1])
        thresholds = np.array([outputs[labels == one, one].mean() for one in classes])
    confident = np.where(outputs >= thresholds, outputs, 0)
    best = confident.argmax(axis=1)
    return Doubts((confident.max(axis=1) > 0) & (best != labels), thresholds)


Learner = Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]


def out_of_fold(
    learn: Learner,
    x: np.ndarray,
    y: np.ndarray,
    writers: list[str],
    others: tuple[Any, Any],
    unseen: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """What networks make of drawings by writers whom they have not learned from.

    Args:
        learn: trains a network on images and labels, and gives what reads images with it.
        x: uint8 (n, 28, 28), drawings to learn from in turn.
        y: integers (n,), their labels.
        writers: of each drawing.
        others: images and labels that every network learns from as well.
        unseen: uint8 (m, 28, 28), drawings that no network learns from.

    Returns:
        float (n, classes), and float (m, classes), the mean of all networks.
    """
    folds = np.array(
        [int(hashlib.sha256(f"fold {name}".encode()).hexdigest(), 16) % FOLDS for name in writers]
    )
    outputs: np.ndarray | None = None
    mean: Any = 0
    for fold in range(FOLDS):
        rest = folds != fold
        read = learn(np.concatenate([x[rest], others[0]]), np.concatenate([y[rest], others[1]]))
        found = read(x[~rest])
        outputs = np.zeros((len(x), found.shape[1])) if outputs is None else outputs
        outputs[~rest] = found
        mean = mean + read(unseen) / FOLDS
    assert outputs is not None
    return outputs, mean


class People(NamedTuple):
    """What real people's pens teach, and what is kept aside to choose and calibrate on."""

    x: np.ndarray  # uint8 (n, 28, 28)
    y: np.ndarray  # (n,) 0-10
    x_held: np.ndarray  # uint8 (m, 28, 28): digits by the writers who choose
    y_held: np.ndarray  # (m,) 0-9
    told: dict[str, Any]  # for the model card
    dropped: list[tuple[np.ndarray, int, int]]  # image, its label, what the networks think


def gather(
    drawings: list[Drawing],
    learn: Learner,
    others: tuple[Any, Any],
    seed: int,
    also_asked: Callable[[np.ndarray], np.ndarray] | None = None,
) -> People:
    """Divides the drawings by writer, leaves out doubtful labels, and draws the rest many times.

    Args:
        drawings: of all the files to learn from.
        learn, others: as in `out_of_fold`.
        seed: not negative.
        also_asked: a network that has not learned from any of these writers, if there is one: a
            digit that it reads as its label says stays. (The small networks of `out_of_fold` take
            some zeros with a slash for symbols.)
    """
    rng = np.random.default_rng(seed)
    by_role: dict[str, list[tuple[Drawing, int]]] = {MEASURE: [], CHOOSE: [], TEACH: []}
    for drawing in drawings:
        label = label_of(drawing)
        if label is None:
            continue
        by_role[TEACH if is_pendigits(drawing) else role(drawing.writer)].append((drawing, label))
    teach = _not_too_many_letters(by_role[TEACH], rng)
    choose = [one for one in by_role[CHOOSE] if one[1] != pen.NO_DIGIT]
    y, y_choose = (np.array([y for _, y in some], int) for some in (teach, choose))
    views = [d for d, _ in teach + choose]
    images = pictures(views, seed)
    x, x_choose = images[: len(teach)], images[len(teach) :]
    print(f"Looking for wrong labels among {len(teach) + len(choose)} drawings by people…")
    outputs, of_choose = out_of_fold(learn, x, y, [d.writer for d, _ in teach], others, x_choose)
    doubtful, thresholds = doubt(outputs, y)
    doubtful_choose = doubt(of_choose, y_choose, thresholds).doubtful
    if also_asked:
        for doubts, images, labels in ((doubtful, x, y), (doubtful_choose, x_choose, y_choose)):
            some = np.flatnonzero(doubts & (labels != pen.NO_DIGIT))
            doubts[some] = also_asked(images[some])[:, : pen.NO_DIGIT].argmax(1) != labels[some]
    dropped = [(x[i], int(y[i]), int(outputs[i].argmax())) for i in np.flatnonzero(doubtful)]
    kept = [one for one, bad in zip(teach, doubtful, strict=True) if not bad]
    kept_choose = [one for one, bad in zip(choose, doubtful_choose, strict=True) if not bad]
    digits = [one for one in kept if one[1] != pen.NO_DIGIT]
    drew = Counter(d.writer for d, _ in digits)
    again = [
        (drawing, label)
        for drawing, label in kept
        for _ in range(LETTER_TIMES if label == pen.NO_DIGIT else times(drew[drawing.writer]))
    ]
    held = [one for one in kept_choose for _ in range(HELD_TIMES)]
    drawn = pictures([d for d, _ in again + held], seed + 1)
    told = {
        "writers": len({d.writer for d, _ in kept}),
        "digits": len(digits),
        "digit_writers": len({d.writer for d, _ in digits}),
        "letters_and_symbols": len(kept) - len(digits),
        "doubtful_digits_left_out": int((doubtful & (y != pen.NO_DIGIT)).sum()),
        "doubtful_letters_left_out": int((doubtful & (y == pen.NO_DIGIT)).sum()),
        "choosing_writers": len({d.writer for d, _ in kept_choose}),
        "choosing_digits": len(kept_choose),
        "choosing_digits_left_out": int(doubtful_choose.sum()),
        "measuring_writers": len({d.writer for d, _ in by_role[MEASURE]}),
    }
    return People(
        drawn[: len(again)], np.array([y for _, y in again]),
        drawn[len(again) :], np.array([y for _, y in held]), told, dropped,
    )  # fmt: skip


def times(drew: int) -> int:
    """How often a digit is drawn whose writer drew so many."""
    return min(MOST_TIMES, round(TIMES * (USUAL / drew) ** 0.5))


def _not_too_many_letters(
    some: list[tuple[Drawing, int]], rng: np.random.Generator
) -> list[tuple[Drawing, int]]:
    """As many letters and symbols as digits at most, picked by chance."""
    letters = [place for place, (_, y) in enumerate(some) if y == pen.NO_DIGIT]
    too_many = max(0, 2 * len(letters) - len(some))
    leave = set(rng.choice(letters, too_many, replace=False).tolist()) if too_many else set()
    return [one for place, one in enumerate(some) if place not in leave]


def pictures(drawings: list[Drawing], seed: int) -> np.ndarray:
    """Draws each drawing once, with `picture`, on all processors: uint8 (n, 28, 28)."""
    if not drawings:
        return np.zeros((0, 28, 28), np.uint8)
    with pen.in_processes(_draw_part, drawings, seed) as drawn:
        return np.concatenate(drawn())


def _draw_part(drawings: list[Drawing], seed: np.random.SeedSequence) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([picture(drawing, rng) for drawing in drawings])


def contact_sheet(dropped: list[tuple[np.ndarray, int, int]], columns: int = 32) -> Image.Image:
    """Shows what was left out: under each drawing its label, and what the networks took it for."""
    cell = 44
    sheet = Image.new("L", (cell * columns, (cell + 4) * -(-max(1, len(dropped)) // columns)))
    draw = ImageDraw.Draw(sheet)
    for place, (image, label, guess) in enumerate(dropped):
        left, top = place % columns * cell, place // columns * (cell + 4)
        sheet.paste(Image.fromarray(image), (left + 8, top + 2))
        names = [str(one) if one < 10 else "–" for one in (label, guess)]
        draw.text((left + 10, top + 32), f"{names[0]}>{names[1]}", fill=200)
    return sheet
