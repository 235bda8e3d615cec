"""The digits that the page draws by itself."""

import json

from page.draw import demo_drawing as hand


def test_no_more_is_sent_than_needed():
    assert len(json.dumps(hand.drawings())) < 40_000
