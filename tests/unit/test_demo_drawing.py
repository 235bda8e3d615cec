"""What the page draws by itself."""

import json

import pytest

from page.core.settings import seconds
from page.draw import demo_drawing as hand


def test_no_more_is_sent_than_needed():
    assert len(json.dumps(hand.drawings())) < 40_000


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf", ""])
def test_a_quiet_time_that_is_none_is_in_the_log(monkeypatch, caplog, text):
    monkeypatch.setenv("DIGITS_KIOSK_SECONDS", text)
    assert seconds("DIGITS_KIOSK_SECONDS", 60) == 60
    assert f"DIGITS_KIOSK_SECONDS is “{text}”" in caplog.text
    monkeypatch.setenv("DIGITS_KIOSK_SECONDS", "2.5")
    assert seconds("DIGITS_KIOSK_SECONDS", 60) == 2.5
