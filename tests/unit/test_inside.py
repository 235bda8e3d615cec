"""The pictures of “Look inside”."""

import numpy as np

from page.core.style import PAGE
from page.draw.inside import AGAINST, FOR, LARGE, overlay


def test_for_and_against_can_be_told_apart_without_colours():
    """Both are bright in grey; only evidence against is striped."""
    blank = np.zeros((28, 28), np.uint8)
    grey = {
        symbol: overlay(blank, np.full((7, 7), symbol, np.float32)) @ [0.299, 0.587, 0.114]
        for symbol in (1, -1)
    }
    middle = slice(LARGE // 4, -LARGE // 4)
    assert np.ptp(grey[1][middle, middle]) < 2
    dark, light = np.percentile(grey[-1][middle, middle], (25, 75))
    assert light > 2 * dark


def test_the_story_has_the_same_colours():
    style = (PAGE / "core/base.css").read_text("utf-8")
    for name, colour in (("for", FOR), ("against", AGAINST)):
        assert f"--{name}: {' '.join(map(str, colour))};" in style
