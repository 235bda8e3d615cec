"""Prepares the data for training and calibrating the convolutional network."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from digits.card import DataSet, People, convert
from handwriting import pen, synthetic
from training import cleaning, writers
from training.data import Mnist
from training.export import write_atomically
from training.unipen import Drawing

HELD_OUT_SEED = 1_000_000  # added to the seed for held-out synthetic drawings
OTHERS = 20_000  # MNIST and synthetic images for the networks that find wrong labels
HELD_OUT_TIMES = 3  # redrawings of each digit of the validation split
FILE = "drawings.npz"  # in the folder of --checkpoint
Labelled = tuple[np.ndarray, np.ndarray]  # uint8 (n, 28, 28) and their labels, integers (n,)
SOURCES = [
    DataSet(
        "UNIPEN train_r01_v07, isolated characters",
        "I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet (1994); "
        "International Unipen Foundation",
        "https://doi.org/10.5281/zenodo.1195803",
        "CC BY 4.0",
    ),
    DataSet(
        "Pen-Based Recognition of Handwritten Digits (pendigits-orig)",
        "E. Alpaydin, F. Alimoglu (1998); UCI Machine Learning Repository",
        "https://doi.org/10.24432/C5MG6K",
        "CC BY 4.0",
    ),
    DataSet(
        "UJI Pen Characters, version 2",
        "F. Prat, M. J. Castro, D. Llorens, A. Marzal, J. M. Vilar (2008); "
        "UCI Machine Learning Repository",
        "https://doi.org/10.24432/C5FG8S",
        "CC BY 4.0",
    ),
]


@dataclass(frozen=True)
class Amounts:
    """How many drawings of each kind.

    Attributes:
        mnist_times: how often MNIST's images are repeated.
        mnist_images: how many of them, at most; None for all.
        mnist_held_out: how many of the last are held out; of a smaller set at most a sixth.
        synthetic_digits, synthetic_non_digits: for training.
        synthetic_held_out: digits, and a fifth as many non-digits.
        letters: by real writers, at most.
    """

    mnist_times: int = 2
    mnist_images: int | None = None
    mnist_held_out: int = 5_000
    synthetic_digits: int = 30_000
    synthetic_non_digits: int = 15_000
    synthetic_held_out: int = 3_000
    letters: int = 30_000


@dataclass(frozen=True, eq=False)
class Datasets:
    """Images uint8 (n, 28, 28) with labels 0-10.

    Attributes:
        x, y: to train on; `pen.NO_DIGIT` is the rejection class.
        x_held, y_held: held-out digits of all sources, for the temperature.
        for_thresholds: bool, which of these fit the thresholds: digits by the writers of the
            validation split whose labels two of three networks confirm. Without such writers, all.
        x_none: held-out images that are not digits, for the thresholds.
        people: for the model card; None without real writers.
    """

    x: np.ndarray
    y: np.ndarray
    x_held: np.ndarray
    y_held: np.ndarray
    for_thresholds: np.ndarray
    x_none: np.ndarray
    people: People | None


def prepare(
    mnist: Mnist,
    drawings: list[Drawing],
    amounts: Amounts,
    seed: int,
    folder: Path | None,
) -> Datasets:
    """Draw synthetic handwriting, clean and redraw that of real writers, and add MNIST.

    Args:
        drawings: by real writers; may be empty.
        seed: not negative.
        folder: of --checkpoint, if given. All drawings are saved there, or loaded if they exist.
    """
    if folder and (folder / FILE).exists():
        drawn = _load(folder / FILE)
    else:
        drawn = _draw(mnist, drawings, amounts, seed, folder)
        if folder:
            _save(drawn, folder / FILE)
    (x, y), (x_held, y_held) = split_mnist(mnist, amounts)
    for_thresholds = np.full(len(y_held), drawn.people is None)
    return Datasets(
        np.concatenate([*[x] * amounts.mnist_times, drawn.x]),
        np.concatenate([*[y] * amounts.mnist_times, drawn.y]),
        np.concatenate([x_held, drawn.x_held]),
        np.concatenate([y_held, drawn.y_held]),
        np.concatenate([for_thresholds, drawn.for_thresholds]),
        drawn.x_none,
        drawn.people,
    )


def split_mnist(mnist: Mnist, amounts: Amounts) -> tuple[Labelled, Labelled]:
    """Split MNIST's training images: the last ones are held out."""
    count = min(amounts.mnist_held_out, len(mnist.x_train) // 6)
    x, y = mnist.x_train, mnist.y_train
    return (
        (x[:-count][: amounts.mnist_images], y[:-count][: amounts.mnist_images]),
        (x[-count:], y[-count:]),
    )


def _draw(
    mnist: Mnist,
    drawings: list[Drawing],
    amounts: Amounts,
    seed: int,
    folder: Path | None,
) -> Datasets:
    """Draw or redraw all data but MNIST."""
    print("Drawing synthetic handwriting…", flush=True)
    y = _labels(amounts.synthetic_digits, amounts.synthetic_non_digits)
    y_held = _labels(amounts.synthetic_held_out, amounts.synthetic_held_out // 5)
    x = synthetic.training_images(y, seed)
    x_held = synthetic.training_images(y_held, seed + HELD_OUT_SEED)
    is_digit = y_held != pen.NO_DIGIT
    drawn = Datasets(
        x, y, x_held[is_digit], y_held[is_digit], np.full(is_digit.sum(), not drawings),
        x_held[~is_digit], None,
    )  # fmt: skip
    if not drawings:
        return drawn
    x_others, y_others = np.concatenate([mnist.x_train, x]), np.concatenate([mnist.y_train, y])
    indices = np.random.default_rng(seed).permutation(len(x_others))[:OTHERS]
    others = x_others[indices], y_others[indices]
    real = _real(drawings, amounts.letters, others, seed, folder)
    arrays = ("x", "y", "x_held", "y_held", "for_thresholds", "x_none")
    both = {n: np.concatenate([getattr(drawn, n), getattr(real, n)]) for n in arrays}
    return Datasets(**both, people=real.people)


def _labels(digits: int, non_digits: int) -> np.ndarray:
    return np.concatenate([np.arange(digits) % 10, np.full(non_digits, pen.NO_DIGIT)])


def _real(
    drawings: list[Drawing],
    max_letters: int,
    others: Labelled,
    seed: int,
    folder: Path | None,
) -> Datasets:
    """Split drawings by writer, leave out doubtful labels, and redraw the rest."""
    from training.fitting import small_learner

    rng = np.random.default_rng(seed)
    train, validation = (
        _some_letters(writers.labelled(drawings, split), most, rng)
        for split, most in ((writers.TRAIN, max_letters), (writers.VALIDATION, max_letters // 10))
    )
    test_writers = {d.writer for d in writers.of_split(drawings, writers.TEST)}
    print(f"Redrawing {len(train) + len(validation)} drawings by real writers…", flush=True)
    x = writers.redraw_all([d for d, _ in train], seed + 1)
    x_validation = writers.redraw_all([d for d, _ in validation], seed + 2)
    y, y_validation = (np.array([label for _, label in part]) for part in (train, validation))
    print("Looking for wrong labels…", flush=True)
    votes = cleaning.vote(small_learner, x, y, [d.writer for d, _ in train], others, x_validation)
    bad = cleaning.doubtful(votes.out_of_fold, y)
    if folder:
        picture = cleaning.contact_sheet(x[bad], y[bad], votes.out_of_fold[bad].argmax(axis=1))
        write_atomically(folder / "dropped.png", picture.save)
    good = [labelled for labelled, is_bad in zip(train, bad, strict=True) if not is_bad]
    digits = [(d, label) for d, label in good if label != pen.NO_DIGIT]
    counts = Counter(d.writer for d, _ in digits)
    again = [d for d in digits for _ in range(writers.redraw_times(counts[d[0].writer]) - 1)]
    bad_validation = cleaning.doubtful(votes.held_out.mean(axis=0), y_validation)
    held = np.flatnonzero((y_validation != pen.NO_DIGIT) & ~bad_validation)
    confirmed = cleaning.confirmed(votes.held_out[:, held], y_validation[held])
    more = writers.redraw_all([validation[i][0] for i in held] * (HELD_OUT_TIMES - 1), seed + 3)
    people = People(
        digits=len(digits),
        digit_writers=len(counts),
        writers=len({d.writer for d, _ in good}),
        letters_and_symbols=len(good) - len(digits),
        doubtful_digits_left_out=int((bad & (y != pen.NO_DIGIT)).sum()),
        doubtful_letters_left_out=int((bad & (y == pen.NO_DIGIT)).sum()),
        validation_writers=len({d.writer for d, _ in validation}),
        validation_digits=int(confirmed.sum()),
        test_writers=len(test_writers),
        sources=SOURCES,
    )
    return Datasets(
        np.concatenate([x[~bad], writers.redraw_all([d for d, _ in again], seed + 4)]),
        np.concatenate([y[~bad], np.array([label for _, label in again], int)]),
        np.concatenate([x_validation[held], more]),
        np.tile(y_validation[held], HELD_OUT_TIMES),
        np.tile(confirmed, HELD_OUT_TIMES),
        x_validation[y_validation == pen.NO_DIGIT],
        people,
    )


def _some_letters(
    labelled: list[tuple[Drawing, int]], most: int, rng: np.random.Generator
) -> list[tuple[Drawing, int]]:
    """Leave out random letters and symbols, so that at most `most` remain."""
    letters = [i for i, (_, label) in enumerate(labelled) if label == pen.NO_DIGIT]
    left_out = set(rng.permutation(letters)[most:].tolist())
    return [labelled[i] for i in range(len(labelled)) if i not in left_out]


def _save(drawn: Datasets, path: Path) -> None:
    arrays = {name: value for name, value in vars(drawn).items() if name != "people"}
    people = json.dumps(drawn.people and asdict(drawn.people))
    write_atomically(path, lambda half: np.savez(half, people=people, **arrays))


def _load(path: Path) -> Datasets:
    with np.load(path) as saved:  # allow_pickle is off
        arrays = {name: saved[name] for name in saved.files}
    people = json.loads(str(arrays.pop("people")))
    return Datasets(**arrays, people=people and convert(People, people))
