"""The evaluation: pen files, drawings on the sheet, the table and the picture."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import evaluate, pen

ROOT = Path(__file__).parents[1]
SMALL = ROOT / "tests" / "data" / "mnist_small.npz"
HEAD = '.INCLUDE dene.doc\n.LEXICON "0" "1" "2"\n.HIERARCHY DIGIT\n\n'


def unipen(sketches: list[evaluate.Sketch]) -> str:
    """Writes sketches as pendigits-orig does: whole numbers, counted upwards."""
    lines = []
    for number, (strokes, label, name) in enumerate(sketches):
        lines += [f'.SEGMENT DIGIT {number} ? "{label}"', f".COMMENT {label} {name} {number}"]
        for stroke in strokes:
            points = [f" {1000 + 1e5 * x:.0f}  {2000 - 1e5 * y:.0f}" for x, y in stroke]
            lines += [".PEN_DOWN", *points, ".PEN_UP", ".DT 100"]
    return HEAD + "\n".join(lines) + "\n"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "digits.evaluate", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def assert_refused(done, *words):
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("evaluate: ") and done.stderr.endswith(".\n")
    assert len(done.stderr.splitlines()) == 1
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pen_file_is_read_as_it_was_written(tmp_path, pack):
    drawn = [sketch._replace(name=str(n)) for n, sketch in enumerate(evaluate.sketch_ways(1)[::9])]
    assert any(len(sketch.strokes) > 1 for sketch in drawn)
    file = tmp_path / "digits.tra"
    file.write_bytes(pack(unipen(drawn).encode()))
    read = evaluate.read_pen_file(file)
    assert [sketch.label for sketch in read] == [sketch.label for sketch in drawn]
    assert [sketch.name for sketch in read] == [f"writer {sketch.name}" for sketch in drawn]
    for one, other in zip(read, drawn, strict=True):
        for found, expected in zip(one.strokes, other.strokes, strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-5)


def test_what_the_tablet_has_at_the_top_is_at_the_top(tmp_path):
    file = tmp_path / "seven"
    file.write_text('.SEGMENT DIGIT 0 ? "7"\n.PEN_DOWN\n0 100\n50 100\n20 0\n.PEN_UP\n7 7\n')
    (seven,) = evaluate.read_pen_file(file)
    np.testing.assert_allclose(seven.strokes, [[[-0.25, -0.5], [0.25, -0.5], [-0.05, 0.5]]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no digit"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no digit"),
        (HEAD.encode(), "no digit"),
        (b'.SEGMENT DIGIT 0 ? "1"\n', "no digit"),
        (b'.SEGMENT DIGIT 0 ? "A"\n', "line 1"),
        (b".PEN_DOWN\n1 2\n", "line 1"),
        (b'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 2\n3 up\n', "line 4"),
        (b'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 nan\n', "line 3"),
        (b'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n1 1e300\n', "line 3"),
        (gzip.compress(b"cut short" * 99)[:-9], "can't be read"),
        (b"\x1f\x8b no gzip at all", "can't be read"),
    ],
)
def test_another_file_is_refused(tmp_path, content, words):
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(evaluate.PenFileError, match=words):
        evaluate.read_pen_file(file)


def test_a_pen_that_only_taps_can_be_drawn(tmp_path):
    file = tmp_path / "tap"
    file.write_text('.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n5 5\n.PEN_UP\n')
    sketches = evaluate.read_pen_file(file)
    for drawing in [*evaluate.plain(sketches), *evaluate.varied(sketches, 1)]:
        assert drawing.any()


def thickness(drawing: np.ndarray, axis: int) -> float:
    """Of a lone bar along the other axis, in pixels: half-way along it."""
    along = np.flatnonzero(drawing.any(axis=axis))
    return float(drawing.take(along[len(along) // 2], axis=1 - axis).sum() / 255)


def test_plain_is_large_in_the_middle_and_keeps_its_pen():
    bar = evaluate.Sketch([np.array([[-0.5, 0], [0.5, 0]])], 1, "bar")
    (drawing,) = evaluate.plain([bar])
    assert drawing.shape == (pen.CANVAS, pen.CANVAS) and drawing.dtype == np.uint8
    assert thickness(drawing, axis=0) == pytest.approx(evaluate.PLAIN["width"], abs=1)
    rows, columns = drawing.any(axis=1).nonzero()[0], drawing.any(axis=0).nonzero()[0]
    assert np.mean([rows[0], rows[-1]]) == pytest.approx(140, abs=1)
    assert np.mean([columns[0], columns[-1]]) == pytest.approx(140, abs=1)
    assert np.ptp(columns) == pytest.approx(190 + 16, abs=2)


def test_varied_stays_on_the_sheet_and_keeps_its_pen():
    bar = evaluate.Sketch([np.array([[0, -0.5], [0, 0.5]])], 1, "bar")
    drawings = list(evaluate.varied([bar] * 300, seed=1))
    widths = [thickness(drawing, axis=1) for drawing in drawings]
    assert min(widths) > 7 and max(widths) < 26
    assert np.ptp(widths) > 12, "from fine to broad"
    lengths = [np.ptp(drawing.any(axis=1).nonzero()[0]) for drawing in drawings]
    assert min(lengths) < 90 and max(lengths) > 220, "from small to large"
    columns = [drawing.any(axis=0).nonzero()[0].mean() for drawing in drawings]
    assert min(columns) < 30 and max(columns) > 250, "from side to side"
    for drawing in [*drawings, *evaluate.varied(evaluate.sketch_ways(1), seed=2)]:
        edge = [drawing[0], drawing[-1], drawing[:, 0], drawing[:, -1]]
        assert not np.any(edge), "nothing is cut off"
    again = evaluate.varied([bar] * 300, seed=1)
    assert all(map(np.array_equal, drawings, again)), "the same each time"


def test_every_step_of_every_sweep_stays_on_the_sheet():
    sketches = evaluate.sketch_ways(1)[::30]
    for sweep in evaluate.SWEEPS.values():
        for step in (sweep.steps[0], sweep.steps[-1]):
            for sketch in sketches:
                drawing = sweep.draw(sketch.strokes, step)
                # A pixel of the round pen may touch the edge in the corner.
                assert np.count_nonzero(drawing[-1]) == np.count_nonzero(drawing[:, -1]) == 0
                assert drawing.any()


def test_slant_leans_right_and_rotation_goes_clockwise():
    stem = [np.array([[0, -0.5], [0, 0.5]])]
    for key in ("slant", "rotation"):
        drawing = evaluate.SWEEPS[key].draw(stem, evaluate.SWEEPS[key].steps[-1])
        rows = drawing.any(axis=1).nonzero()[0]
        top, bottom = drawing[rows[9]].nonzero()[0].mean(), drawing[rows[-9]].nonzero()[0].mean()
        assert top > bottom + 50


def test_measures():
    answers = evaluate.Answers(
        np.array([3, 3, 5, 1]), np.array([1.0, 0.95, 0.5, 0.4]), np.array([True, True, True, False])
    )
    found = evaluate.measure(answers, np.array([3, 5, 5, 1]))
    assert found["accuracy"] == 0.75
    assert found["wrong"] == found["wrong_and_sure"] == found["unsure"] == 0.25
    assert found["digit_accuracy"][5] == 0.5 and found["digit_accuracy"][0] is None
    assert found["calibration_error"] == pytest.approx((0 + 0.95 + 0.5 + 0.6) / 4)
    none = evaluate.measure(answers, np.full(4, -1))
    assert (none["unsure"], none["wrong_and_sure"]) == (0.25, 0.5) and "accuracy" not in none


def made_up_sweeps(count: int = 5) -> dict:
    steps = [30, 100, 260]
    accuracy = {"This network": [0.9, 0.99, 1.0], "Another": [0.1, 0.8, 0.2]}
    return {
        str(number): {"title": "Size", "axis": "pixels", "steps": steps, "accuracy": accuracy}
        for number in range(count)
    }


@pytest.mark.parametrize("count", [1, 5])
def test_the_picture_is_drawn(count):
    file = io.BytesIO()
    evaluate.picture(made_up_sweeps(count), by_people=True).save(file, "PNG")
    with Image.open(file) as picture:
        assert picture.format == "PNG" and picture.size == evaluate.PICTURE
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    for colour in evaluate.COLOURS[:2]:
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        near = np.abs(pixels.astype(int) - rgb).max(axis=1) < 8
        assert near.sum() > 500 * count, "the curve, and its place in the legend"


def test_both_files_are_saved_whole(tmp_path):
    report = {"sweeps": made_up_sweeps(), "pen": None, "accents": "é"}
    evaluate.save(tmp_path, report)
    assert json.loads((tmp_path / "evaluation.json").read_text("utf-8")) == report
    assert {file.name for file in tmp_path.iterdir()} == {"evaluation.json", "evaluation.png"}


def test_quick_prints_the_table_and_writes_nothing(tmp_path):
    file = tmp_path / "digits.tra.gz"
    drawn = [sketch._replace(name="1") for sketch in evaluate.sketch_ways(1)[::9]]
    file.write_bytes(gzip.compress(unipen(drawn).encode()))
    before = {file: file.stat().st_mtime_ns for file in (ROOT / "model").iterdir()}
    done = run("--quick", "--no-baselines", "--data", SMALL, "--pen", file)
    assert done.returncode == 0, done.stderr
    assert "No digit at all" in done.stdout
    table = done.stdout.split("Accuracy by digit")[0].splitlines()
    figures = {line[:17].strip(): line[17:].split() for line in table if "." in line[17:]}
    assert figures["MNIST"][0] == "100" and figures["People, varied"][0] == str(len(drawn))
    assert float(figures["MNIST"][1]) > 90
    assert {file: file.stat().st_mtime_ns for file in (ROOT / "model").iterdir()} == before


def test_what_is_missing_is_said_in_a_sentence(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear sir,\n")
    quick = ("--quick", "--no-baselines")
    assert_refused(run(*quick, "--data", SMALL, "--pen", tmp_path / "none"), "none", "No such file")
    assert_refused(run(*quick, "--data", SMALL, "--pen", tmp_path / "letter.txt"), "no digit")
    assert_refused(run(*quick, "--data", tmp_path / "none.npz"), "none.npz")
    assert_refused(run(*quick, "--data", SMALL, "--model", tmp_path), "train.py")
