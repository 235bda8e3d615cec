"""Test images whose labels stay hidden until the visitor guesses."""

from __future__ import annotations

import json

from digits.card import Misread
from page.core.component import component
from page.core.text import N_, _, a_digit, percent

ANSWER = N_("{truth} I said <b>{guess}</b>,<br>{percent} sure.")
ALT = N_("Test picture {number}: a handwritten digit")

_guesses = component(__file__)


def guesses(misread: list[Misread]) -> None:
    """Show misread test images, the most confident mistakes first."""
    tiles = [
        {
            "pixels": image.pixels,
            "alt": _(ALT).format(number=image.number),
            "label": image.label,
            "answer": _(ANSWER).format(
                truth=_("It’s {a_digit}.").format(a_digit=a_digit(image.label)),
                guess=image.guess,
                percent=percent(image.confidence),
            ),
        }
        for image in sorted(misread, key=lambda image: -image.confidence)
    ]
    words = {
        "question": _("What is it?"),
        "yours": _("You said {digit}."),
        "score": _("You got {right} of {count} right. I got all of them wrong."),
    }
    _guesses(key="guesses", data={"tiles": json.dumps(tiles), **words})
