"""The answer in words, the bars, and the network's input, as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from page.core.connection import gone_html
from page.core.error_boundary import apology_html
from page.core.text import N_, _, a_digit, percent, sure
from page.core.visit import visit

if TYPE_CHECKING:
    from digits import Prediction
    from page.draw.canvas import Drawing
    from page.draw.reading import Reading
    from page.play.panel import Known

PLACE = "\N{OBJECT REPLACEMENT CHARACTER}"  # where a visitor's own words come to stand
UNKNOWN = "?"  # in a number, what can't be read: as in digits.numbers.reader

SEEN = N_("The network sees your drawing like this, shrunk to 28 by 28 dots.")


def reading_html(reading: Reading, drawing: Drawing) -> str:
    """The answer, the bars, and the picture that the network was shown.

    While the pen moves, the words stay as they were: nobody can read, or wants to hear, ten
    answers a second. The sheet's script marks them as waiting meanwhile.
    """
    prediction = reading.prediction
    if reading.trouble:
        words = apology_html(reading.trouble)
    else:
        if drawing.rests or prediction is None:
            several = reading.symbols and number_html(reading)
            visit().draw.words = several or answer_html(prediction, reading.known)
        words = visit().draw.words or answer_html(None)
    return (
        f'<div class="reading" data-reading="{drawing.number}">'
        f'<div class="st-key-answer">{words}{gone_html("reader-gone")}</div>'
        f'<div class="st-key-probabilities">{bars_html(prediction, reading.known)}</div>'
        f'<div class="st-key-seen">{seen_html(prediction)}</div></div>'
    )


def answer_html(prediction: Prediction | None, known: Known | None = None) -> str:
    """The answer in words; an invitation as long as nothing is drawn."""
    if prediction is None:
        invitation = _(
            "Draw a digit from zero to nine, or a longer number, and I’ll tell you what I see."
        )
        words = f'<p class="invite">{invitation}</p>'
    elif known and known.score >= 0.5:
        sentence = _("I see your sign: {name}.").format(name=PLACE)
        words = (
            f"<p>{hero(sentence, PLACE, escape(known.name), len(known.name))}</p>"
            f'<p class="more">{sure(known.score)}</p>'
        )
    elif prediction.digit is not None:
        sentence = _("I see {a_digit}.").format(a_digit=a_digit(prediction.digit))
        words = (
            f"<p>{hero(sentence, str(prediction.digit))}</p>"
            f'<p class="more">{sure(prediction.confidence)}</p>'
        )
    elif prediction.none >= 0.5:  # a guess would contradict it
        words = f"<p>{_('Hm, that’s not a digit that I know.')}</p>"
    else:
        guess = f'<b class="guess">{prediction.probabilities.argmax()}</b>'
        words = (
            f"<p>{_('Hm, I’m not sure what that is.')}</p>"
            f"<p>{_('My best guess is {digit}.').format(digit=guess)}</p>"
        )
    return f'<div class="says" role="status">{words}</div>'


def number_html(reading: Reading) -> str:
    """The answer in words, where there are several digits; below it each with its certainty."""
    words = _("I see {number}.").format(number=reading.text)
    more = (
        _("A “?” stands for what I can’t read.")
        if UNKNOWN in reading.text
        else _("Tap a digit to see how I read it.")
    )
    buttons = "".join(
        symbol_html(symbol.prediction, place, place == reading.chosen)
        for place, symbol in enumerate(reading.symbols)
    )
    return (
        f'<div class="says number" role="status"><p>{hero(words, reading.text)}</p>'
        f'<p class="more">{more}</p></div><div class="symbols">{buttons}</div>'
    )


def symbol_html(prediction: Prediction, place: int, chosen: bool) -> str:
    """A digit of a number, to be tapped; see canvas.js."""
    digit = prediction.digit
    certainty = "" if digit is None else percent(prediction.bars[digit])
    return (
        f'<button type="button" data-symbol="{place}" aria-pressed="{str(chosen).lower()}">'
        f"<b>{UNKNOWN if digit is None else digit}</b> <span>{certainty}</span></button>"
    )


def hero(sentence: str, answer: str, html: str = "", length: int = 0) -> str:
    """A sentence as HTML in which the answer stands out, with what follows it on its own line.

    Args:
        sentence: holds the answer.
        answer: as it stands there.
        html: to be shown in its place.
        length: of what is shown, in characters.
    """
    before, answer, after = sentence.partition(answer)
    rows = answer.split("\n")
    room = len(after) if len(after) > 1 else 0  # Japanese says the rest here
    size = f"--symbols: {length or max(map(len, rows))}; --rows: {len(rows)}; --after: {room}"
    answer = html or answer
    return (
        f'{before}<span class="hero" style="{size}">'
        f'<b class="digit" dir="ltr">{answer}</b>{after}</span>'
    )


def bars_html(prediction: Prediction | None, known: Known | None = None) -> str:
    """A bar for each digit and one for “none”, as high as the network finds it likely.

    After what the visitor taught, one more.
    """
    names = [*map(str, range(10)), _("none")]
    classes = [*names[:10], "none"]
    if prediction is None:
        bars = "".join(
            f'<div class="{name}"><div class="share"></div><div class="bar"></div>'
            '<div class="name"></div></div>'
            for name in classes
        )
        return f'<p class="caption"></p><div class="bars nothing" aria-hidden="true">{bars}</div>'
    shares = prediction.bars
    more = ""
    if known:
        import numpy as np

        shares = np.append(shares * (1 - known.score), known.score)
        names.append(escape(known.name))
        classes.append("taught")
        more = "more"
    first, second = (-shares).argsort()[:2]
    bars = "".join(
        f'<div class="{kind}{" best" if place == first else ""}">'
        f'<div class="share">{percent(share) if share >= 0.005 else ""}</div>'
        f'<div class="bar" style="height: calc({share:.4f} * var(--bar))"></div>'
        f'<div class="name">{name}</div></div>'
        for place, (kind, name, share) in enumerate(zip(classes, names, shares, strict=True))
    )
    settled = "sure" if prediction.digit is not None or first == 11 else ""
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
        f'<div class="bars {settled} {more}" role="img" '
        f'aria-label="{words}">{bars}</div>'
    )


def seen_html(prediction: Prediction | None) -> str:
    """The picture that the network was shown, enlarged."""
    if prediction is None:
        return '<div class="seen"><div class="nothing"></div><p class="caption"></p></div>'
    from digits.images import data_url

    url = data_url(prediction.pixels)
    alt = _("Your drawing as the network sees it: light on dark, in 28 by 28 dots")
    return f'<div class="seen"><img src="{url}" alt="{alt}"><p class="caption">{_(SEEN)}</p></div>'
