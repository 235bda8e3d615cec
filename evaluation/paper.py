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

import cv2
import numpy as np

from digits.classifier import DigitClassifier
from evaluation.drawings import Sketch, sketch_writers
from evaluation.photographs.camera import take
from evaluation.photographs.kinds import KINDS
from handwriting.pen import NO_DIGIT
from training import writers
from training.command_line import add_pens, natural, positive, run

RESULTS = ("right", "unsure", "wrong")


def photos(
    sketches: list[Sketch], kind: str, count: int, seed: int
) -> Iterator[tuple[np.ndarray, str]]:
    """Take photographs of one digit each, the same for the same seed.

    Args:
        sketches: of digits; without any, the pages are blank.
        kind: a key of `KINDS`.
        count: of the photographs.
        seed: chooses digits, papers, lamps and pens.

    Yields:
        A picture, uint8 (height, width, 3), and what is written on it, "" on a blank page.
    """
    number = list(KINDS).index(kind)
    for i in range(count):
        rng = np.random.default_rng([seed, number, i])
        if sketches:
            sketch = sketches[rng.integers(len(sketches))]
            yield take(kind, sketch.strokes, rng), str(sketch.label)
        else:
            yield take(kind, None, rng), ""


def measure(
    classifier: DigitClassifier, kind: str, photos: Iterable[tuple[np.ndarray, str]], folder: str
) -> Counter[str]:
    """Classify photographs of one digit or none, and count the RESULTS.

    Args:
        kind: of paper, for the names of files.
        photos: as of `photos`.
        folder: for misread photographs; "" if they are not saved.
    """
    counted: Counter[str] = Counter()
    for i, (picture, text) in enumerate(photos):
        prediction = classifier.predict(picture)
        stated = "" if prediction.verdict == "blank" else prediction.digit
        result = "wrong" if isinstance(stated, int) else "unsure"
        if str(stated) == text:
            result = "right"
        counted[result] += 1
        if folder and result != "right":
            name = f"{kind.replace(',', '').replace(' ', '-')}-{i}-{text}-{stated}.png"
            cv2.imwrite(str(Path(folder, name)), picture[..., ::-1])
    return counted


def shares(counted: Counter[str]) -> str:
    """Format the share of each of the RESULTS in per cent, as columns of a table."""
    return "".join(f"{100 * counted[result] / counted.total():9.1f}" for result in RESULTS)


def main() -> int:
    args = parse_arguments()
    classifier = DigitClassifier.load(args.model)
    sketches = [] if args.blank else sketch_writers(args.pens, args.split)
    digits = [sketch for sketch in sketches if sketch.label != NO_DIGIT]
    if args.save:
        Path(args.save).mkdir(parents=True, exist_ok=True)
    print(f"{'% of ' + str(args.count):22}" + "".join(f"{result:>9}" for result in RESULTS))
    total: Counter[str] = Counter()
    for kind in args.kind or KINDS:
        of_kind = photos(digits, kind, args.count, args.seed)
        counted = measure(classifier, kind, of_kind, args.save)
        total += counted
        print(f"{kind:22}{shares(counted)}", flush=True)
    print(f"{'all':22}{shares(total)}")
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
    parser.add_argument("--count", type=positive, default=100, help="photographs of each kind")
    parser.add_argument("--seed", type=natural, default=1, help="other papers, lamps and pens")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="only this one")
    parser.add_argument("--save", default="", help="a folder for misread photographs")
    args = parser.parse_args()
    if not (args.pens or args.blank):
        parser.error("--pens or --blank is required")
    return args


if __name__ == "__main__":
    run(main, "paper")
