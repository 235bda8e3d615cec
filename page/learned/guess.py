"""Pictures whose answers are covered until one has guessed oneself."""

from __future__ import annotations

import json
from typing import Any

from page.core.component import component
from page.core.text import _, a_digit, percent

_guesses = component(__file__)


def guesses(misread: list[dict[str, Any]], key: str) -> None:
    """Shows misread test images, the most confident mistakes first.

    Args:
        misread: of card.json: each image's number, label, guess, confidence and pixels.
        key: names the place on the page.
    """
    answer = _("It’s {a_digit}. It said <b>{guess}</b>,<br>{percent} sure.")
    alt = _("Test picture {number}: a handwritten digit")
    tiles = [
        {
            "pixels": one["pixels"],
            "alt": alt.format(number=one["number"]),
            "label": one["label"],
            "answer": answer.format(
                a_digit=a_digit(one["label"]),
                guess=one["guess"],
                percent=percent(one["confidence"]),
            ),
        }
        for one in sorted(misread, key=lambda one: -one["confidence"])
    ]
    data = {
        "tiles": json.dumps(tiles),  # flat: see page.draw.demo_drawing
        "question": _("What is it?"),
        "yours": _("You said {digit}."),
        "score": _("You got {right} of {count} right. It got all of them wrong."),
    }
    _guesses(key=key, data=data)
