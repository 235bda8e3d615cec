"""The evaluation: pen files, drawings on the canvas, the table and the chart."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation import accuracy, charts, drawings
from handwriting import pen
from tests.helpers.packages import hide_modules
from training import unipen, writers

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "mnist_small.npz"


def write_distribution(root: Path, sketches: list[drawings.Sketch]) -> Path:
    """Write sketches as a UNIPEN distribution by a writer in the test split."""
    writer = next(f"w{n}" for n in range(99) if writers.split_of(f"w{n}") == writers.TEST)
    ink, labels = [f".WRITER_ID {writer}"], [".INCLUDE demo/ink.dat"]
    count = 0
    for strokes, label, _ in sketches:
        for stroke in strokes:
            points = [f"{1000 + 1e5 * x:.0f} {2000 - 1e5 * y:.0f}" for x, y in stroke]
            ink += [".PEN_DOWN", *points, ".PEN_UP"]
        last = count + len(strokes) - 1
        name = "A" if label == pen.NO_DIGIT else label
        labels.append(f'.SEGMENT CHARACTER {count}-{last} ? "{name}"')
        count = last + 1
    for file, lines in (("data/1a/demo/all.dat", labels), ("include/demo/ink.dat", ink)):
        (root / file).parent.mkdir(parents=True)
        (root / file).write_text("\n".join(lines) + "\n")
    return root


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "evaluation.accuracy", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, env={**os.environ, **environment},
    )  # fmt: skip


def assert_refused(done, *words):
    assert done.returncode == 2
    assert done.stdout == ""
    (sentence,) = (line for line in done.stderr.splitlines() if line.startswith("evaluate: "))
    assert sentence.endswith(".") and "Traceback" not in done.stderr
    for word in words:
        assert word in sentence


def test_only_held_out_writers_are_measured(tmp_path):
    sketches = [*drawings.sketch_variants(1)[::9], *drawings.sketch_symbols(1)[:5]]
    root = write_distribution(tmp_path, sketches)
    read = drawings.sketch_writers([str(root)])
    assert [sketch.label for sketch in read] == [sketch.label for sketch in sketches]
    for one, other in zip(read, sketches, strict=True):
        for found, expected in zip(one.strokes, other.strokes, strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-5)
    ink = root / "include/demo/ink.dat"
    training_writer = next(f"w{n}" for n in range(99) if writers.split_of(f"w{n}") == writers.TRAIN)
    ink.write_text(ink.read_text().replace(read[0].name, training_writer))
    with pytest.raises(unipen.PenFileError, match="test split"):
        drawings.sketch_writers([str(root)])


def test_a_lone_tap_can_be_drawn():
    sketches = [drawings.Sketch([np.zeros((1, 2))], 1, "tap")]
    for drawing in [*drawings.plain(sketches), *drawings.varied(sketches, 1)]:
        assert drawing.any()


def thickness(drawing: np.ndarray, axis: int) -> float:
    """Measure a straight bar's thickness along `axis`, in pixels, at its middle."""
    along = np.flatnonzero(drawing.any(axis=axis))
    return float(drawing.take(along[len(along) // 2], axis=1 - axis).sum() / 255)


def test_plain_drawings_are_large_and_centred_with_the_same_pen():
    bar = drawings.Sketch([np.array([[-0.5, 0], [0.5, 0]])], 1, "bar")
    (drawing,) = drawings.plain([bar])
    assert drawing.shape == (pen.CANVAS, pen.CANVAS) and drawing.dtype == np.uint8
    assert thickness(drawing, axis=0) == pytest.approx(drawings.PLAIN["width"], abs=1)
    rows, columns = drawing.any(axis=1).nonzero()[0], drawing.any(axis=0).nonzero()[0]
    assert np.mean([rows[0], rows[-1]]) == pytest.approx(140, abs=1)
    assert np.mean([columns[0], columns[-1]]) == pytest.approx(140, abs=1)
    assert np.ptp(columns) == pytest.approx(190 + 16, abs=2)


def test_varied_drawings_stay_on_the_canvas_and_differ_in_pen_size_and_position():
    bar = drawings.Sketch([np.array([[0, -0.5], [0, 0.5]])], 1, "bar")
    varied = list(drawings.varied([bar] * 300, seed=1))
    widths = [thickness(drawing, axis=1) for drawing in varied]
    assert min(widths) > 7 and max(widths) < 26
    assert np.ptp(widths) > 12, "from fine to broad"
    lengths = [np.ptp(drawing.any(axis=1).nonzero()[0]) for drawing in varied]
    assert min(lengths) < 90 and max(lengths) > 220, "from small to large"
    columns = [drawing.any(axis=0).nonzero()[0].mean() for drawing in varied]
    assert min(columns) < 30 and max(columns) > 250, "from side to side"
    for drawing in [*varied, *drawings.varied(drawings.sketch_variants(1), seed=2)]:
        edge = [drawing[0], drawing[-1], drawing[:, 0], drawing[:, -1]]
        assert not np.any(edge), "nothing is cut off"
    again = drawings.varied([bar] * 300, seed=1)
    assert all(map(np.array_equal, varied, again)), "the same each time"


def test_every_step_of_every_sweep_stays_on_the_canvas():
    sketches = drawings.sketch_variants(1)[::30]
    for sweep in drawings.SWEEPS.values():
        for step in (sweep.steps[0], sweep.steps[-1]):
            for sketch in sketches:
                drawing = sweep.draw(sketch.strokes, step)
                # A pixel of the round pen may touch the edge in the corner.
                assert np.count_nonzero(drawing[-1]) == np.count_nonzero(drawing[:, -1]) == 0
                assert drawing.any()


def test_slant_leans_right_and_rotation_goes_clockwise():
    stem = [np.array([[0, -0.5], [0, 0.5]])]
    for key in ("slant", "rotation"):
        drawing = drawings.SWEEPS[key].draw(stem, drawings.SWEEPS[key].steps[-1])
        rows = drawing.any(axis=1).nonzero()[0]
        top, bottom = drawing[rows[9]].nonzero()[0].mean(), drawing[rows[-9]].nonzero()[0].mean()
        assert top > bottom + 50


def test_measures():
    predictions = accuracy.Predictions(
        np.array([3, 3, 5, 1]), np.array([1.0, 0.95, 0.5, 0.4]), np.array([True, True, True, False])
    )
    found = accuracy.measure(predictions, np.array([3, 5, 5, 1]))
    assert found["accuracy"] == 0.75
    assert found["wrong"] == found["wrong_and_sure"] == found["unsure"] == 0.25
    assert found["digit_accuracy"][5] == 0.5 and found["digit_accuracy"][0] is None
    assert found["calibration_error"] == pytest.approx((0 + 0.95 + 0.5 + 0.6) / 4)
    none = accuracy.measure(predictions, np.full(4, pen.NO_DIGIT))
    assert (none["unsure"], none["wrong_and_sure"]) == (0.25, 0.5) and "accuracy" not in none


def fake_sweeps(count: int = 5) -> dict:
    steps = [30, 100, 260]
    curves = {"This network": [0.9, 0.99, 1.0], "Another": [0.1, 0.8, 0.2]}
    return {
        str(number): {"title": "Size", "axis": "pixels", "steps": steps, "accuracy": curves}
        for number in range(count)
    }


@pytest.mark.parametrize("count", [1, 5])
def test_the_chart_is_drawn(count):
    file = io.BytesIO()
    charts.draw_sweeps(fake_sweeps(count), by_writers=True).savefig(file)
    with Image.open(file) as picture:
        assert picture.format == "PNG" and picture.size == (1440, 880)
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    for colour in charts.COLOURS[:2]:
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        near = np.abs(pixels.astype(int) - rgb).max(axis=1) < 8
        assert near.sum() > 500 * count, "the curve and its legend"


def test_both_files_are_saved(tmp_path):
    report = {"sweeps": fake_sweeps(), "pens": None, "accents": "é"}
    accuracy.save(tmp_path, report)
    assert json.loads((tmp_path / "evaluation.json").read_text("utf-8")) == report
    assert {file.name for file in tmp_path.iterdir()} == {"evaluation.json", "evaluation.png"}


@pytest.mark.slow
def test_quick_prints_the_table_and_writes_nothing(tmp_path):
    digits = drawings.sketch_variants(1)[::9]
    pens = write_distribution(tmp_path, [*digits, *drawings.sketch_symbols(1)])
    before = {file: file.stat().st_mtime_ns for file in (ROOT / "model").iterdir()}
    done = run("--quick", "--no-baselines", "--data", SMALL, "--pens", pens)
    assert done.returncode == 0, done.stderr
    assert "Not a digit" in done.stdout
    table = done.stdout.split("Accuracy by digit")[0].splitlines()
    figures = {line[:17].strip(): line[17:].split() for line in table if "." in line[17:]}
    assert figures["MNIST"][0] == "100" and figures["Writers, varied"][0] == str(len(digits))
    assert float(figures["MNIST"][1]) > 90
    assert {file: file.stat().st_mtime_ns for file in (ROOT / "model").iterdir()} == before


@pytest.mark.slow
def test_bad_input_is_reported(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear sir,\n")
    quick = ("--quick", "--no-baselines")
    assert_refused(
        run(*quick, "--data", SMALL, "--pens", tmp_path / "none"), "none", "No such file"
    )
    assert_refused(run(*quick, "--data", SMALL, "--pens", tmp_path / "letter.txt"), "no digit")
    assert_refused(run(*quick, "--data", tmp_path / "none.npz"), "none.npz")
    assert_refused(run(*quick, "--data", SMALL, "--model", tmp_path), "train.py")


def test_missing_packages_are_reported_with_a_remedy(tmp_path):
    hide_modules(tmp_path, "tensorflow", "keras", "matplotlib")
    environment = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = run("--data", SMALL, **environment)
    assert_refused(done, "Matplotlib is not installed", "--extra train")
    hide_modules(tmp_path, "tensorflow", "keras")
    done = run("--data", SMALL, **environment)
    assert_refused(done, "TensorFlow is not installed", "--extra train", "--no-baselines")
