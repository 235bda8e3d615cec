"""“Can you fool it?”: what the page asks visitors to draw, and how it judges that by the bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from page.core.text import N_, _, a_digit

TRACE = 0.05  # of a digit that is not read: so much of it must be left, or anything would do
SHARE = 0.15  # of each of two digits, for what lies between them
TORN = 0.5  # no bar may be higher, where it is to be unsure


class Verdict(NamedTuple):
    """How far a drawing has come."""

    progress: float  # 0 to 1
    done: bool
    hint: str  # what to say as long as it is not done; for `page.core.text._`


@dataclass(frozen=True)
class Challenge:
    """Something to draw.

    One digit: draw it so that it is not read as that. Two: draw something between them. None: draw
    something that leaves it torn.
    """

    digits: tuple[int, ...]

    def words(self) -> str:
        """The challenge in the visitor's language."""
        names = [a_digit(digit) for digit in self.digits]
        if len(names) == 1:
            return _("Draw {a_digit} that I can’t read!").format(a_digit=names[0])
        if len(names) == 2:
            one, other = names
            return _("Draw something between {one} and {other}!").format(one=one, other=other)
        return _("Make me unsure: no bar may be higher than half!")

    def judge(self, bars: np.ndarray) -> Verdict:
        """How far a drawing has come.

        Args:
            bars: float (11,), summing to 1: of the ten digits and of “none”.
        """
        if len(self.digits) == 1:
            return _unread(float(bars[self.digits[0]]), float(bars.max()))
        if len(self.digits) == 2:
            return _between(*(float(bars[digit]) for digit in self.digits))
        highest = float(bars.max())
        progress = min(1.0, (1 - highest) / (1 - TORN))
        return Verdict(progress, highest <= TORN, N_("Not yet: I’m still too sure."))


def _unread(share: float, highest: float) -> Verdict:
    if share < TRACE:
        # On the far side: a scribble is no digit that can't be read.
        return Verdict(0.9 * share / TRACE, False, N_("That’s too far away: I see none in it."))
    if share < highest:
        return Verdict(1.0, True, "")
    return Verdict(min(0.9, 2 * (1 - share)), False, N_("Not yet: I can still read it."))


def _between(one: float, other: float) -> Verdict:
    low, high = sorted((one, other))
    if low >= SHARE:
        return Verdict(1.0, True, "")
    hint = N_("Not yet: make it a bit more like the other one.")
    if high < SHARE:
        hint = N_("Not yet: I see neither of them.")
    return Verdict(0.5 * min(1.0, high / SHARE) + 0.5 * low / SHARE, False, hint)


CHALLENGES = tuple(
    Challenge(digits)
    for digits in ((7,), (4, 9), (), (3,), (1, 7), (5,), (3, 8), (9,), (5, 6), (2,), (0, 6), (8,))
)
