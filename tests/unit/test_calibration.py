import numpy as np
import pytest

from digits.calibration import apply_temperature
from training.calibration import NONE_PART, calibrate, calibration_error


def made_up_outputs(count, sharpness, seed=0):
    """Outputs of a network that is right as often as it says at sharpness 1, and labels."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.full(10, 0.05), count)
    labels = np.array([rng.choice(10, p=p) for p in true])
    digits = true**sharpness
    none = rng.beta(0.3, 20, (count, 1))
    return np.hstack([digits / digits.sum(axis=1, keepdims=True) * (1 - none), none]), labels


def test_temperature_undoes_too_much_and_too_little_certainty():
    for sharpness in (0.6, 1, 2):
        limits = calibrate(*made_up_outputs(4_000, sharpness))
        assert limits["temperature"] == pytest.approx(sharpness, rel=0.15)


def test_a_calibrated_network_is_as_sure_as_it_is_right():
    outputs, labels = made_up_outputs(6_000, sharpness=2)

    def error(temperature):
        probabilities, _ = apply_temperature(outputs, temperature)
        right = probabilities.argmax(axis=1) == labels
        return calibration_error(probabilities.max(axis=1), right)

    assert error(calibrate(outputs, labels)["temperature"]) < 0.03 < error(1)


def test_no_more_digits_are_unsure_than_asked_for():
    outputs, labels = made_up_outputs(4_000, sharpness=1)
    limits = calibrate(outputs, labels, most_unsure=0.04)
    probabilities, none = apply_temperature(outputs, limits["temperature"])
    by_none = none > limits["thresholds"]["none"]
    by_confidence = probabilities.max(axis=1) < limits["thresholds"]["confidence"]
    assert by_none.mean() == pytest.approx(0.04 * NONE_PART, abs=0.003)
    assert by_confidence.mean() == pytest.approx(0.04 * (1 - NONE_PART), abs=0.003)


def test_the_share_may_be_of_some_digits_alone():
    outputs, labels = made_up_outputs(4_000, sharpness=1)
    outputs[:2_000, :10] *= 0.1  # the first half looks like none of the ten
    outputs[:2_000, 10] = 1 - outputs[:2_000, :10].sum(axis=1)
    limits = calibrate(outputs, labels, 0.04, slice(2_000, None))
    _, none = apply_temperature(outputs, limits["temperature"])
    by_none = none > limits["thresholds"]["none"]
    assert by_none[:2_000].mean() > 0.9
    assert 0.01 < by_none[2_000:].mean() <= 0.021


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
