"""Rows composed of one writer's symbols, and the lines around them."""

import numpy as np
import pytest

from handwriting import lines, pen, rows

TEXTS = ["2026", "3.14", "-42", "12.05.2026", "10:30", "1/2", "(12)", "1,5", "12 36", "4?7"]


def symbols_of(text: str) -> str:
    return "".join(text.split())


def drawn(row: rows.Row, number: int) -> np.ndarray:
    row, page = rows.on_page(row, np.random.default_rng(0))
    return pen.render(row.symbols[number], row.width, page.shape[::-1]) > 0


@pytest.mark.parametrize("spacing", ["wide", "close", "touching", "mixed"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_row_has_a_symbol_for_each_character(writer, text, spacing):
    for seed in range(3):
        row = rows.write(writer, text, np.random.default_rng(seed), spacing)
        assert row.text == text and "".join(row.labels) == symbols_of(text)
        assert len(row.symbols) == len(row.labels)
        lefts = [np.concatenate(symbol)[:, 0].min() for symbol in row.symbols]
        assert spacing != "wide" or lefts == sorted(lefts)


def test_neighbours_touch_only_if_requested(writer):
    def touch(spacing):
        row = rows.write(writer, "38", np.random.default_rng(1), spacing, drift=0)
        return np.any(drawn(row, 0) & drawn(row, 1))

    assert touch("touching") and not touch("wide") and not touch("close")


def test_marks_have_their_usual_places(writer):
    for seed in range(8):
        row = rows.write(writer, "8.8,8-8", np.random.default_rng(seed), drift=0, steepest=0)
        boxes = [np.concatenate(symbol) for symbol in row.symbols]
        feet = [points[:, 1].max() / row.size for points in boxes]
        heights = [np.ptp(points[:, 1]) / row.size for points in boxes]
        assert abs(feet[1]) < 0.15 and heights[1] < 0.2, "a full stop is small, on the line"
        assert 0 < feet[3] < 0.5, "a comma hangs below the line"
        assert -0.8 < feet[5] < -0.2, "a dash is in the middle"


@pytest.mark.parametrize(
    "add",
    [
        lines.underlined, lines.framed, lines.ruled, lines.struck_out,
        lambda row, rng: lines.circled(row, rng, 1), lines.circled,
    ],
)  # fmt: skip
def test_lines_are_not_symbols(writer, add):
    row = rows.write(writer, "365", np.random.default_rng(2), size=80, width=6)
    added = add(row, np.random.default_rng(3))
    assert len(added.lines) > len(row.lines) and len(added.symbols) == 3
    ink = [rows.on_page(one, np.random.default_rng(0))[1].sum() for one in (row, added)]
    assert ink[1] > 1.05 * ink[0]


def test_a_number_struck_out_has_no_digits(writer):
    row = rows.write(writer, "365", np.random.default_rng(2))
    assert lines.struck_out(row, np.random.default_rng(3)).text == "???"


def test_a_ring_is_round_its_symbol(writer):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        row = lines.circled(rows.write(writer, "365", rng, steepest=0), rng, 1)
        (ring,) = row.lines[-1].strokes
        inside = np.concatenate(row.symbols[1])
        assert (ring.min(axis=0) < inside.min(axis=0)).all()
        assert (ring.max(axis=0) > inside.max(axis=0)).all()


@pytest.mark.parametrize("comb", [False, True])
def test_each_symbol_stands_in_its_own_box(writer, comb):
    row = lines.boxed(writer, "502632", np.random.default_rng(4), comb)
    if comb:
        edges = [stroke[0, 0] for stroke in row.lines[0].strokes[1:]]
        assert len(edges) in (5, 7)
        return
    for symbol, box in zip(row.symbols, row.lines[0].strokes, strict=True):
        points = np.concatenate(symbol)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        assert (box.min(axis=0) < middle).all() and (middle < box.max(axis=0)).all()


def test_rows_below_one_another_do_not_overlap(writer):
    rng = np.random.default_rng(5)
    some = [rows.write(writer, text, rng, size=60, width=5) for text in ("12", "3", "456")]
    page = rows.below(some, rng, (0.1, 0.4))
    assert page.text == "12\n3\n456"
    tops = [np.concatenate(symbol)[:, 1].min() for symbol in page.symbols]
    bottoms = [np.concatenate(symbol)[:, 1].max() for symbol in page.symbols]
    assert max(bottoms[:2]) < tops[2] and bottoms[2] < min(tops[3:])


def test_everything_is_on_the_page(writer):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        _, image = rows.on_page(lines.underlined(rows.write(writer, "27", rng), rng), rng)
        assert image.dtype == np.uint8 and image.max() == 255
        assert not np.any([image[0].any(), image[-1].any(), image[:, 0].any(), image[:, -1].any()])
