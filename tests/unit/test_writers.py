"""The split of writers, and the variation of their drawings."""

import numpy as np
import pytest

from handwriting import pen, variation
from training import writers
from training.unipen import Drawing

SEVEN = [np.array([[-0.3, -0.5], [0.3, -0.5], [-0.1, 0.5]])]


def test_the_split_follows_the_writer_alone_and_has_its_shares():
    splits = [writers.split_of(f"writer{number}") for number in range(4000)]
    assert splits == [writers.split_of(f"writer{number}") for number in range(4000)]
    for part, share in ((writers.TEST, 0.11), (writers.VALIDATION, 0.10), (writers.TRAIN, 0.79)):
        assert splits.count(part) / len(splits) == pytest.approx(share, abs=0.03)


def test_characters_that_resemble_digits_are_left_out():
    def label(character):
        return writers.label_of(Drawing(SEVEN, character, "x"))

    assert [label(one) for one in "0123456789"] == list(range(10))
    assert {label(one) for one in "AEHKMWxk#*+=%"} == {pen.NO_DIGIT}
    assert {label(one) for one in "OolI|SsZzqgbBDGYy/\\()[]',!ij"} == {None}


def test_missing_symbols_come_from_writers_of_the_same_split():
    names = [f"writer{number}" for number in range(40)]
    test, train = (
        [name for name in names if writers.split_of(name) == part] for part in ("test", "train")
    )
    drawings = [Drawing(SEVEN, label, train[0]) for label in "0123456"]
    drawings += [Drawing(SEVEN, label, train[1]) for label in "89,A"]
    drawings += [Drawing(SEVEN, label, test[0]) for label in "0123456789:"]
    (writer,) = writers.by_writer(writers.of_split(drawings, writers.TRAIN))
    assert {label for label, drawn in writer.items() if drawn} == set("012345689,?")
    assert len(writers.by_writer(writers.of_split(drawings, writers.TEST))) == 1


def test_a_drawing_is_redrawn_differently_each_time():
    rng = np.random.default_rng(4)
    images = [writers.redraw(Drawing(SEVEN, "7", "x"), rng) for _ in range(200)]
    assert len({image.tobytes() for image in images}) > 150


def test_strokes_are_loosened_a_little_and_a_single_one_not_at_all():
    rng = np.random.default_rng(5)
    seven = [*SEVEN, np.array([[-0.2, 0.0], [0.2, 0.0]])]
    for _ in range(50):
        moved = variation.loosened(seven, rng)
        for before, after in zip(seven, moved, strict=True):
            assert 0 < np.abs(after - before).max() < 0.4
    assert variation.loosened(SEVEN, rng) is SEVEN


def test_a_writer_of_few_digits_counts_for_more_of_each():
    counts = [writers.redraw_times(drew) for drew in (1, 10, 100, 400, 900)]
    assert counts == sorted(counts, reverse=True)
    assert counts[2] == writers.TIMES and counts[0] == writers.MAX_TIMES and counts[-1] >= 1
    weights = [drew * writers.redraw_times(drew) for drew in (10, 100, 900)]
    assert weights == sorted(weights), "who draws more still counts for more"


def test_every_device_keeps_where_the_pen_was_set_down_and_lifted():
    angles = np.linspace(0, 6, 200)
    curve = [np.stack([np.cos(angles), np.sin(angles)], axis=1) / 2]
    rng, counts = np.random.default_rng(3), set()
    for _ in range(60):
        (found,) = variation.resampled(curve, rng)
        counts.add(len(found))
        distance = np.linalg.norm(curve[0][[0, -1]] - found[[0, -1]], axis=1)
        assert distance.max() < 0.05
    assert min(counts) < 60 < max(counts), "some devices give few points"
