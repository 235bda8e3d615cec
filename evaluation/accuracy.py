"""Tells how well the model reads, and where it breaks.

python -m evaluation.accuracy               all of it; some minutes; writes evaluation.json and .png
python -m evaluation.accuracy --pens PATH   also on what people wrote with a pen
python -m evaluation.accuracy --quick       on small samples, within seconds; writes nothing

PATH is handwriting as for `train.py`; only the test split's writers are read. Some of the labels
are wrong. The variants and the non-digits come from the generator that the model was trained on,
with other seeds, which flatters it.
"""

import argparse
import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from digits.classifier import DigitClassifier
from evaluation import baselines
from evaluation.charts import draw_sweeps
from evaluation.drawings import (
    SWEEPS,
    Sketch,
    plain,
    sketch_non_digits,
    sketch_people,
    sketch_symbols,
    sketch_ways,
    varied,
)
from training.calibration import calibration_error
from training.command_line import Failure, run
from training.data import Mnist, load_mnist
from training.export import write_atomically
from training.optional import missing, require

OURS = "This network"
BASELINES = {"convnet": "Keras's example, resized", "dense": "The book's, resized"}
SURE = 0.9  # a wrong answer with more than this certainty is a bold one
MAX_LETTERS = 5000  # of those that people wrote


class Answers(NamedTuple):
    """What a network made of n drawings."""

    guesses: np.ndarray  # (n,) 0-9: the likeliest digit, said or not
    confidence: np.ndarray  # (n,) 0-1: its probability
    said: np.ndarray  # bool (n,): answered with a digit, not with "unsure" or "blank"


class TestSet(NamedTuple):
    title: str
    labels: np.ndarray  # (n,) 0-9, or -1 for what is no digit
    drawings: Iterable[np.ndarray]  # drawn when they are asked for: all at once fill the memory


Reader = Callable[[Iterable[np.ndarray]], Answers]


def main() -> int:
    args = parse_arguments()
    if not args.quick:
        require("matplotlib")
    classifier = DigitClassifier.load(args.model)
    mnist = load_mnist(args.data)
    people = sketch_people(args.pens) if args.pens else []
    readers = {OURS: reader_of(classifier)} | baseline_readers(mnist, args)
    report = circumstances(args, classifier, mnist) | evaluate(readers, mnist, people, args.quick)
    report["drawings_per_second"] = speed(classifier)
    print(as_text(report))
    if args.quick:
        return 0
    try:
        save(Path(args.model), report)
    except OSError as error:
        raise Failure(f"“{args.model}” could not be written to: {error}.") from error
    print(f"\nSaved to {args.model}: evaluation.json, evaluation.png")
    return 0


# Who reads


def reader_of(classifier: DigitClassifier) -> Reader:
    def read(drawings: Iterable[np.ndarray]) -> Answers:
        predictions = classifier.predict_batch(drawings)
        return Answers(
            np.array([prediction.probabilities.argmax() for prediction in predictions]),
            np.array([prediction.confidence for prediction in predictions]),
            np.array([prediction.verdict == "digit" for prediction in predictions]),
        )

    return read


def baseline_readers(mnist: Mnist, args: argparse.Namespace) -> dict[str, Reader]:
    """The networks to compare with: from the cache, or else trained, unless in a hurry."""
    readers = {}
    for name, title in BASELINES.items() if args.baselines else ():
        baseline = baselines.cached(name, mnist)
        if baseline is None and not args.quick:
            require("tensorflow", otherwise="compare with no other networks (--no-baselines)")
            print(f"Training {name} to compare with: minutes, and only once…", file=sys.stderr)
            baseline = baselines.train(name, mnist)
        if baseline is not None:
            readers[title] = always_saying(baseline)
    return readers


def always_saying(baseline: baselines.Baseline) -> Reader:
    def read(drawings: Iterable[np.ndarray]) -> Answers:
        probabilities = baseline(drawings)
        said = np.ones(len(probabilities), bool)
        return Answers(probabilities.argmax(axis=1), probabilities.max(axis=1), said)

    return read


# How well


def evaluate(
    readers: dict[str, Reader], mnist: Mnist, people: list[Sketch], quick: bool
) -> dict[str, Any]:
    """Has every reader read every test set: all that `as_text` and `picture` show."""
    test = sample(len(mnist.y_test), 1000 if quick else None)
    letters = [sketch for sketch in people if sketch.label < 0]
    people = [sketch for sketch in people if sketch.label >= 0]
    letters, people = (
        [some[i] for i in sample(len(some), 500 if quick else most)]
        for some, most in ((letters, MAX_LETTERS), (people, None))
    )
    ways = sketch_ways(2 if quick else 20)
    ways = [ways[i] for i in sample(len(ways), 500 if quick else None)]
    non_digits = sketch_non_digits(500 if quick else 3000)
    sets = {"mnist": TestSet("MNIST", mnist.y_test[test], mnist.x_test[test])}
    for key, title, sketches in (("ways", "Every way", ways), ("people", "People", people)):
        if sketches:
            labels = np.array([sketch.label for sketch in sketches])
            sets[f"{key}_plain"] = TestSet(f"{title}, plain", labels, plain(sketches))
            sets[f"{key}_varied"] = TestSet(f"{title}, varied", labels, varied(sketches, 4))
    none = np.full(len(non_digits), -1)
    sets["non_digits"] = TestSet("No digit", none, varied(non_digits, 5))
    if letters:
        none = np.full(len(letters), -1)
        sets["letters"] = TestSet("Letters and symbols", none, varied(letters, 8))

    answers: dict[str, dict[str, Answers]] = {name: {} for name in readers}
    for key, test_set in sets.items():
        print(f"Reading: {test_set.title}…", file=sys.stderr)
        for name, given in read_all(readers, test_set.drawings).items():
            answers[name][key] = given
    report = {
        "titles": {key: test_set.title for key, test_set in sets.items()},
        "results": {
            name: {key: measure(given[key], sets[key].labels) for key in sets}
            for name, given in answers.items()
        },
    }
    if quick:  # too few of each name, and sweeps take minutes
        return report
    for key, sketches in (("ways", ways), ("people", people)):
        if sketches:
            right = answers[OURS][f"{key}_varied"].guesses == sets[f"{key}_varied"].labels
            report[f"worst_{key}"] = shares(sketches, right)
    if letters:
        answered = answers[OURS]["letters"].said
        report["worst_letters"] = shares(letters, ~answered)
    symbols = sketch_symbols(20)
    report["worst_symbols"] = shares(symbols, ~readers[OURS](varied(symbols, 6)).said)
    report["sweeps"] = sweep(readers, people or ways)
    return report


def read_all(readers: dict[str, Reader], drawings: Iterable[np.ndarray]) -> dict[str, Answers]:
    """Shows every drawing, drawn only once, to every reader."""
    rest = iter(drawings)
    parts: dict[str, list[Answers]] = {name: [] for name in readers}
    while some := list(islice(rest, 500)):
        for name, reader in readers.items():
            parts[name].append(reader(some))
    return {
        name: Answers(*map(np.concatenate, zip(*given, strict=True)))
        for name, given in parts.items()
    }


def sample(count: int, most: int | None) -> np.ndarray:
    """Indices of all, or of `most` by chance but always the same, in order."""
    if most is None or count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(7).choice(count, most, replace=False))


def measure(answers: Answers, labels: np.ndarray) -> dict[str, Any]:
    """All figures are shares, 0-1. For non-digits the accuracy is not asked."""
    guesses, confidence, said = answers
    right = guesses == labels
    measured = {
        "drawings": len(labels),
        "unsure": float(np.mean(~said)),
        "wrong": float(np.mean(said & ~right)),
        "wrong_and_sure": float(np.mean(said & ~right & (confidence > SURE))),
    }
    if (labels < 0).all():
        return measured
    by_digit = [right[labels == digit] for digit in range(10)]
    return measured | {
        "accuracy": float(right.mean()),
        "digit_accuracy": [float(part.mean()) if len(part) else None for part in by_digit],
        "calibration_error": calibration_error(confidence, right),
    }


def shares(sketches: list[Sketch], good: np.ndarray) -> dict[str, float]:
    """The share of good ones among the sketches of each name, the worst first."""
    names = np.array([sketch.name for sketch in sketches])
    found = {str(name): float(good[names == name].mean()) for name in np.unique(names)}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def sweep(readers: dict[str, Reader], sketches: list[Sketch]) -> dict[str, Any]:
    """Accuracy of each reader at each step of each of the SWEEPS."""
    sketches = [sketches[i] for i in sample(len(sketches), 500)]
    labels = np.array([sketch.label for sketch in sketches])
    report = {}
    for key, (title, axis, steps, draw) in SWEEPS.items():
        print(f"Sweeping: {title}…", file=sys.stderr)
        accuracy: dict[str, list[float]] = {name: [] for name in readers}
        for step in steps:
            answers = read_all(readers, (draw(sketch.strokes, step) for sketch in sketches))
            for name, given in answers.items():
                accuracy[name].append(float(np.mean(given.guesses == labels)))
        report[key] = {"title": title, "axis": axis, "steps": list(steps), "accuracy": accuracy}
    return report


def speed(classifier: DigitClassifier) -> float:
    """Drawings a second, one after the other on one thread, with all that the page does to each."""
    drawings = list(plain(sketch_ways(1)))
    started = time.perf_counter()
    for drawing in drawings:
        classifier.predict(drawing)
    return round(len(drawings) / (time.perf_counter() - started), 1)


def circumstances(
    args: argparse.Namespace, classifier: DigitClassifier, mnist: Mnist
) -> dict[str, Any]:
    """What one needs to know to get the same figures again. Private folders stay private."""
    words = [Path(word).name for word in sys.argv[1:]]
    libraries = ["numpy", "pillow", "ai-edge-litert"]
    if args.baselines and not missing("tensorflow"):
        libraries += ["tensorflow", "keras"]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "evaluation.accuracy", *words]),
        "machine": {
            "system": platform.system(),
            "processor": platform.processor() or platform.machine(),
            "cpu_count": os.cpu_count(),
        },
        "versions": {
            "python": platform.python_version(),
            **{library: version(library) for library in libraries},
        },
        "model": {key: getattr(classifier.card, key) for key in ("sha256", "network", "trained")},
        "data": {"sha256": mnist.checksum, "mnist": mnist.canonical},
        "pens": ", ".join(Path(path).name for path in args.pens) or None,
    }


# How it is shown


WORST = {
    "worst_ways": "Ways read right least",
    "worst_people": "Writers read right least",
    "worst_symbols": "Symbols refused least",
}


def as_text(report: dict[str, Any]) -> str:
    titles, ours = report["titles"], report["results"][OURS]
    digit_sets = [key for key in titles if "accuracy" in ours[key]]
    model = report["model"]
    lines = [
        f"Model: {model['network']}, {str(model['sha256'])[:12]}, trained {model['trained']}",
        "All in per cent. Wrong: another digit was said. ECE: expected calibration error.",
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
    rows = [["No digit at all", "drawings", "unsure", f"called a digit, over {SURE:.0%} sure"]]
    for name, result in report["results"].items():
        for key in [key for key in titles if key not in digit_sets]:
            none = result[key]
            shown = [percent(none["unsure"]), percent(none["wrong_and_sure"])]
            rows.append([f"{titles[key]}: {name}", f"{none['drawings']:,}", *shown])
    lines += aligned(rows)
    for key, title in WORST.items():
        if key in report:
            some = list(report[key].items())[:6]
            lines += ["", f"{title}: " + "; ".join(f"{n} {percent(s)}" for n, s in some)]
    for key, found in report.get("sweeps", {}).items():
        rows = [["", *(f"{step:g}" for step in found["steps"])]]
        rows += [[name, *map(percent, shown)] for name, shown in found["accuracy"].items()]
        lines += ["", f"{SWEEPS[key].title}: {found['axis']}", *aligned(rows)]
    return "\n".join([*lines, "", f"{report['drawings_per_second']:.0f} drawings a second"])


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}"


def aligned(rows: list[list[str]]) -> list[str]:
    first, *widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(first), *map(str.rjust, row[1:], widths)]).rstrip() for row in rows
    ]


def save(folder: Path, report: dict[str, Any]) -> None:
    """Writes both files next to the model, each whole or not at all."""
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    picture = draw_sweeps(report["sweeps"], report["pens"] is not None)
    write_atomically(folder / "evaluation.json", lambda half: half.write_text(text, "utf-8"))
    write_atomically(folder / "evaluation.png", picture.savefig)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.accuracy", description="Tells how well the model reads."
    )
    parser.add_argument("--model", default="model", help="its folder (default: %(default)s)")
    parser.add_argument("--data", metavar="PATH", help="MNIST: an .npz, or IDX files; see train.py")
    parser.add_argument(
        "--pens",
        metavar="PATH",
        action="append",
        default=[],
        help="handwriting as for train.py: that of the writers of the test split is read",
    )
    parser.add_argument("--quick", action="store_true", help="small samples; writes nothing")
    parser.add_argument(
        "--no-baselines", dest="baselines", action="store_false", help="compare with no others"
    )
    return parser.parse_args()


if __name__ == "__main__":
    run(main, "evaluate")
