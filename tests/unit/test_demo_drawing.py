"""What the page draws by itself."""

import json

import numpy as np
import pytest
from PIL import Image

from handwriting.pen import render
from page.core.settings import seconds
from page.draw import demo_drawing as hand


@pytest.mark.parametrize("digit", range(10))
def test_the_network_reads_what_the_page_draws(classifier, digit):
    ways = hand.drawings()[digit]
    assert len(ways) >= 3
    for strokes in ways:
        points = np.concatenate([np.array(stroke) for stroke in strokes])
        assert points.min() > 0.08 and points.max() < 0.92, "it leaves the sheet"
        drawing = render([np.array(stroke) * 400 for stroke in strokes], 26, 400)
        prediction = classifier.predict(Image.fromarray(255 - drawing))
        assert prediction.digit == digit and prediction.confidence > 0.9


def test_no_more_is_sent_than_needed():
    assert len(json.dumps(hand.drawings())) < 40_000


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf", ""])
def test_a_quiet_time_that_is_none_is_in_the_log(monkeypatch, caplog, text):
    monkeypatch.setenv("DIGITS_KIOSK_SECONDS", text)
    assert seconds("DIGITS_KIOSK_SECONDS", 60) == 60
    assert f"DIGITS_KIOSK_SECONDS is “{text}”" in caplog.text
    monkeypatch.setenv("DIGITS_KIOSK_SECONDS", "2.5")
    assert seconds("DIGITS_KIOSK_SECONDS", 60) == 2.5
