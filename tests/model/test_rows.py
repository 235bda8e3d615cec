"""What the network for rows is shown, and what it learns to say."""

import numpy as np
import pytest

from digits.ink import find_ink
from digits.numbers import reader as reading
from digits.numbers.reader import STRIDE, STRIP_HEIGHT, STRIP_SIGN, Scanned, Strip
from handwriting import pen
from training import numbers, rows
from training.export import write_whole


def bars(slope: float, height: float = 100) -> reading.Sheet:
    """Eight upright strokes beside each other, on a line that falls by `slope`."""
    tops = [(60 + 70 * k, 150 + slope * 70 * k) for k in range(8)]
    strokes = [np.array([[x, y], [x, y + height]]) for x, y in tops]
    ink = find_ink(pen.render(strokes, 14, (640, 420))).everything.pixels
    return reading.Sheet(ink, rows._no_opinion, rows._no_opinion)


@pytest.mark.parametrize("slope", [-0.17, 0, 0.17])
def test_a_strip_is_level_and_its_symbols_are_of_one_size(slope):
    sheet = bars(slope)
    (row,) = reading.find_rows(sheet)
    strip = reading.strip(sheet, row)
    assert strip.pixels.dtype == np.uint8 and strip.pixels.shape[0] == STRIP_HEIGHT
    middles = [(sheet.box([name])[0] + sheet.box([name])[2]) / 2 for name in row.names]
    for middle in strip.places(np.array(middles)):
        inked = np.flatnonzero(strip.pixels[:, int(middle)] > 127)
        assert abs(inked.mean() - STRIP_HEIGHT / 2) <= 2
        assert abs(len(inked) - STRIP_SIGN) <= 2


def test_places_of_an_example_are_those_of_its_symbols(hand):
    writing = numbers.compose(hand, 5, "wide", np.random.default_rng(4))
    ((pixels, symbols),) = rows.rows_of(writing)
    assert [label for label, _, _ in symbols] == [int(digit) for digit in writing.text]
    inked = np.flatnonzero((pixels > 100).any(axis=0))
    for number, (_, left, right) in enumerate(symbols):
        assert np.abs(inked - left).min() <= 1.5 and np.abs(inked + 1 - right).min() <= 1.5
        if number == 0 or symbols[number - 1][2] < left - 4:  # no other symbol's ink is near
            assert not ((inked > left - 2.5) & (inked < left - 1.5)).any()  # here it begins
    assert symbols[0][1] > 4, "the first one has room before it"


def test_a_number_is_made_of_the_writers_own_drawings_a_little_different(hand, classifier):
    rng = np.random.default_rng(6)
    moods = [rows.redrawn(hand, rng) for _ in range(8)]
    assert all(mood.keys() == hand.keys() for mood in moods)
    digits = [(label, one) for mood in moods for label in range(10) for one in mood[label]]
    sheets = [pen.render(pen.place(one, 150, (140, 140)), 14) for _, one in digits]
    assert len({sheet.tobytes() for sheet in sheets}) > 0.9 * len(sheets)
    guesses = [p.probabilities.argmax() for p in classifier.predict_batch(sheets)]
    assert (
        np.mean([label == guess for (label, _), guess in zip(digits, guesses, strict=True)]) > 0.9
    )


def test_what_was_packed_is_found_again():
    """A network that says what it is to learn finds the borders between the symbols."""
    symbols = [(3, 4.0, 18.0), (10, 20.0, 26.0), (7, 25.0, 40.0)]
    strips, classes, edges = rows.pack(
        [(np.full((STRIP_HEIGHT, 48), 9, np.uint8), symbols)] * 8, np.random.default_rng(0)
    )
    assert strips.shape[1:] == (STRIP_HEIGHT, rows.WIDTH)
    assert classes.shape == (len(strips), rows.WIDTH // STRIDE) and len(strips) > 1
    said = np.eye(12, dtype=np.float32)[classes[0]], edges[0]
    scanned = Scanned(Strip(strips[0], 0, 1), lambda _: said)
    assert scanned.borders()[:2, 1] == pytest.approx([19, 25.5], abs=0.01)
    for label, left, right in symbols:
        opinion, _, off = scanned.symbol(left, right)
        assert opinion.argmax() == label and off < 0.06
        assert scanned.symbol(left - 2, right)[2] > 0.06


def test_after_an_interruption_nothing_is_written_again(tmp_path):
    def some(count):
        shapes = ((count, STRIP_HEIGHT, rows.WIDTH), (count, 128), (count, 128, 2))
        return [np.full(shape, count, np.float32) for shape in shapes]

    folder = tmp_path / "kept"
    assert rows.restored(None) is None and rows.restored(folder) is None
    rows.keep(None, some(3), some(2))
    rows.keep(folder, some(3), some(2))
    assert [file.name for file in folder.iterdir()] == [rows.STRIPS_KEPT]
    for expected, found in zip((some(3), some(2)), rows.restored(folder), strict=True):
        assert all(map(np.array_equal, expected, found))


def test_a_file_that_is_written_half_replaces_nothing(tmp_path):
    file = tmp_path / "new" / "strips.npz"
    write_whole(file, lambda half: half.write_bytes(b"whole"))

    def fail(half):
        half.write_bytes(b"ha")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_whole(file, fail)
    assert file.read_bytes() == b"whole"
    assert [one.name for one in file.parent.iterdir()] == [file.name], "nothing is left beside it"


def test_a_strip_without_symbols_has_no_borders():
    nothing = np.eye(12, dtype=np.float32)[np.full(24, rows.NOTHING)], np.zeros((24, 2), np.float32)
    strip = Strip(np.zeros((STRIP_HEIGHT, 48), np.uint8), 0, 1)
    assert len(Scanned(strip, lambda _: nothing).borders()) == 0


def test_a_flat_line_makes_no_endless_strip():
    ink = np.ones((1, 5000), np.float32)
    sheet = reading.Sheet(ink, rows._no_opinion, rows._no_opinion)
    (row,) = reading.find_rows(sheet)
    assert reading.strip(sheet, row).pixels.shape[1] < 5000


def test_a_cut_beside_the_ink_changes_nothing():
    ink = np.zeros((9, 60), np.float32)
    ink[4], ink[4, -1] = 1, 0.4  # the cheapest cut leaves nothing on its right
    sheet = reading.Sheet(ink, rows._no_opinion, rows._no_opinion)
    before = dict(sheet.boxes)
    assert sheet.cut(1, np.array([[30.0, 57, 60]]), 20) == []
    assert sheet.boxes == before and set(np.unique(sheet.labels)) == {0, 1}


def test_parts_of_which_nothing_is_known_are_no_digit():
    """Two places say “a symbol”, and elsewhere no digit has any probability at all."""
    strokes = [np.array([[60, 60], [260, 60]]), np.array([[60, 60], [60, 160]])]
    ink = find_ink(pen.render(strokes, 14, (320, 220))).everything.pixels

    def scan(strip):
        classes = np.eye(12, dtype=np.float32)[np.full(strip.shape[1] // STRIDE, rows.NOTHING)]
        classes[[6, 20]] = np.eye(12, dtype=np.float32)[[pen.NO_DIGIT, pen.NO_DIGIT]]
        return classes, np.full((len(classes), 2), 0.3, np.float32)

    sheet = reading.Sheet(ink, lambda pixels: np.full((len(pixels), 11), 0.1, np.float32), scan)
    (row,) = reading.find_rows(sheet)
    reading.lattice(sheet, row)
    assert sheet.parts
    for said in sheet.parts.values():
        assert np.isfinite(said).all() and said[:10].sum() == pytest.approx(1)
