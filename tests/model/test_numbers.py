"""Numbers composed of one writer's digits, and the fit of what reads them."""

import numpy as np
import pytest

from digits.ink import find_ink
from digits.numbers import reader as reading
from handwriting import pen
from training import numbers


def lattice(classifier, writing) -> numbers.Lattice:
    sheet = reading.Sheet(
        find_ink(writing.image).everything.pixels, classifier._look, classifier._scan
    )
    (row,) = reading.find_rows(sheet)
    return numbers.Lattice(reading.lattice(sheet, row), writing.text)


def can_be_spelled(one: numbers.Lattice) -> bool:
    """Whether it is cut where it says; not every touching number is."""
    return numbers.log_likelihood(one, reading.WEIGHTS.astype(float))[0] > -np.inf


@pytest.mark.parametrize("kind", numbers.KINDS)
def test_numbers_stay_on_their_sheet(hand, kind):
    for seed in range(3):
        writing = numbers.KINDS[kind](hand, np.random.default_rng(seed))
        image = writing.image
        assert image.dtype == np.uint8 and image.max() == 255
        assert not np.any([image[0].any(), image[-1].any(), image[:, 0].any(), image[:, -1].any()])
        assert len(writing.text.replace(" ", "").replace("\n", "")) == len(writing.symbols)


def test_neighbours_touch_where_they_are_to(hand):
    def pieces(spacing):
        writing = numbers.compose(hand, 2, spacing, np.random.default_rng(1), drift=0)
        parts = [pen.render(symbol, writing.width, writing.size) > 0 for symbol in writing.symbols]
        return np.any(parts[0] & parts[1])

    assert pieces("touching") and not pieces("wide") and not pieces("close")


@pytest.mark.parametrize("kind", ["wide", "touching", "with letters and symbols"])
def test_the_gradient_is_that_of_the_likelihood(classifier, hand, kind):
    some = (
        lattice(classifier, numbers.KINDS[kind](hand, np.random.default_rng(seed)))
        for seed in range(3, 9)
    )
    one = next(filter(can_be_spelled, some))
    weights = reading.WEIGHTS.astype(float)
    likelihood, slope = numbers.log_likelihood(one, weights)
    assert likelihood < 0
    for place in range(len(weights)):
        step = 1e-4 * np.eye(len(weights))[place]
        ends = [numbers.log_likelihood(one, weights + symbol * step)[0] for symbol in (1, -1)]
        assert slope[place] == pytest.approx((ends[0] - ends[1]) / 2e-4, abs=1e-4)


def test_a_text_that_no_path_spells_is_impossible(classifier, hand):
    one = lattice(classifier, numbers.compose(hand, 2, "wide", np.random.default_rng(2)))
    likelihood, slope = numbers.log_likelihood(
        numbers.Lattice(one.arcs, "0" * 50), reading.WEIGHTS.astype(float)
    )
    assert likelihood == -np.inf and not slope.any()


def test_the_fit_makes_the_right_texts_likelier(classifier, hand, monkeypatch):
    rng = np.random.default_rng(4)
    some = [lattice(classifier, numbers.KINDS["touching"](hand, rng)) for _ in range(12)]
    some = list(filter(can_be_spelled, some))
    assert len(some) >= 6
    monkeypatch.setattr(numbers, "ROUNDS", 8)
    weights = numbers.fit_weights(some)
    before, after = (
        np.mean([numbers.log_likelihood(one, each)[0] for one in some])
        for each in (reading.WEIGHTS.astype(float), weights)
    )
    assert after > before
