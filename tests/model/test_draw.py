"""The first page's readings of pictures of the canvas."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
import streamlit as st
from PIL import Image

from page.draw import answer, reading
from page.draw.drawing import HEIGHT, WIDTH, Drawing
from page.play.view import TaughtMatch
from tests.helpers.page import number, sent


@pytest.fixture
def state(monkeypatch):
    """The state of a visit, without Streamlit."""
    monkeypatch.setattr(st, "session_state", {})


@pytest.fixture
def wide() -> Drawing:
    """Two digits that touch: one group of ink, wider than high."""
    return Drawing(sent(number("20", size=0.5, pitch=0.32)))


def test_numbers_are_read_when_the_pen_is_lifted(state, classifier, wide):
    live = reading.read(replace(wide, lifted=False), classifier, inside=False, single=False)
    assert not live.symbols
    lifted = reading.read(wide, classifier, inside=False, single=False)
    assert lifted.text == "20"


def test_in_play_a_drawing_is_a_single_symbol(state, classifier, wide):
    assert reading.read(wide, classifier, inside=False, single=False).text == "20"
    assert not reading.read(wide, classifier, inside=False, single=True).symbols


def zigzag(step: int, left: int, right: int) -> Drawing:
    """A canvas that a child blackens, row by row."""
    rows = range(0, HEIGHT + 1, step)
    turns = [
        (x, y)
        for place, y in enumerate(rows)
        for x in ((left, right) if place % 2 else (right, left))
    ]
    return Drawing((tuple(np.ravel(turns).tolist()),))


@pytest.mark.parametrize("lifted", [True, False])
@pytest.mark.parametrize(
    "drawing",
    [
        zigzag(40, 0, WIDTH), zigzag(60, 0, WIDTH),  # all of it; with gaps
        zigzag(40, 480, 1280), zigzag(60, 480, 1280),  # the part that a phone shows
        zigzag(44, 200, 1000), zigzag(40, 700, 1000),
    ],
)  # fmt: skip
def test_a_blackened_canvas_is_not_a_digit(state, classifier, drawing, lifted):
    found = reading.read(replace(drawing, lifted=lifted), classifier, inside=False, single=False)
    assert found.prediction is not None, "it counts as empty"
    assert found.prediction.digit is None and not found.symbols


def test_the_name_of_a_symbol_is_escaped(classifier, mnist_sample):
    prediction = classifier.predict(mnist_sample[0][0])
    for score in (0.2, 0.9):
        match = TaughtMatch("<i>I & you", score)
        shown = answer.answer_html(prediction, match) + answer.bars_html(prediction, match)
        assert "<i>" not in shown
        assert "&lt;i&gt;I &amp; you" in shown


def test_the_bar_of_a_symbol_takes_its_share_from_the_others(classifier, mnist_sample):
    prediction = classifier.predict(mnist_sample[0][0])
    assert answer.bars_html(prediction).count('class="name"') == 11
    shown = answer.bars_html(prediction, TaughtMatch("heart", 0.75))
    assert shown.count('class="name"') == 12
    assert "heart: 75%" in shown


def test_the_part_of_a_number_shows_nothing_of_its_neighbours(classifier):
    drawing = Drawing(sent(number("2026", size=0.5, pitch=0.45)))
    found = classifier.read(drawing.picture, inside=False)
    assert found.text == "2026"
    for place, symbol in enumerate(found.symbols):
        read = reading.CanvasReading(
            symbol.prediction, text=found.text, symbols=found.symbols, chosen=place
        )
        part = reading.part_of(drawing, read)
        ink = (np.asarray(Image.open(io.BytesIO(part.png)).convert("L")) < 128).astype(np.uint8)
        _, _, sizes, _ = cv2.connectedComponentsWithStats(ink)
        sizes = sorted(sizes[1:, cv2.CC_STAT_AREA])
        assert sum(sizes[:-1]) < 0.002 * sizes[-1], sizes


def test_a_name_of_wide_characters_takes_their_room():
    assert "--symbols: 2;" in answer.hero("I see ab.", "ab")
    assert "--symbols: 4;" in answer.hero("I see 你的.", "你的")
