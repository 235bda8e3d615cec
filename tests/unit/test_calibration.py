import numpy as np
import pytest

from digits.calibration import apply_temperature
from digits.card import Thresholds
from training.calibration import calibration_error, fit_temperature, fit_thresholds


def made_up_outputs(count, sharpness, seed=0):
    """Outputs of a network that is calibrated if its sharpness is 1, and labels."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.full(10, 0.05), count)
    labels = (true.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    digits = true**sharpness
    none = rng.beta(0.3, 20, (count, 1))
    return np.hstack([digits / digits.sum(axis=1, keepdims=True) * (1 - none), none]), labels


def test_temperature_undoes_too_much_and_too_little_certainty():
    for sharpness in (0.6, 1, 2):
        temperature = fit_temperature(*made_up_outputs(4_000, sharpness))
        assert temperature == pytest.approx(sharpness, rel=0.15)


def test_a_calibrated_networks_confidence_is_its_accuracy():
    outputs, labels = made_up_outputs(6_000, sharpness=2)

    def error(temperature):
        probabilities, _ = apply_temperature(outputs, temperature)
        right = probabilities.argmax(axis=1) == labels
        return calibration_error(probabilities.max(axis=1), right)

    assert error(fit_temperature(outputs, labels)) < 0.03 < error(1)


def shares(outputs, labels, others, thresholds):
    """The shares of unsure digits, of wrong digits, and of others that are stated to be digits."""

    def stated(outputs):
        probabilities, none = apply_temperature(outputs, 1)
        likely = probabilities.max(axis=1) >= thresholds.confidence
        return likely & (none <= thresholds.none)

    wrong = outputs[:, :10].argmax(axis=1) != labels
    return (~stated(outputs)).mean(), (stated(outputs) & wrong).mean(), stated(others).mean()


def test_a_higher_cost_gives_fewer_wrong_and_more_unsure_digits():
    outputs, labels = made_up_outputs(4_000, sharpness=1)
    others = outputs[:500, [*range(1, 11), 0]]  # the rejection class is likely
    found = [
        shares(outputs, labels, others, fit_thresholds(outputs, labels, others, 1, cost))
        for cost in (2, 10, 50)
    ]
    unsure, wrong, _ = zip(*found, strict=True)
    assert sorted(unsure) == list(unsure) and unsure[0] < unsure[-1]
    assert sorted(wrong, reverse=True) == list(wrong) and wrong[0] > wrong[-1]


def test_no_other_threshold_for_none_costs_less():
    outputs, labels = made_up_outputs(4_000, sharpness=1)
    others = outputs[:500, [*range(1, 11), 0]]

    def cost(thresholds):
        unsure, wrong, mistaken = shares(outputs, labels, others, thresholds)
        return 0.9 * (unsure + 10 * wrong) + 0.1 * 10 * mistaken

    best = fit_thresholds(outputs, labels, others, 1, cost=10, non_digits=0.1)
    assert best.cost == 10
    for none in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98):
        assert cost(best) <= cost(Thresholds(none, best.confidence)) + 1e-3


def test_for_calibrated_digits_no_other_confidence_costs_less():
    outputs, labels = made_up_outputs(20_000, sharpness=1)
    outputs[:, 10] = 0  # digits only
    outputs /= outputs.sum(axis=1, keepdims=True)

    def cost(confidence):
        unsure, wrong, _ = shares(outputs, labels, outputs[:1], Thresholds(1, confidence))
        return unsure + 10 * wrong

    best = fit_thresholds(outputs, labels, outputs[:1], 1, cost=10, non_digits=0).confidence
    for confidence in (0.5, 0.7, 0.8, 0.95, 0.99):
        assert cost(best) <= cost(confidence) + 2e-3


def test_more_other_drawings_give_a_stricter_threshold_for_none():
    outputs, labels = made_up_outputs(1_000, sharpness=1)
    others = outputs[:500, [*range(1, 11), 0]]
    few, many = (
        fit_thresholds(outputs, labels, others, 1, non_digits=share).none for share in (0, 0.5)
    )
    assert few > many


def test_temperature_scaling_keeps_the_order_and_the_sums():
    outputs, _ = made_up_outputs(50, sharpness=1)
    for temperature in (0.5, 1, 2):
        probabilities, none = apply_temperature(outputs, temperature)
        assert probabilities.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-5)
        assert (probabilities.argmax(axis=1) == outputs[:, :10].argmax(axis=1)).all()
        assert ((none >= 0) & (none <= 1)).all()
    assert (apply_temperature(outputs[:, :10], 1)[1] == 0).all(), (
        "a network of ten outputs refuses nothing"
    )


def test_calibration_error_by_hand():
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    expected = (4 * abs(0.75 - 0.95) + 2 * abs(0.5 - 0.55)) / 6
    assert calibration_error(confidence, right) == pytest.approx(expected)
    assert calibration_error(np.ones(5), np.ones(5, bool)) == 0
