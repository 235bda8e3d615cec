"""The first page: a sheet to draw on, what the network makes of the drawing, and why."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from page.core.connection import gone_html
from page.core.error_boundary import apology_html, explain, guarded
from page.core.patch import patched_html
from page.core.settings import load_classifier
from page.core.text import N_, _, a_digit, percent, sure
from page.core.throttle import turn
from page.core.visit import visit
from page.draw.picture import open_picture
from page.play import panel as play
from page.tally import panel as score

if TYPE_CHECKING:  # at run time it is imported once the sheet is there to draw on
    from PIL import Image

    from digits import Classifier, Prediction
    from digits.numbers.reader import Symbol
    from page.draw.canvas import Drawing
    from page.play.panel import Known

KEPT = 6  # of a visitor's last digits
# A drawing without a gap is taken for one digit where it is narrower for its height than NARROW, or
# than WIDE and the network has no doubt.
NARROW, WIDE, CLEAR = 0.6, 0.95, 0.97
PLACE = "\N{OBJECT REPLACEMENT CHARACTER}"  # where a visitor's own words come to stand
UNKNOWN = "?"  # in a number, what can't be read: as in digits.numbers.reader

SEEN = N_("The network sees your drawing like this, shrunk to 28 by 28 dots.")


class Reading(NamedTuple):
    """What there is to say about a drawing."""

    prediction: Prediction | None = None  # None: nothing is drawn, or it can't be read
    trouble: str = ""  # why it can't be read; `code` in backticks
    text: str = ""  # of a number: see `digits.numbers.reader.Reading`
    symbols: Sequence[Symbol] = ()  # its digits, if they are several
    chosen: int = 0  # the one among them that `prediction` is for
    known: Known | None = None  # of a single drawing: what it has of the symbol that was taught


@st.fragment  # a stroke redraws what is in here, and nothing else
@guarded
def page() -> None:
    """The sheet to draw on, what the network makes of the drawing, and why."""
    from page.draw.canvas import pen_moves  # here, where it may fail

    with turn(moving=pen_moves()):
        show()


def show() -> None:
    """Shows all of it, for the picture that this run is for."""
    from page.draw.canvas import sheet  # here, where it may fail

    stage = st.container(key="stage")
    with stage:
        with st.container(key="sheet"):
            drawing = sheet()
            ask = st.container(horizontal=True, vertical_alignment="center", key="ask")
        answer = st.container(key="reading")
    # From here on the page can be seen and drawn on; the first visitor waits for the model.
    classifier, trouble = find_classifier()
    look = telling = False
    if classifier and classifier.has_inside:
        from page import story

        with ask:
            telling = story.ask()
            look = st.toggle(_("Look inside"), key="look", on_change=play.close_for_look)
    if classifier:
        with ask:
            play.ask()
        inside = look or telling or play.needs_inside()
        reading = read(drawing, classifier, inside, play.is_open() and not telling)
    else:
        reading = Reading(trouble=trouble)
    with answer:
        patched_html(reading_html(reading, drawing), "reading_html")
    playing = play.is_open() and not telling and not reading.trouble
    if score.is_kept() and not telling and not playing:
        own = reading.symbols or is_taught(reading)
        with stage:
            score.ask(drawing, None if own else reading.prediction)
    if playing:
        with stage:
            play.play(drawing, reading.prediction)
    elif telling:
        with stage:
            story.tell(part_of(drawing, reading), reading.prediction, drawing.rests)
    elif look:
        with stage, st.container(key="inside"):
            look_inside(part_of(drawing, reading), reading.prediction)


def find_classifier() -> tuple[Classifier | None, str]:
    """What reads the drawings; or None, and why there is nothing that can."""
    try:
        return load_classifier(), ""
    except Exception as error:
        return None, explain(error)


def read(drawing: Drawing, classifier: Classifier, inside: bool, one: bool = False) -> Reading:
    """What the network makes of a drawing, and, if wanted, what went on inside it.

    Args:
        drawing: the sheet.
        classifier: reads it.
        inside: also tell what went on in the network.
        one: all that is drawn is one thing, and no number.
    """
    mine = visit().draw
    if drawing.png is None:
        mine.digits_on_canvas = 0
        mine.chosen = None
        return Reading()
    # A rerun that changed nothing (another theme, a pen that rests) reads nothing anew.
    read_for = (drawing.png, inside, drawing.lifted, one, visit().play.changes)
    if mine.read_for != read_for:
        try:
            mine.reading = read_png(drawing.png, classifier, inside, drawing.lifted, one)
        except Exception as error:
            return Reading(trouble=explain(error))
        mine.read_for = read_for
    reading = mine.reading
    if drawing.rests and not drawing.shown:
        keep(reading)
    if drawing.chosen is not None:
        mine.chosen = drawing.chosen
    if not reading.symbols:
        return reading
    last = len(reading.symbols) - 1  # which the pen is at, as a rule
    chosen = last if mine.chosen is None else min(mine.chosen, last)
    return reading._replace(prediction=reading.symbols[chosen].prediction, chosen=chosen)


def read_png(
    png: bytes, classifier: Classifier, inside: bool, lifted: bool, one: bool = False
) -> Reading:
    """What the network makes of a picture of the sheet.

    A symbol that the visitor taught is looked for first: it may be as wide as a number. To look for
    several digits takes far longer than to read one. So it does that only where there may be
    several, and where no gap parts them, only once the pen is lifted.
    """
    image = open_picture(png)
    if one or visit().play.taught:
        whole = classifier.predict(image, inside=inside)
        if whole.verdict == "blank":
            return Reading()
        reading = Reading(whole, known=play.recognize(whole))
        if one or is_taught(reading):
            return reading
    groups, shape = ink_shape(image)
    if groups == 1:
        prediction = classifier.predict(image, inside=inside)
        clear = prediction.confidence * (1 - prediction.none) >= CLEAR
        if not lifted or shape < NARROW or (shape < WIDE and clear):
            return single(None if prediction.verdict == "blank" else prediction)
    found = classifier.read(image, inside=inside)
    if not found.symbols:
        return Reading()
    if len(found.symbols) == 1:
        return single(found.symbols[0].prediction)
    if all(
        symbol.prediction.digit is None for symbol in found.symbols
    ):  # scribbles: no number at all
        return single(classifier.predict(image, inside=inside))
    return Reading(text=found.text, symbols=found.symbols)


def single(prediction: Prediction | None) -> Reading:
    """The reading of one drawing."""
    return Reading(prediction, known=play.recognize(prediction) if prediction else None)


def is_taught(reading: Reading) -> bool:
    """Whether a drawing is taken for the symbol that the visitor taught."""
    return reading.known is not None and reading.known.score >= 0.5


def ink_shape(image: Image.Image) -> tuple[int, float]:
    """How many groups of ink stand side by side with a gap between, and their width to height."""
    import numpy as np

    ink = np.asarray(image.convert("L")) < 128
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    if not len(columns):
        return 0, 0.0
    groups = 1 + np.count_nonzero(np.diff(columns) > 1)
    return int(groups), float((np.ptp(columns) + 1) / (np.ptp(rows) + 1))


def keep(reading: Reading) -> None:
    """Remembers the visitor's last digits for “How it learned”, each as it was at last."""
    mine = visit().draw
    predictions = [symbol.prediction for symbol in reading.symbols] or [reading.prediction]
    pixels = [prediction.pixels for prediction in predictions if prediction]
    earlier = mine.digits[: max(0, len(mine.digits) - mine.digits_on_canvas)]
    mine.digits_on_canvas = len(pixels[-KEPT:])
    mine.digits = [*earlier, *pixels][-KEPT:]


def part_of(drawing: Drawing, reading: Reading) -> bytes | None:
    """The drawing as a square PNG; of a number, the digit that is chosen."""
    if drawing.png is None:
        return None
    from PIL import Image

    image = open_picture(drawing.png).convert("RGB")
    mask = None
    if reading.symbols:
        symbol = reading.symbols[reading.chosen]
        image = image.crop(symbol.box)
        mask = own_ink(symbol.prediction, image.size)
    elif image.width == image.height:
        return drawing.png
    side = round((1.3 if mask else 1) * max(image.size))
    square = Image.new("RGB", (side, side), "white")
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2), mask)
    png = io.BytesIO()
    square.save(png, "PNG", compress_level=1)
    return png.getvalue()


def own_ink(prediction: Prediction, size: tuple[int, int]) -> Image.Image:
    """Where a digit's own ink is, and not its neighbours': a mask (mode L) for its cut-out."""
    from PIL import Image, ImageFilter

    seen = Image.fromarray(prediction.pixels)
    seen = seen.crop(seen.getbbox())
    smooth = Image.Resampling.BILINEAR
    seen = seen.resize((3 * seen.width, 3 * seen.height), smooth)
    seen = seen.filter(ImageFilter.MaxFilter(3))  # a third of a dot more: no stroke loses its edge
    return seen.resize(size, smooth).point(lambda value: 255 * (value > 8))


@guarded
def look_inside(drawing: bytes | None, prediction: Prediction | None) -> None:
    """After the answer, for those who ask “But how does it know?”."""
    if drawing is None or prediction is None:
        invitation = _("Draw a digit, and see how the network gets from your drawing to it.")
        patched_html(f"<p>{invitation}</p>", "steps_html")
        return
    from page.draw.inside import looked_html, maps_html, question, steps_html

    patched_html(steps_html(drawing, prediction), "steps_html")
    patched_html(maps_html(prediction.inside), "maps_html")
    with st.container(key="looked"):
        why_not = st.session_state.get("why_not", False)
        patched_html(looked_html(prediction, why_not), "looked_html")
        st.toggle(question(prediction), key="why_not")


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
