"""“Can I fool you?”: challenges, and how close the bars of a drawing come to meeting them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from page.core.text import N_, _, a_digit

MIN_TRACE = 0.05  # bar of the digit that must not be read; below it, any scribble would do
MIN_SHARE = 0.15  # bar of each digit in “something between two”
FAR = N_("That’s too far away: I don’t see that digit in it at all.")
MAX_BAR = 0.5  # in “make me unsure”, whose sentence says “half”


class Progress(NamedTuple):
    """How close a drawing comes to meeting a challenge."""

    share: float  # 0 to 1; 1: done
    hint: str = ""  # shown until it is done; for `page.core.text._`

    @property
    def done(self) -> bool:
        """Whether the drawing meets the challenge."""
        return self.share == 1


@dataclass(frozen=True)
class Challenge:
    """Something to draw.

    Attributes:
        digits: a single digit must not be read as that digit; of two digits, both bars must have a
            share; without digits, no bar may be high.
    """

    digits: tuple[int, ...]

    def words(self) -> str:
        """The challenge in the visitor's language."""
        names = [a_digit(digit) for digit in self.digits]
        if len(names) == 1:
            return _("Draw {a_digit} that I can’t read!").format(a_digit=names[0])
        if len(names) == 2:
            first, second = names
            return _("Draw something between {one} and {other}!").format(one=first, other=second)
        return _("Make me unsure: no bar may be higher than half!")

    def judge(self, bars: np.ndarray) -> Progress:
        """Return how close a drawing comes to meeting the challenge.

        Args:
            bars: float (11,), summing to 1: the ten digits and “none”.
        """
        if len(self.digits) == 1:
            return _unread(float(bars[self.digits[0]]), float(bars.max()))
        if len(self.digits) == 2:
            return _between(*(float(bars[digit]) for digit in self.digits))
        highest = float(bars.max())
        share = min(1.0, (1 - highest) / (1 - MAX_BAR))
        return Progress(share, N_("Not yet: I’m still too sure."))


def _unread(share: float, highest: float) -> Progress:
    if share < MIN_TRACE:
        # Past the goal: a scribble is not a digit that can't be read.
        return Progress(0.9 * share / MIN_TRACE, FAR)
    if share < highest:
        return Progress(1.0)
    return Progress(min(0.9, 2 * (1 - share)), N_("Not yet: I can still read it."))


def _between(*shares: float) -> Progress:
    low, high = sorted(shares)
    if low >= MIN_SHARE:
        return Progress(1.0)
    hint = N_("Not yet: make it a bit more like the other one.")
    if high < MIN_SHARE:
        hint = N_("Not yet: I see neither of them.")
    return Progress(0.5 * min(1.0, high / MIN_SHARE) + 0.5 * low / MIN_SHARE, hint)


CHALLENGES = (
    Challenge((7,)),
    Challenge((4, 9)),
    Challenge(()),
    Challenge((3,)),
    Challenge((1, 7)),
    Challenge((5,)),
    Challenge((3, 8)),
    Challenge((9,)),
    Challenge((5, 6)),
    Challenge((2,)),
    Challenge((0, 6)),
    Challenge((8,)),
)
