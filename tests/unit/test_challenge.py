"""“Can I fool you?”, which the bars decide."""

import numpy as np
import pytest

from page.play.challenge import CHALLENGES, Challenge


def bars(**shares: float) -> np.ndarray:
    """Bars from shares such as d7=0.4, none=0.3; the others get equal parts of the rest."""
    found = np.full(11, np.nan)
    for name, share in shares.items():
        found[10 if name == "none" else int(name[1:])] = share
    rest = np.isnan(found)
    found[rest] = (1 - np.nansum(found)) / max(1, rest.sum())
    return found


@pytest.mark.parametrize(
    ("digits", "shares", "done"),
    [
        ((7,), {"d7": 0.99}, False),
        ((7,), {"d7": 0.3, "d1": 0.6}, True),
        ((7,), {"d7": 0.2, "none": 0.7}, True),
        ((7,), {"d7": 0.001, "none": 0.99}, False),  # a scribble
        ((7,), {"d7": 0.001, "d1": 0.99}, False),  # a 1
        ((4, 9), {"d4": 0.5, "d9": 0.4}, True),
        ((4, 9), {"d4": 0.95, "d9": 0.02}, False),
        ((4, 9), {"none": 0.95}, False),
        ((), {"d3": 0.45, "d8": 0.4}, True),
        ((), {"d3": 0.8}, False),
        ((), {"none": 0.9}, False),
    ],
)
def test_judges(digits, shares, done):
    progress = Challenge(digits).judge(bars(**shares))
    assert progress.done == done
    assert progress.hint or done


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_progress_is_a_share_for_any_bars(challenge):
    rng = np.random.default_rng(0)
    for _ in range(200):
        assert 0 <= challenge.judge(rng.dirichlet(np.full(11, 0.2))).share <= 1


def test_nearer_is_more():
    between = Challenge((4, 9))
    steps = [between.judge(bars(d4=1 - share, d9=share)).share for share in (0.0, 0.05, 0.1, 0.2)]
    assert steps == sorted(steps) and steps[0] < steps[-1] == 1
    unread = Challenge((7,))
    steps = [unread.judge(bars(d7=share, d1=1 - share)).share for share in (0.99, 0.8, 0.6, 0.4)]
    assert steps == sorted(steps) and steps[0] < steps[-1] == 1


def test_each_challenge_is_worded():
    words = [challenge.words() for challenge in CHALLENGES]
    assert len(set(words)) == len(CHALLENGES)
    assert "Draw a 7 that I can’t read!" in words
    assert "Draw something between a 4 and a 9!" in words
