"""Makes photographs of handwritten digits and measures how well they are read.

python -m evaluation.paper --pen FILE                  one digit on each kind of paper and light
python -m evaluation.paper --pen FILE --blank          nothing written on them
python -m evaluation.paper --pen FILE --part choose    by the writers of the validation split
python -m evaluation.paper --pen FILE --save FOLDER    also saves what was misread

FILE is UNIPEN's train_r01_v07 or UCI's pendigits-orig (see training.unipen), split by writer as in
training.writers. The settings of digits.ink.paper were chosen on the other splits, with other
seeds: other papers, lamps and pens.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from digits.classifier import DigitClassifier
from evaluation.drawings import Sketch
from evaluation.photographs.camera import take
from evaluation.photographs.scenes import KINDS
from training import unipen
from training import writers as people
from training.command_line import Failure, run
from training.writers import DIGITS


class Photo(NamedTuple):
    picture: np.ndarray  # uint8 (height, width, 3)
    truth: str  # what stands on it; "" on a blank sheet
    kind: str


def read_digits(path: Path, part: str) -> list[Sketch]:
    """The digits of a pen file (see `unipen.read`) by one part's writers, named by them.

    Args:
        path: the file.
        part: `people.TRAIN`, VALIDATION or TEST.
    """
    return [
        Sketch(d.strokes, int(d.label), d.writer) for d in unipen.read(path)
        if d.label in DIGITS and part == people.split(d.writer)
    ]  # fmt: skip


def single_digits(sketches: list[Sketch], kind: str, count: int, seed: int) -> Iterator[Photo]:
    """`count` photographs of one digit, the same for the same seed."""
    number = list(KINDS).index(kind)
    for i in range(count):
        rng = np.random.default_rng([seed, number, i])
        sketch = sketches[rng.integers(len(sketches))]
        yield Photo(take(kind, sketch.strokes, rng), str(sketch.label), kind)


def blank_sheets(kind: str, count: int, seed: int) -> Iterator[Photo]:
    """`count` photographs of a sheet on which nothing is written, the same for the same seed."""
    number = list(KINDS).index(kind)
    for i in range(count):
        yield Photo(take(kind, None, np.random.default_rng([seed, number, i])), "", kind)


# How well


class Count(NamedTuple):
    right: int
    unsure: int
    wrong: int

    def shares(self) -> str:
        total = max(1, sum(self))
        return "".join(f"{100 * part / total:9.1f}" for part in self)


def measure_digits(
    classifier: DigitClassifier, photos: Iterable[Photo], save: Path | None = None
) -> Count:
    """Has the classifier read photographs of one digit or none; saves what it read otherwise."""
    counted: Counter[str] = Counter()
    for i, photo in enumerate(photos):
        prediction = classifier.predict(photo.picture)
        said = "" if prediction.verdict == "blank" else prediction.digit
        result = (
            "right" if str(said) == photo.truth else "wrong" if isinstance(said, int) else "unsure"
        )
        counted[result] += 1
        if save and result != "right":
            name = f"{photo.kind.replace(',', '').replace(' ', '-')}-{i}-{photo.truth}-{said}.png"
            cv2.imwrite(str(save / name), photo.picture[..., ::-1])
    return Count(counted["right"], counted["unsure"], counted["wrong"])


def main() -> int:
    args = parse_arguments()
    classifier = DigitClassifier.load(args.model)
    sketches = read_digits(Path(args.pen), args.part)
    if not sketches:
        raise Failure(f"{args.pen} holds no digits by writers of this part.")
    save = Path(args.save) if args.save else None
    if save:
        save.mkdir(parents=True, exist_ok=True)
    print(f"{'% of ' + str(args.count):22}    right   unsure    wrong")
    counts = []
    for kind in args.kind or KINDS:
        photos = (
            blank_sheets(kind, args.count, args.seed) if args.blank
            else single_digits(sketches, kind, args.count, args.seed)
        )  # fmt: skip
        counts.append(measure_digits(classifier, photos, save))
        print(f"{kind:22}{counts[-1].shares()}", flush=True)
    total = Count(*map(sum, zip(*counts, strict=True)))
    print(f"{'all':22}{total.shares()}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.paper",
        description="Photographs digits on many kinds of paper, and has them read.",
    )
    parser.add_argument("--pen", required=True, help="UNIPEN or pendigits-orig, as downloaded")
    parser.add_argument("--model", default="model", help="the folder of the model")
    parser.add_argument(
        "--part", choices=[people.TEST, people.VALIDATION, people.TRAIN], default=people.TEST
    )
    parser.add_argument("--blank", action="store_true", help="nothing is written")
    parser.add_argument("--count", type=int, default=100, help="photographs of each kind")
    parser.add_argument("--seed", type=int, default=1, help="other papers, lamps and pens")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="only this one")
    parser.add_argument("--save", help="a folder for what was not read rightly")
    return parser.parse_args()


if __name__ == "__main__":
    run(main, "paper")
