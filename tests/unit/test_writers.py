"""Who measures, whose labels hold, and how people's drawings are redrawn."""

import numpy as np
import pytest

from handwriting import pen
from training import writers as people
from training.unipen import Drawing

SEVEN = [np.array([[-0.3, -0.5], [0.3, -0.5], [-0.1, 0.5]])]


def test_roles_follow_the_writer_alone_and_take_their_shares():
    names = [f"writer{number}" for number in range(4000)]
    roles = [people.role(name) for name in names]
    assert roles == [people.role(name) for name in names]
    for role, share in ((people.MEASURE, 0.11), (people.CHOOSE, 0.10), (people.TEACH, 0.79)):
        assert roles.count(role) / len(roles) == pytest.approx(share, abs=0.03)


def test_what_somebody_might_call_a_digit_is_neither_digit_nor_none():
    def label(character):
        return people.label_of(Drawing(SEVEN, character, "x"))

    assert [label(one) for one in "0123456789"] == list(range(10))
    assert {label(one) for one in "AEHKMWxk#*+=%"} == {pen.NO_DIGIT}
    assert {label(one) for one in "OolI|SsZzqgbBDGYy/\\()[]',!ij"} == {None}


def test_confident_learning_finds_planted_errors_and_spares_the_merely_unusual():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 11, 3000)
    outputs = rng.dirichlet(np.ones(11), 3000) * 0.1
    outputs[np.arange(3000), truth] += 0.9
    unusual = rng.choice(3000, 200, replace=False)  # the networks don't know what they are
    outputs[unusual] = rng.dirichlet(np.ones(11) * 20, 200)
    labels = truth.copy()
    usual = np.setdiff1d(np.arange(3000), unusual)
    planted = rng.choice(usual, 60, replace=False)
    labels[planted] = (truth[planted] + rng.integers(1, 11, 60)) % 11
    found, thresholds = people.doubt(outputs, labels)
    # A threshold is a mean: about half of the errors are surer than it, and nothing else is.
    assert set(np.flatnonzero(found)) <= set(planted)
    assert found.sum() > 20
    assert not found[unusual].any()
    again = people.doubt(outputs[:50], labels[:50], thresholds).doubtful
    assert np.array_equal(again, found[:50])


def test_nobody_is_judged_by_networks_that_learned_from_them():
    x = np.arange(40 * 784, dtype=np.int64).reshape(40, 28, 28).astype(np.uint8)
    x[:, 0, 0] = np.arange(40)
    writers = [f"w{number // 4}" for number in range(40)]
    taught: list[set[str]] = []

    def learn(images, labels):
        seen = {writers[number] for number in images[:, 0, 0] if number < 40}
        taught.append(seen)
        assert len(images) == len(labels)

        def read(images):
            told = [writers[number] for number in images[:, 0, 0] if number < 40]
            assert not seen & set(told)
            return np.full((len(images), 11), 1 / 11)

        return read

    other = np.full((3, 28, 28), 200, np.uint8)
    unseen = np.full((5, 28, 28), 201, np.uint8)
    outputs, mean = people.out_of_fold(
        learn, x, np.zeros(40, int), writers, (other, np.zeros(3, int)), unseen
    )
    assert outputs.shape == (40, 11) and np.allclose(outputs.sum(axis=1), 1)
    assert mean.shape == (5, 11) and np.allclose(mean.sum(axis=1), 1)
    assert len(taught) == people.FOLDS


def test_a_drawing_is_redrawn_differently_each_time():
    rng = np.random.default_rng(4)
    images = [people.picture(Drawing(SEVEN, "7", "x"), rng) for _ in range(200)]
    assert len({image.tobytes() for image in images}) > 150


def test_strokes_are_loosened_a_little_and_a_single_one_not_at_all():
    rng = np.random.default_rng(5)
    seven = [*SEVEN, np.array([[-0.2, 0.0], [0.2, 0.0]])]
    for _ in range(50):
        moved = people.loosened(seven, rng)
        for before, after in zip(seven, moved, strict=True):
            assert 0 < np.abs(after - before).max() < 0.4
    assert people.loosened(SEVEN, rng) is SEVEN


def test_a_writer_of_few_digits_counts_for_more_of_each():
    counts = [people.times(drew) for drew in (1, 10, 100, 400, 900)]
    assert counts == sorted(counts, reverse=True)
    assert counts[2] == people.TIMES and counts[0] == people.MOST_TIMES and counts[-1] >= 1
    weights = [drew * people.times(drew) for drew in (10, 100, 900)]
    assert weights == sorted(weights), "who draws more still counts for more"


def test_every_device_keeps_where_the_pen_was_set_down_and_lifted():
    angles = np.linspace(0, 6, 200)
    curve = [np.stack([np.cos(angles), np.sin(angles)], axis=1) / 2]
    rng, counts = np.random.default_rng(3), set()
    for _ in range(60):
        (found,) = people.resampled(curve, rng)
        counts.add(len(found))
        distance = np.linalg.norm(curve[0][[0, -1]] - found[[0, -1]], axis=1)
        assert distance.max() < 0.05
    assert min(counts) < 60 < max(counts), "some devices give few points"
