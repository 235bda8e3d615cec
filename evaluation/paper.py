"""Makes photographs of handwritten digits and measures how well they are classified.

python -m evaluation.paper --pens PATH                       one digit on each kind of paper
python -m evaluation.paper --pens PATH --split validation    by the writers of another split
python -m evaluation.paper --blank                           blank pages
python -m evaluation.paper --pens PATH --save FOLDER         also saves misread photographs

PATH is UNIPEN's train_r01_v07 or UCI's pendigits-orig (see training.unipen), split by writer as in
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
from evaluation.drawings import Sketch, sketch_writers
from evaluation.photographs.camera import take
from evaluation.photographs.kinds import KINDS
from handwriting.pen import NO_DIGIT
from training import writers
from training.command_line import add_pens, run


class Photo(NamedTuple):
    """A photograph and what is written on it."""

    picture: np.ndarray  # uint8 (height, width, 3)
    truth: str  # the text; "" on a blank page
    kind: str


def photos(sketches: list[Sketch], kind: str, count: int, seed: int) -> Iterator[Photo]:
    """Take photographs of one digit each, the same for the same seed.

    Args:
        sketches: of digits; without any, the pages are blank.
        kind: a key of `KINDS`.
        count: of the photographs.
        seed: chooses digits, papers, lamps and pens.
    """
    number = list(KINDS).index(kind)
    for i in range(count):
        rng = np.random.default_rng([seed, number, i])
        if sketches:
            sketch = sketches[rng.integers(len(sketches))]
            yield Photo(take(kind, sketch.strokes, rng), str(sketch.label), kind)
        else:
            yield Photo(take(kind, None, rng), "", kind)


# Measuring


class Count(NamedTuple):
    """Counts of photographs by result."""

    right: int
    unsure: int
    wrong: int

    def shares(self) -> str:
        """The three shares in per cent, as columns of a table."""
        total = max(1, sum(self))
        return "".join(f"{100 * part / total:9.1f}" for part in self)


def measure(classifier: DigitClassifier, photos: Iterable[Photo], save: Path | None) -> Count:
    """Classify photographs of one digit or none; save misread ones to a folder, if given."""
    counted: Counter[str] = Counter()
    for i, photo in enumerate(photos):
        prediction = classifier.predict(photo.picture)
        stated = "" if prediction.verdict == "blank" else prediction.digit
        result = "wrong" if isinstance(stated, int) else "unsure"
        if str(stated) == photo.truth:
            result = "right"
        counted[result] += 1
        if save and result != "right":
            name = f"{photo.kind.replace(',', '').replace(' ', '-')}-{i}-{photo.truth}-{stated}.png"
            cv2.imwrite(str(save / name), photo.picture[..., ::-1])
    return Count(counted["right"], counted["unsure"], counted["wrong"])


def main() -> int:
    args = parse_arguments()
    classifier = DigitClassifier.load(args.model)
    sketches = [] if args.blank else sketch_writers(args.pens, args.split)
    digits = [sketch for sketch in sketches if sketch.label != NO_DIGIT]
    save = Path(args.save) if args.save else None
    if save:
        save.mkdir(parents=True, exist_ok=True)
    print(f"{'% of ' + str(args.count):22}    right   unsure    wrong")
    counts = []
    for kind in args.kind or KINDS:
        counts.append(measure(classifier, photos(digits, kind, args.count, args.seed), save))
        print(f"{kind:22}{counts[-1].shares()}", flush=True)
    total = Count(*map(sum, zip(*counts, strict=True)))
    print(f"{'all':22}{total.shares()}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.paper",
        description="Photographs digits on many kinds of paper, and classifies them.",
    )
    add_pens(parser)
    parser.add_argument("--model", default="model", help="the folder of the model")
    parser.add_argument("--split", default=writers.TEST, choices=[writers.TEST, writers.VALIDATION])
    parser.add_argument("--blank", action="store_true", help="nothing is written")
    parser.add_argument("--count", type=int, default=100, help="photographs of each kind")
    parser.add_argument("--seed", type=int, default=1, help="other papers, lamps and pens")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="only this one")
    parser.add_argument("--save", help="a folder for misread photographs")
    args = parser.parse_args()
    if not (args.pens or args.blank):
        parser.error("--pens or --blank is required")
    return args


if __name__ == "__main__":
    run(main, "paper")
