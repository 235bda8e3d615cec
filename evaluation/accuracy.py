"""Measures accuracy by data set, and by size, place, pen width, slant and rotation.

python -m evaluation.accuracy               all of it; some minutes; writes evaluation.json and .png
python -m evaluation.accuracy --pens PATH   also on drawings by the writers of the test split
python -m evaluation.accuracy --quick       on small samples, within seconds; writes nothing

PATH is handwriting as for `train.py`. Some of its labels are wrong. The variants and the non-digits
come from the generator that the model was trained on, with other seeds, which flatters it.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from digits.classifier import DigitClassifier
from digits.network import Network
from evaluation import baselines
from evaluation.charts import draw_sweeps
from evaluation.drawings import (
    SWEEPS,
    Sketch,
    plain,
    sketch_non_digits,
    sketch_symbols,
    sketch_variants,
    sketch_writers,
    varied,
)
from handwriting.pen import NO_DIGIT
from training import provenance
from training.calibration import calibration_error
from training.command_line import add_pens, run
from training.data import Mnist, load_mnist
from training.export import write_atomically
from training.optional import MissingPackageError, missing, require

OURS = "This network"
BASELINES = {"convnet": "Keras's example, resized", "dense": "The book's, resized"}
SURE = 0.9  # a wrong digit with more than this confidence is counted separately
MAX_LETTERS = 5000  # by writers


class Predictions(NamedTuple):
    """Predictions for n drawings."""

    digits: np.ndarray  # (n,) 0-9: the likeliest digit, even if unsure
    confidence: np.ndarray  # (n,) 0-1: its probability
    stated: np.ndarray  # bool (n,): the verdict is a digit, not "unsure" or "blank"


class TestSet(NamedTuple):
    """Drawings on which every reader is measured."""

    title: str
    labels: np.ndarray  # (n,) 0-9, or NO_DIGIT
    drawings: Iterable[np.ndarray]  # a generator: they would not fit into memory at once


# Takes drawings, uint8 (height, width) with ink 255 on 0.
Reader = Callable[[Iterable[np.ndarray]], Predictions]


def main() -> int:
    args = parse_arguments()
    if not args.quick:
        require("matplotlib")
    classifier = DigitClassifier.load(args.model)
    mnist = load_mnist(args.data)
    by_writers = sketch_writers(args.pens) if args.pens else []
    readers = {OURS: reader_of(classifier)} | baseline_readers(mnist, args)
    report = facts(args, classifier, mnist) | evaluate(readers, mnist, by_writers, args.quick)
    print(as_text(report))
    if args.quick:
        return 0
    save(Path(args.model), report)
    print(f"\nSaved to {args.model}: evaluation.json, evaluation.png")
    return 0


# Readers


def reader_of(classifier: DigitClassifier) -> Reader:
    """Make a reader of this project's classifier."""

    def read(drawings: Iterable[np.ndarray]) -> Predictions:
        predictions = classifier.predict_batch(drawings)
        return Predictions(
            np.array([prediction.probabilities.argmax() for prediction in predictions]),
            np.array([prediction.confidence for prediction in predictions]),
            np.array([prediction.verdict == "digit" for prediction in predictions]),
        )

    return read


def baseline_readers(mnist: Mnist, args: argparse.Namespace) -> dict[str, Reader]:
    """Return the networks to compare with, from the cache or, unless --quick, trained."""
    readers = {}
    for name, title in BASELINES.items() if args.baselines else ():
        baseline = baselines.cached(name, mnist)
        if baseline is None and not args.quick:
            if reason := missing("tensorflow"):
                raise MissingPackageError(f"{reason} Or compare with no others: --no-baselines.")
            print(f"Training {name} to compare with: minutes, and only once…", file=sys.stderr)
            baseline = baselines.train(name, mnist)
        if baseline is not None:
            readers[title] = always_stating(baseline)
    return readers


def always_stating(network: Network) -> Reader:
    """Make a reader of a baseline, which states a digit for every drawing."""

    def read(drawings: Iterable[np.ndarray]) -> Predictions:
        probabilities = baselines.classify(network, drawings)
        stated = np.ones(len(probabilities), bool)
        return Predictions(probabilities.argmax(axis=1), probabilities.max(axis=1), stated)

    return read


# Measuring


def evaluate(
    readers: dict[str, Reader], mnist: Mnist, by_writers: list[Sketch], quick: bool
) -> dict[str, Any]:
    """Measure each reader on each test set.

    Args:
        readers: by title.
        mnist: only its test images are used.
        by_writers: digits, letters and symbols; may be empty.
        quick: on small samples, without what takes minutes.

    Returns:
        What `as_text` and `charts.draw_sweeps` show.
    """
    test = sample(len(mnist.y_test), 1000 if quick else None)
    letters = [sketch for sketch in by_writers if sketch.label == NO_DIGIT]
    letters = pick(letters, 500 if quick else MAX_LETTERS)
    by_writers = [sketch for sketch in by_writers if sketch.label != NO_DIGIT]
    by_writers = pick(by_writers, 500 if quick else None)
    variants = pick(sketch_variants(2 if quick else 20), 500 if quick else None)
    non_digits = sketch_non_digits(500 if quick else 3000)
    digits = {"variants": ("Every variant", variants), "writers": ("Writers", by_writers)}
    sets = {"mnist": TestSet("MNIST", mnist.y_test[test], mnist.x_test[test])}
    for key, (title, sketches) in digits.items():
        if sketches:
            labels = labels_of(sketches)
            sets[f"{key}_plain"] = TestSet(f"{title}, plain", labels, plain(sketches))
            sets[f"{key}_varied"] = TestSet(f"{title}, varied", labels, varied(sketches, 4))
    sets["non_digits"] = TestSet("Synthetic symbols", labels_of(non_digits), varied(non_digits, 5))
    if letters:
        sets["letters"] = TestSet("Letters and symbols", labels_of(letters), varied(letters, 8))

    predictions: dict[str, dict[str, Predictions]] = {name: {} for name in readers}
    for key, test_set in sets.items():
        print(f"Reading: {test_set.title}…", file=sys.stderr)
        for name, predicted in read_all(readers, test_set.drawings).items():
            predictions[name][key] = predicted
    report = {
        "titles": {key: test_set.title for key, test_set in sets.items()},
        "results": {
            name: {key: measure(predicted[key], sets[key].labels) for key in sets}
            for name, predicted in predictions.items()
        },
    }
    if quick:  # too few of each name, and sweeps take minutes
        return report
    for key, (_, sketches) in digits.items():
        if sketches:
            right = predictions[OURS][f"{key}_varied"].digits == labels_of(sketches)
            report[f"worst_{key}"] = shares(sketches, right)
    symbols = sketch_symbols(20)
    report["worst_symbols"] = shares(symbols, ~readers[OURS](varied(symbols, 6)).stated)
    report["sweeps"] = sweep(readers, by_writers or variants)
    return report


def read_all(readers: dict[str, Reader], drawings: Iterable[np.ndarray]) -> dict[str, Predictions]:
    """Pass every drawing to every reader, but draw it only once."""
    rest = iter(drawings)
    parts: dict[str, list[Predictions]] = {name: [] for name in readers}
    while batch := list(islice(rest, 500)):
        for name, reader in readers.items():
            parts[name].append(reader(batch))
    return {
        name: Predictions(*map(np.concatenate, zip(*predicted, strict=True)))
        for name, predicted in parts.items()
    }


def labels_of(sketches: list[Sketch]) -> np.ndarray:
    """Return the labels, integers (n,): 0-9, or NO_DIGIT."""
    return np.array([sketch.label for sketch in sketches])


def pick(sketches: list[Sketch], most: int | None) -> list[Sketch]:
    """Return all sketches, or `most` at random but always the same."""
    return [sketches[i] for i in sample(len(sketches), most)]


def sample(count: int, most: int | None) -> np.ndarray:
    """Return the indices of all, or of `most` at random but always the same, in order."""
    if most is None or count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(7).choice(count, most, replace=False))


def measure(predictions: Predictions, labels: np.ndarray) -> dict[str, Any]:
    """Measure shares, 0-1, of n predictions; without accuracy if none of the drawings is a digit.

    Args:
        labels: integers (n,), 0-9, or NO_DIGIT for all.
    """
    digits, confidence, stated = predictions
    right = digits == labels
    measured = {
        "drawings": len(labels),
        "unsure": float(np.mean(~stated)),
        "wrong": float(np.mean(stated & ~right)),
        "wrong_and_sure": float(np.mean(stated & ~right & (confidence > SURE))),
    }
    if (labels == NO_DIGIT).all():
        return measured
    by_digit = [right[labels == digit] for digit in range(10)]
    return measured | {
        "accuracy": float(right.mean()),
        "digit_accuracy": [float(part.mean()) if len(part) else None for part in by_digit],
        "calibration_error": calibration_error(confidence, right),
    }


def shares(sketches: list[Sketch], good: np.ndarray) -> dict[str, float]:
    """Return the share of sketches of each name that are `good`, bool (n,), the worst first."""
    names = np.array([sketch.name for sketch in sketches])
    share = {str(name): float(good[names == name].mean()) for name in np.unique(names)}
    return dict(sorted(share.items(), key=lambda item: item[1]))


def sweep(readers: dict[str, Reader], sketches: list[Sketch]) -> dict[str, Any]:
    """Measure the accuracy of each reader at each step of each of the SWEEPS."""
    sketches = pick(sketches, 500)
    labels = labels_of(sketches)
    report = {}
    for key, (title, axis, steps, draw) in SWEEPS.items():
        print(f"Sweeping: {title}…", file=sys.stderr)
        accuracy: dict[str, list[float]] = {name: [] for name in readers}
        for step in steps:
            predictions = read_all(readers, (draw(sketch.strokes, step) for sketch in sketches))
            for name, predicted in predictions.items():
                accuracy[name].append(float(np.mean(predicted.digits == labels)))
        report[key] = {"title": title, "axis": axis, "steps": list(steps), "accuracy": accuracy}
    return report


def facts(args: argparse.Namespace, classifier: DigitClassifier, mnist: Mnist) -> dict[str, Any]:
    """Describe how the report was made, without private folders."""
    packages = ["numpy", "pillow", "ai-edge-litert"]
    if args.baselines and not missing("tensorflow"):
        packages += ["tensorflow", "keras"]
    return {
        "date": provenance.now(),
        "command": provenance.command("-m", "evaluation.accuracy"),
        "versions": provenance.versions(packages),
        "model": {key: getattr(classifier.card, key) for key in ("sha256", "network", "trained")},
        "data": {"sha256": mnist.checksum, "mnist": mnist.canonical},
        "pens": ", ".join(Path(path).name for path in args.pens) or None,
    }


# Report


WORST = {
    "worst_variants": "Variants with the lowest accuracy",
    "worst_writers": "Writers with the lowest accuracy",
    "worst_symbols": "Symbols least often rejected",
}


def as_text(report: dict[str, Any]) -> str:
    """Format a report of `evaluate` and `facts` as tables for a terminal."""
    titles, ours = report["titles"], report["results"][OURS]
    digit_sets = [key for key in titles if "accuracy" in ours[key]]
    model = report["model"]
    lines = [
        f"Model: {model['network']}, {str(model['sha256'])[:12]}, trained {model['trained']}",
        "All in per cent. Wrong: another digit was stated. ECE: expected calibration error.",
        "",
    ]
    rows = [["", "drawings", "accuracy", "wrong", "unsure", "ECE"]]
    for key in digit_sets:
        shown = [ours[key][what] for what in ("accuracy", "wrong", "unsure", "calibration_error")]
        rows.append([titles[key], f"{ours[key]['drawings']:,}", *map(percent, shown)])
    lines += [*aligned(rows), ""]
    rows = [["Accuracy by digit", *map(str, range(10))]]
    rows += [[titles[key], *map(percent, ours[key]["digit_accuracy"])] for key in digit_sets]
    lines += [*aligned(rows), ""]
    rows = [["Accuracy", *(titles[key] for key in digit_sets)]]
    rows += [
        [name, *(percent(result[key]["accuracy"]) for key in digit_sets)]
        for name, result in report["results"].items()
    ]
    lines += [*aligned(rows), ""]
    rows = [["Not a digit", "drawings", "unsure", f"called a digit, over {SURE:.0%} sure"]]
    for name, result in report["results"].items():
        for key in [key for key in titles if key not in digit_sets]:
            none = result[key]
            shown = [percent(none["unsure"]), percent(none["wrong_and_sure"])]
            rows.append([f"{titles[key]}: {name}", f"{none['drawings']:,}", *shown])
    lines += aligned(rows)
    for key, title in WORST.items():
        if key in report:
            worst = list(report[key].items())[:6]
            lines += ["", f"{title}: " + "; ".join(f"{n} {percent(s)}" for n, s in worst)]
    for key, measured in report.get("sweeps", {}).items():
        rows = [["", *(f"{step:g}" for step in measured["steps"])]]
        rows += [[name, *map(percent, shown)] for name, shown in measured["accuracy"].items()]
        lines += ["", f"{SWEEPS[key].title}: {measured['axis']}", *aligned(rows)]
    return "\n".join(lines)


def percent(share: float | None) -> str:
    """Format a share, 0-1, in per cent."""
    return "–" if share is None else f"{100 * share:.2f}"


def aligned(rows: list[list[str]]) -> list[str]:
    """Format a table: the first column to the left, the others to the right."""
    first, *widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(first), *map(str.rjust, row[1:], widths)]).rstrip() for row in rows
    ]


def save(folder: Path, report: dict[str, Any]) -> None:
    """Write `evaluation.json` and `evaluation.png` to a model's folder, each atomically."""
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    picture = draw_sweeps(report["sweeps"], report["pens"] is not None)
    write_atomically(folder / "evaluation.json", lambda half: half.write_text(text, "utf-8"))
    write_atomically(folder / "evaluation.png", picture.savefig)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.accuracy", description="Measures how well the model reads."
    )
    parser.add_argument("--model", default="model", help="its folder (default: %(default)s)")
    parser.add_argument("--data", metavar="PATH", help="MNIST: an .npz, or IDX files; see train.py")
    add_pens(parser)
    parser.add_argument("--quick", action="store_true", help="small samples; writes nothing")
    parser.add_argument(
        "--no-baselines", dest="baselines", action="store_false", help="compare with no others"
    )
    return parser.parse_args()


if __name__ == "__main__":
    run(main, "evaluate")
