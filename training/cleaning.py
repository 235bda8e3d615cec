"""Finds wrong labels: networks vote on drawings by writers that they were not trained on."""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from digits import DigitClassifier
from digits.types import DIGITS
from handwriting import pen
from training.unipen import Drawing

FOLDS = 3
COLUMNS = 32  # of a contact sheet
MAX_DOUBT = 0.9  # the maximum probability of another label than a drawing's

# Images, uint8 (n, 28, 28), to probabilities, float (n, classes).
Predict = Callable[[np.ndarray], np.ndarray]
# Trains a network on images and labels.
Learner = Callable[[np.ndarray, np.ndarray], Predict]


class Votes(NamedTuple):
    """Predictions of networks for drawings by writers whom they were not trained on."""

    out_of_fold: np.ndarray  # float (n, classes), for the training drawings
    held_out: np.ndarray  # float (FOLDS, m, classes), for drawings that no network was trained on


def vote(
    learn: Learner,
    x: np.ndarray,
    y: np.ndarray,
    writers: Sequence[str],
    others: tuple[np.ndarray, np.ndarray],
    held_out: np.ndarray,
) -> Votes:
    """Train a network on each two thirds of the writers, and predict the other third with it.

    Args:
        learn: trains a network and returns its `Predict`.
        x, y: training drawings, uint8 (n, 28, 28), and their labels (n,).
        writers: of each training drawing.
        others: images and labels that every network is trained on as well.
        held_out: uint8 (m, 28, 28), drawings that no network is trained on.
    """
    folds = np.array([_fold(writer) for writer in writers])
    out_of_fold = np.zeros((len(x), pen.NO_DIGIT + 1))
    for_held_out = []
    for fold in range(FOLDS):
        rest = folds != fold
        predict = learn(np.concatenate([x[rest], others[0]]), np.concatenate([y[rest], others[1]]))
        out_of_fold[~rest] = predict(x[~rest])
        for_held_out.append(predict(held_out))
    return Votes(out_of_fold, np.stack(for_held_out))


def _fold(writer: str) -> int:
    return int(hashlib.sha256(f"fold {writer}".encode()).hexdigest(), 16) % FOLDS


def doubtful(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Find labels that are probably wrong, by confident learning.

    A label is doubtful if a network that was not trained on it is as sure of another class as it
    is, on average, of the drawings with that class's label (Northcutt, Jiang and Chuang 2021,
    https://doi.org/10.1613/jair.1.12125). A drawing that is merely unusual is not doubtful.

    Args:
        outputs: float (n, classes), from `vote`.
        labels: integers (n,).

    Returns:
        bool (n,).
    """
    classes = range(outputs.shape[1])
    usual = [outputs[labels == c, c].mean() if (labels == c).any() else np.inf for c in classes]
    confident = np.where(outputs >= np.array(usual), outputs, 0)
    return (confident.max(axis=1) > 0) & (confident.argmax(axis=1) != labels)


def confirmed(held_out: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Find the labels that a majority of the networks predicts.

    Args:
        held_out: float (FOLDS, n, classes), from `vote`.
        labels: integers (n,).

    Returns:
        bool (n,).
    """
    return (held_out.argmax(axis=2) == labels).sum(axis=0) > len(held_out) / 2


def contact_sheet(images: np.ndarray, labels: np.ndarray, guesses: np.ndarray) -> Image.Image:
    """Draw images side by side, each with its label and the networks' guess ("–": not a digit).

    Args:
        images: uint8 (n, 28, 28).
        labels, guesses: integers (n,), 0-10.
    """
    width, height = 44, 48  # pixels for each image
    rows = -(-max(1, len(images)) // COLUMNS)
    sheet = Image.new("L", (width * COLUMNS, height * rows))
    draw = ImageDraw.Draw(sheet)
    for index, (image, *classes) in enumerate(zip(images, labels, guesses, strict=True)):
        left, top = index % COLUMNS * width, index // COLUMNS * height
        sheet.paste(Image.fromarray(image), (left + 8, top + 2))
        label, guess = ("–" if c == pen.NO_DIGIT else str(c) for c in classes)
        draw.text((left + 10, top + 32), f"{label}>{guess}", fill=200)
    return sheet


def without_doubtful(classifier: DigitClassifier, drawings: list[Drawing]) -> list[Drawing]:
    """Leave out digits that the digit network confidently predicts to be something else.

    Most of them have wrong labels.
    """
    digits = [d for d in drawings if d.label in DIGITS]
    middle = (pen.CANVAS / 2, pen.CANVAS / 2)
    pages = (pen.render(pen.place(d.strokes, 150, middle), 14) for d in digits)
    wrong = {
        id(drawing)
        for drawing, prediction in zip(digits, classifier.predict_batch(pages), strict=True)
        if prediction.bars.max() > MAX_DOUBT and prediction.bars.argmax() != int(drawing.label)
    }
    return [drawing for drawing in drawings if id(drawing) not in wrong]
