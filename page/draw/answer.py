"""The answer in words, the bars, and the network's input, as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import numpy as np

from handwriting.pen import NO_DIGIT
from page.core.error_boundary import apology_html
from page.core.text import N_, _, a_digit, percent, sure
from page.core.visit import visit
from page.draw.drawing import Drawing
from page.draw.reading import UNKNOWN, CanvasReading
from page.play.view import TaughtMatch

if TYPE_CHECKING:
    from digits import Prediction, Symbol

PLACEHOLDER = "\N{OBJECT REPLACEMENT CHARACTER}"  # to be replaced by the visitor's own words

SEEN = N_("This is all that I see of your drawing: 28 by 28 dots.")
SEEN_SYMBOL = N_("This is all that I see of this digit: 28 by 28 dots.")


def reading_html(reading: CanvasReading, drawing: Drawing) -> str:
    """The answer, the bars, and the network's input.

    While the pen moves, the words stay, because nobody can read ten changes a second. Meanwhile the
    canvas's script marks them as outdated.
    """
    prediction = reading.prediction
    if reading.trouble:
        words = apology_html(reading.trouble)
    else:
        if drawing.rests or prediction is None:
            visit().draw.words = words_html(reading, drawing.lifted)
        words = visit().draw.words or answer_html(None)
    caption = _(SEEN_SYMBOL if reading.symbols else SEEN)
    bars = bars_html(prediction, reading.match, unfinished(reading, drawing.lifted))
    return (
        f'<div class="reading" data-reading="{drawing.number}">'
        f'<div class="st-key-answer">{words}</div>'
        f'<div class="st-key-probabilities">{bars}</div>'
        f'<div class="st-key-seen">{seen_html(prediction, caption)}</div></div>'
    )


def unfinished(reading: CanvasReading, lifted: bool) -> bool:
    """Whether a drawing that isn't a digit may become one: the pen is still down."""
    prediction = reading.prediction
    return bool(not lifted and prediction and prediction.digit is None and not reading.symbols)


def words_html(reading: CanvasReading, lifted: bool) -> str:
    """The answer to a drawing, in words."""
    if reading.symbols:
        return number_html(reading)
    if unfinished(reading, lifted):
        return says_html(f"<p>{_('Go on …')}</p>")
    return answer_html(reading.prediction, reading.match)


def answer_html(prediction: Prediction | None, match: TaughtMatch | None = None) -> str:
    """The answer in words; an invitation as long as nothing is drawn."""
    if prediction is None:
        invitation = _(
            "Draw a digit from zero to nine, or a longer number, and I’ll tell you what I see."
        )
        words = f'<p class="invite">{invitation}</p>'
    elif match and match.accepted:
        sentence = _("I see your symbol: {name}.").format(name=PLACEHOLDER)
        words = (
            f"<p>{hero(sentence, PLACEHOLDER, match.name)}</p>"
            f'<p class="more">{sure(match.score)}</p>'
        )
    elif prediction.digit is not None:
        sentence = _("I see {a_digit}.").format(a_digit=a_digit(prediction.digit))
        words = (
            f"<p>{hero(sentence, str(prediction.digit))}</p>"
            f'<p class="more">{sure(shares_of(prediction, match)[prediction.digit])}</p>'
        )
    else:
        closest = a_digit(int(prediction.probabilities.argmax()))
        sentence = (
            _("That’s not a digit I know. Closest: {a_digit}.")
            if prediction.is_rejected
            else _("I’m not sure what that is. Closest: {a_digit}.")
        )
        words = (
            f'<p>{hero(UNKNOWN, UNKNOWN)}</p><p class="more">{sentence.format(a_digit=closest)}</p>'
        )
    return says_html(words)


def says_html(html: str) -> str:
    """Return paragraphs to show as the answer; screen readers read them out."""
    return f'<div class="says" role="status">{html}</div>'


def number_html(reading: CanvasReading) -> str:
    """The answer in words for several digits; below it each digit with its confidence."""
    words = _("I see {number}.").format(number=reading.text)
    more = (
        _("A “?” stands for what I can’t read.")
        if UNKNOWN in reading.text
        else _("Tap a digit to see how I read it.")
    )
    buttons = "".join(
        symbol_html(symbol, place, place == reading.chosen)
        for place, symbol in enumerate(reading.symbols)
    )
    return (
        f'<div class="says number" role="status"><p>{hero(words, reading.text)}</p>'
        f'<p class="more">{more}</p></div><div class="symbols">{buttons}</div>'
    )


def symbol_html(symbol: Symbol, place: int, chosen: bool) -> str:
    """A digit of a number, as a button; see patch.js."""
    digit = symbol.prediction.digit
    certainty = "" if digit is None else percent(symbol.prediction.bars[digit])
    return (
        f'<button type="button" data-symbol="{place}" aria-pressed="{str(chosen).lower()}" '
        f'aria-label="{escape(symbol_name(symbol))}"><b>{symbol.label}</b>'
        f" <span>{certainty}</span></button>"
    )


def symbol_name(symbol: Symbol) -> str:
    """The reading of a symbol in words: “a 4, 98% sure”."""
    prediction = symbol.prediction
    if prediction.digit is None:
        return _("Not sure what this is")
    return _("{a_digit}, {percent} sure").format(
        a_digit=a_digit(prediction.digit), percent=percent(prediction.bars[prediction.digit])
    )


def hero(sentence: str, part: str, answer: str = "") -> str:
    """A sentence as HTML in which the answer stands out, with what follows it on its own line.

    Args:
        sentence: contains the answer.
        part: the part of the sentence that stands out.
        answer: text to show in place of that part.
    """
    before, part, after = sentence.partition(part)
    answer = answer or part
    rows = answer.split("\n")
    room = len(after) if len(after) > 1 else 0  # in Japanese the sentence continues here
    if not room:  # a full stop by itself would stand alone beside the giant digit
        after = f'<span class="unseen">{after}</span>'
    size = f"--symbols: {max(map(width, rows))}; --rows: {len(rows)}; --after: {room}"
    return (
        f'{before}<span class="hero" style="{size}">'
        f'<b class="digit" dir="ltr">{escape(answer)}</b>{after}</span>'
    )


def width(text: str) -> int:
    """Return how wide a text is, in digits: Chinese and Japanese characters are as wide as two."""
    return sum(2 if east_asian_width(character) in "FW" else 1 for character in text)


def shares_of(prediction: Prediction, match: TaughtMatch | None) -> np.ndarray:
    """The heights of the bars, 0-1: the digits, “none”, and perhaps the taught symbol."""
    if match is None:
        return prediction.bars
    return np.append(prediction.bars * (1 - match.score), match.score)


def bars_html(
    prediction: Prediction | None, match: TaughtMatch | None = None, unfinished: bool = False
) -> str:
    """A bar for the probability of each digit and of “none”.

    A symbol that the visitor taught adds another one. “None” is empty until the pen is lifted.
    """
    names = [*map(str, range(NO_DIGIT)), _("none")]
    kinds = [*[""] * NO_DIGIT, "none"]
    shares = np.zeros(len(names)) if prediction is None else shares_of(prediction, match)
    if match:
        names.append(escape(match.name))
        kinds.append("taught")
    if unfinished:
        shares[NO_DIGIT] = 0
    first, second = (-shares).argsort()[:2]
    beside = np.pad(shares, 1)
    for lower in np.flatnonzero(shares < np.maximum(beside[:-2], beside[2:])):
        kinds[lower] += " lower"  # than a bar beside it, which needs the room for its label
    if prediction and not unfinished:
        kinds[first] += " best"
    bars = "".join(
        f'<div class="{kind}"><div class="share">{percent(share) if share >= 0.005 else ""}</div>'
        f'<div class="bar" style="height: calc({share:.4f} * var(--full-bar))"></div>'
        f'<div class="name">{name if prediction else ""}</div></div>'
        for kind, name, share in zip(kinds, names, shares, strict=True)
    )
    if prediction is None:
        return f'<p class="caption"></p><div class="bars nothing" aria-hidden="true">{bars}</div>'
    kind = "unfinished" if unfinished else ""
    if not unfinished and (prediction.digit is not None or "taught" in kinds[first]):
        kind = "sure"
    more = "more" if match else ""
    caption = _("How likely is each digit, or none of them?")
    words = _(
        "How likely is each digit, or none of them? {first}: {likely}. {second}: {less_likely}."
    ).format(
        first=names[first],
        likely=percent(shares[first]),
        second=names[second],
        less_likely=percent(shares[second]),
    )
    return (
        f'<p class="caption">{caption}</p>'
        f'<div class="bars {kind} {more}" role="img" '
        f'aria-label="{words}">{bars}</div>'
    )


def seen_html(prediction: Prediction | None, caption: str) -> str:
    """The network's input, enlarged."""
    if prediction is None:
        return '<div class="seen"><div class="nothing"></div><p class="caption"></p></div>'
    from digits.images import data_url

    url = data_url(prediction.pixels)
    alt = _("Your drawing as I see it: light on dark, in 28 by 28 dots")
    return f'<div class="seen"><img src="{url}" alt="{alt}"><p class="caption">{caption}</p></div>'
