"""“Watch me learn”: a small network that learns in the visitor's own browser."""

from __future__ import annotations

import base64
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from digits.normalize import normalize
from handwriting import pen
from page.core.component import component
from page.core.text import N_, _, a_digit, joined, language, number
from page.core.visit import visit
from page.draw.demo_drawing import drawings
from page.learned.guess import ALT, ANSWER

HERE = Path(__file__).parent
# 6,000 of MNIST's training images, then 1,000 of its test images, as 784 grey levels each, and then
# all labels, a byte each.
PRACTICE = HERE / "practice.gz"
TESTS = 1000
EXAMPLE = 3  # the digit to show if the visitor has drawn none

WORDS = {
    "title": N_("Watch me learn"),
    "start": N_("Let’s go!"),
    "pause": N_("Pause"),
    "go_on": N_("Go on"),
    "step": N_("One step"),
    "faster": N_("Faster"),
    "over": N_("Start over"),
    "intro": N_(
        "Here I’m brand new: my 512 brain cells know nothing, and I can only guess. Let me "
        "practise with digits like these!"
    ),
    "example": N_("A digit to practise with"),
    "question": N_("What is it?"),
    "guess": N_("My guess: {digit}"),
    "right": N_("Right! So I hardly change."),
    "wrong": N_("Wrong. So I change a little, and my bars move."),
    "streaming": N_("And now faster and faster: I look, guess, hear the answer, and change."),
    "worse": N_("Oops, my latest changes made me worse. I go on."),
    "chance": N_("just guessing"),
    "curve": N_("How many of 100 I get right"),
    "curve_spoken": N_("Looks so far: {count}. Right, of 100: {right}."),
    "count": N_("Looks so far: {count}"),
    "test": N_("Test me"),
    "testing": N_("I look at each digit once, and nobody tells me the answer."),
    "so_far": N_("{right} of {count} right"),
    "your_guess": N_("Your guess"),
    "reference": N_("Me on “Draw a digit”"),
    "what_if": N_("What happens if…"),
    "few": N_("…I get only 100 digits?"),
    "small": N_("…I have 6 brain cells, not 512?"),
    "giant": N_("…I change too much each time?"),
    "mistakes": N_("These I got wrong:"),
    "broken": N_("I can’t learn in this browser. With a newer one you can watch me."),
}
RUNS = {
    "whole": N_("With 6,000 digits"),
    "few": N_("With only 100 digits"),
    "small": N_("With 6 brain cells"),
    "giant": N_("With too large changes"),
}
VERDICTS = {  # on the visitor's guess
    "close": N_("That’s close!"),
    "low": N_("I’m better than you thought!"),
    "high": N_("You thought I’d do better."),
}
LESSONS = {
    "few": N_("I know my 100 digits by heart now. But new ones look different."),
    "small": N_("So few cells can’t keep ten digits apart."),
    "giant": N_("My changes were ten times as large, and each one spoiled what I knew."),
}

_lesson = component(__file__)


def watch_me_learn(reference: float | None, experience: str) -> None:
    """Mount the lesson.

    Args:
        reference: accuracy of the first page's network, 0-1; None if it is unknown.
        experience: a sentence about that network's training data; may be empty.
    """
    data = {
        "words": json.dumps(words(reference, experience)),
        "language": language(),
        "drawing": base64.b64encode(last_drawing().tobytes()).decode(),
        "tests": TESTS,
        "reference": round(TESTS * reference) if reference else 0,
        "practice": base64.b64encode(PRACTICE.read_bytes()).decode(),
        "source": (HERE / "network.js").read_text("utf-8"),
    }
    _lesson(key="lesson", data=data)


def words(reference: float | None, experience: str) -> dict[str, Any]:
    """All sentences of lesson.js, in the visitor's language."""
    tests = number(TESTS)
    comparison = ""
    if reference:
        comparison = _("On “Draw a digit” I’d get about {right} right.").format(
            right=number(TESTS * reference)
        )
    result = _("I got {right} of {count} right. You guessed {guess}.").replace("{count}", tests)
    lessons = {kind: _(sentence) for kind, sentence in LESSONS.items()}
    lessons["whole"] = joined(comparison, experience)
    drawn = visit().draw.last_digit is not None
    return {
        **{key: _(sentence) for key, sentence in WORDS.items()},
        "answer": _(ANSWER),
        "mistake": _(ALT),
        "mine": _("Your drawing") if drawn else _("A drawing of mine"),
        "bet": _("Guess how many of {count} I’ll get right!").format(count=tests),
        "before_test": _(
            "That’s enough practice. Now comes the test: {count} digits that I’ve never seen."
        ).format(count=tests),
        "truths": [_("It’s {a_digit}.").format(a_digit=a_digit(digit)) for digit in range(10)],
        "runs": {kind: _(name) for kind, name in RUNS.items()},
        "results": {
            kind: {name: joined(result, _(verdict), lesson) for name, verdict in VERDICTS.items()}
            for kind, lesson in lessons.items()
        },
    }


def last_drawing() -> np.ndarray:
    """The visitor's last drawing, or an example: uint8 (28, 28)."""
    drawn = visit().draw.last_digit
    return example() if drawn is None else drawn


@functools.cache
def example() -> np.ndarray:
    """A drawing for visitors who have not drawn yet: uint8 (28, 28)."""
    strokes = [pen.CANVAS * np.array(stroke) for stroke in drawings()[EXAMPLE][0]]
    return normalize(pen.render(strokes, width=18))
