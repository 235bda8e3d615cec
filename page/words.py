"""How both pages word things, as HTML."""

import re
from html import escape


def article(digit: int) -> str:
    """The word before a digit: “an” before 8, “a” before the others."""
    return "an" if digit == 8 else "a"


def percent(share: float) -> str:
    """A probability in words. No network is ever quite sure, so never 100 %."""
    return "&gt;99 %" if share >= 0.995 else f"{share:.0%}".replace("%", " %")


def with_code(text: str) -> str:
    """Text as HTML, with what stands in backticks as code."""
    return re.sub("`(.+?)`", r"<code>\1</code>", escape(text))
