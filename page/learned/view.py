"""The second page, "How it learned": what train.py recorded in card.json, and a live training."""

from __future__ import annotations

import logging
import math
from html import escape
from itertools import zip_longest
from typing import Any, TypeGuard
from urllib.parse import quote

import numpy as np
import requests
import streamlit as st

from digits import DigitClassifier, ModelError
from digits.images import data_url
from digits.normalize import normalize
from handwriting import pen
from page.core.settings import API, MODEL
from page.core.text import N_, _, duration, listed, ngettext, number, percent, with_code
from page.core.visit import visit
from page.learned import lesson
from page.learned.guess import guesses
from page.learned.lesson import Lesson
from training.optional import missing

PEOPLE = 0.002  # of these digits, by an estimate of those who made MNIST
PEOPLE_SOURCE = (
    "Y. LeCun and others, “Comparison of learning algorithms for handwritten digit recognition”, "
    "ICANN 1995"
)
MIXED_UP_SOURCE = "Institute for Safe Medication Practices, newsletter of 12 January 2000"
LEAD = N_(
    "Nobody told it what a 4 looks like. It was shown thousands of digits. It guessed, was told "
    "the right answer, and changed a little, so that its next guess would be better. Again and "
    "again."
)
STAGES = {
    "starting": N_("It wakes up, and gets out the digits to practise with…"),
    "drawing": N_("It draws some more digits to practise with…"),
    "learning": N_("It looks, guesses, is told what’s right, and changes a little…"),
    "testing": N_("Now the test, with digits that it has never seen…"),
    "stopping": N_("It stops…"),
    "over": N_("Stopped. It has forgotten everything."),
}
EXAMPLES = (3, 7, 4, 8, 2, 5)  # digits that the page draws for visitors who have drawn none


def main() -> None:
    """The sections, one below the other."""
    card, trouble = load_card()
    with st.container(key="learned"):
        st.html(f'<p class="lead">{_(LEAD)}</p>')
        watch_it_learn(card)
        if trouble:
            st.html(f'<section class="says" role="alert"><p>{trouble}</p></section>')
        elif "test" in card:
            st.html(practice_html(card))
            if "misread" in card["test"]:
                show_misread(card["test"])
            st.html(confusion_html(card["test"]))


def load_card() -> tuple[dict[str, Any], str]:
    """The model's card.json, and as HTML why there is none to show (empty if there is)."""
    try:
        if not API:
            return DigitClassifier.load(MODEL).card, ""
        answer = requests.get(f"{API.rstrip('/')}/v1/model", timeout=5)
        answer.raise_for_status()
        return answer.json(), ""
    except ModelError as error:
        return {}, with_code(str(error))
    except (requests.RequestException, ValueError):
        logging.exception("The API did not tell about its model.")
        return {}, _("The computer that reads doesn’t answer, so there is nothing to tell now.")


# Watch it learn


def watch_it_learn(card: dict[str, Any]) -> None:
    """A network that learns from scratch while the visitor watches."""
    with st.container(key="watch"):
        if trouble := missing("tensorflow"):
            st.html(
                f"<h2>{_('See it happen')}</h2><p>"
                + _(
                    "Here you could watch a small network learn. This computer is not set up for "
                    "that yet."
                )
                + f" {with_code(trouble)}</p>"
            )
            return
        every = refresh_interval(visit().lesson)
        st.fragment(show_lesson, run_every=every)(card, every)


def refresh_interval(mine: Lesson | None) -> float | None:
    """How often to rerun, in seconds; None, for an idle page, means never."""
    if is_on(mine):
        return 0.5
    return 2 if lesson.busy() else None


def is_on(mine: Lesson | None) -> TypeGuard[Lesson]:
    """Whether the visitor's own lesson is going on."""
    return mine is not None and mine.stage != "over"


def show_lesson(card: dict[str, Any], every: float | None) -> None:
    """The button that starts or stops the lesson, and what the network has learned so far."""
    mine = visit().lesson
    if is_on(mine):
        mine.keep_alive()
    elif mine and not np.array_equal(mine.drawings, last_drawings()):
        mine = visit().lesson = None  # the visitor has drawn something else since
    if every != refresh_interval(mine):
        st.rerun()  # the whole page: a fragment cannot change its own interval
    if visit().draw.digits:
        words = _(
            "Here is a small network that knows nothing yet. Let it practise! Every few steps it "
            "has to read your last drawings again: at first it can only guess."
        )
    else:
        words = _(
            "Here is a small network that knows nothing yet. Let it practise! Every few steps it "
            "has to read these drawings again: at first it can only guess."
        )
    if Lesson.usual:
        took = _("The last time it took {duration} on this computer.")
        words += " " + took.format(duration=duration(Lesson.usual))
    st.html(f"<h2>{_('See it happen')}</h2><p>{words}</p>")
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="content"):  # there even without a button: nothing moves
            if is_on(mine):
                stopping = mine.stage == "stopping"
                st.button(_("Stop"), icon=":material/stop:", on_click=mine.stop, disabled=stopping)
            elif not lesson.busy():
                icon = ":material/play_arrow:"
                st.button(_("Watch it learn"), icon=icon, type="primary", on_click=begin)
        busy = " data-busy" if is_on(mine) else ""  # see kiosk.js
        words = stage_html(mine, card)
        st.html(f'<p class="stage" role="status"{busy}><span>{words}</span></p>')
    drawings = mine.drawings if mine else last_drawings()
    # The first step takes longest.
    gathering = is_on(mine) and not (mine.reports and mine.reports[-1]["step"])
    left = wall_html(mine) if gathering else lesson_chart_html(mine)
    st.html(f'<div class="lesson">{left}{readings_html(drawings, mine)}</div>')
    if is_on(mine) and mine.unseen:
        st.html(wall_html(mine))
    elif mine and mine.card and mine.card["test"]["misread"]:
        show_sorted_out(mine.card["test"])


def begin() -> None:
    """Starts a lesson; if another visitor was faster, the page will say so."""
    if started := lesson.start(last_drawings()):
        visit().lesson = started


def last_drawings() -> np.ndarray:
    """The visitor's drawings, or examples: uint8 (n, 28, 28)."""
    if kept := visit().draw.digits:
        return np.stack(kept)
    rng = np.random.default_rng(8)
    drawn = (pen.place(pen.draw_digit(digit, rng), 180, (140, 140)) for digit in EXAMPLES)
    return np.stack([normalize(pen.render(strokes, width=18)) for strokes in drawn])


def stage_html(mine: Lesson | None, card: dict[str, Any]) -> str:
    """What is happening, in words."""
    if not is_on(mine) and lesson.busy():
        return _("Somebody else is watching it learn right now. Your turn is next.")
    if mine is None:
        drawn = visit().draw.digits
        return "" if drawn else _("You haven’t drawn anything yet: here are some that I drew.")
    if mine.error:
        trouble = with_code(_(mine.error))
        return f"<b>{_('It can’t learn here right now.')}</b> <small>{trouble}</small>"
    if mine.card:
        return result_html(mine, card)
    return _(STAGES[mine.stage])


def result_html(mine: Lesson, large: dict[str, Any]) -> str:
    """How good the small network has become, compared with the one that the page uses."""
    assert mine.card is not None
    small = mine.card
    images = small["test"]["images"]
    right = round(small["test"]["accuracy"] * images)
    seconds = round(mine.seconds)
    words = ngettext(
        "<b>It has learned!</b> After {seconds} second it reads {right} of {images} new digits "
        "right.",
        "<b>It has learned!</b> After {seconds} seconds it reads {right} of {images} new digits "
        "right.",
        seconds,
    ).format(seconds=number(seconds), right=number(right), images=number(images))
    if images >= 1000 and large.get("test", {}).get("images", 0) >= images and not large["quick"]:
        right = round(large["test"]["accuracy"] * images)
        words += " " + _(
            "The network that reads your drawings is larger, practised for {duration}, and would "
            "read about {right} right."
        ).format(duration=duration(large["seconds"]), right=number(right))
    return words


def wall_html(mine: Lesson) -> str:
    """Digits that it practises with, one more each time; later those that it is tested with."""
    if mine.unseen:
        images, words = mine.unseen, _("Some of the digits that it is tested with")
    else:
        # One from people, one of its own, and so on.
        pairs = zip_longest(mine.fetched, mine.drawn)
        images = [image for pair in pairs for image in pair if image is not None]
        words = _(
            "Some of the digits that it practises with: people wrote one half, it drew the other"
        )
    pictures = "".join(f'<img src="{data_url(image)}" alt="">' for image in images)
    return (
        f'<div><p class="caption">{words}</p>'
        f'<div class="wall" role="img" aria-label="{words}">{pictures}</div></div>'
    )


def show_sorted_out(test: dict[str, Any]) -> None:
    """The digits that the small network has misread in its test."""
    count = len(test["misread"])
    words = ngettext(
        "It read {count} digit wrong. Would you have known? Tap it and guess.",
        "It read {count} digits wrong. Would you have known? Tap one and guess.",
        count,
    ).format(count=number(count))
    st.html(f"<h3>{words}</h3>")
    guesses(test["misread"], "sorted_out")


def lesson_chart_html(mine: Lesson | None) -> str:
    """How many of 100 held-out digits were read right, step by step."""
    reports = mine.reports if mine else []
    caption = _("Right, of 100 digits that it doesn’t practise with")
    points = [(one["step"] / one["steps"], one["accuracy"]) for one in reports]
    axis = _("practice, step by step")
    words = _("Right, of 100 digits that it doesn’t practise with. Nothing yet.")
    if reports:
        first, last = reports[0], reports[-1]
        step, steps = number(last["step"]), number(last["steps"])
        axis = _("step {step} of {steps}").format(step=step, steps=steps)
        words = _(
            "Right, of 100 digits that it doesn’t practise with. At the start: {first}. After step "
            "{step} of {steps}: {last}."
        ).format(
            first=number(100 * first["accuracy"]),
            step=step,
            steps=steps,
            last=number(100 * last["accuracy"]),
        )
    ticks = [(share / 100, number(share)) for share in (0, 25, 50, 75, 100)]
    guess = _("just guessing: {number}").format(number=number(10))
    guess = f'<div class="mark" style="bottom: 10%"><span>{guess}</span></div>'
    return chart_html(caption, words, ticks, line_html(points) + guess, f"<span>{axis}</span>")


def readings_html(drawings: np.ndarray, mine: Lesson | None) -> str:
    """How the network reads the drawings now."""
    reports = mine.reports if mine else []
    tiles = []
    for place, pixels in enumerate(drawings, 1):
        said = sure = "&nbsp;"
        if reports:
            outputs = reports[-1]["readings"][place - 1]
            best = int(np.argmax(outputs))
            said = str(best) if best < 10 else "?"  # the rejection class
            sure = _("{percent} sure").format(percent=percent(outputs[best]))
        alt = _("Drawing {number}, as the network sees it").format(number=place)
        tiles.append(
            f'<figure><img src="{data_url(pixels)}" alt="{alt}">'
            f"<figcaption><b>{said}</b>{sure}</figcaption></figure>"
        )
    return f'<div class="tiles readings">{"".join(tiles)}</div>'


# What train.py recorded


def practice_html(card: dict[str, Any]) -> str:
    """The learning curve, and the error rate of people."""
    curve, test = card.get("learning_curve", {}), card["test"]
    kept_aside = "val_accuracy" in curve
    wrong = 1 - np.array(curve["val_accuracy" if kept_aside else "accuracy"])
    mnist = card["data"]["mnist"]
    final = 1 - test["accuracy"]
    # A logarithmic axis: every tick is twice as many mistakes as the one below it.
    highest = max(2, math.ceil(math.log2(max(2, 1000 * max(wrong.max(), final)))))

    def height(share: float) -> float:
        return math.log2(max(1, 1000 * share)) / highest

    rounds = len(wrong)
    points = [((place + 0.5) / rounds, height(share)) for place, share in enumerate(wrong)]
    ticks = [(height(2**n / 1000), number(2**n)) for n in range(highest + 1)]
    inside = line_html(points)
    people = number(1000 * PEOPLE)
    if mnist:
        inside += (
            f'<div class="mark people" style="bottom: {100 * height(PEOPLE):.1f}%">'
            f"<span>{_('people: about {number}').format(number=people)}</span></div>"
        )
    at_the_end = _("the test: {number}").format(number=number(1000 * final, 1))
    inside += (
        f'<div class="dot" style="left: {100 * points[-1][0]:.1f}%; '
        f'bottom: {100 * height(final):.1f}%"><span>{at_the_end}</span></div>'
    )
    axis = "".join(f"<span>{label}</span>" for label in round_numbers(rounds))
    caption = _("Wrong, of 1,000 digits")
    words = _(
        "Wrong, of 1,000 digits: {first} after the first round, {last} after round {rounds}. In "
        "the test at the end: {test}."
    ).format(
        first=number(1000 * wrong[0]),
        last=number(1000 * wrong[-1], 1),
        rounds=number(rounds),
        test=number(1000 * final, 1),
    )
    told = [
        ngettext(
            "The network that reads your drawings practised for {duration}: {count} round of "
            "practice.",
            "The network that reads your drawings practised for {duration}: {count} rounds of "
            "practice.",
            rounds,
        ).format(duration=duration(card["seconds"]), count=number(rounds)),
        *teachers(card),
        _(
            "The line shows how many mistakes it made after each round, in digits that it doesn’t "
            "practise with."
        )
        if kept_aside
        else _(
            "The line shows how many mistakes it made after each round, in the digits of that "
            "round."
        ),
        _("Every step down the ladder on the left is half as many mistakes."),
    ]
    about_people = ""
    if mnist:
        words += " " + _("People: about {number}.").format(number=people)
        sentence = _(
            "And people? They get about {number} of 1,000 of these digits wrong, too: some are "
            "just scrawled. That is the dashed line."
        ).format(number=people)
        source = _("An estimate by those who collected the digits: {source}.").format(
            source=PEOPLE_SOURCE
        )
        about_people = f"<p>{sentence} <small>({source})</small></p>"
    return (
        f"<section><div><h2>{_('Practice makes better')}</h2>"
        f"<p>{' '.join(told)}</p>{about_people}</div>"
        f"{chart_html(caption, words, ticks, inside, axis, _('round'))}</section>"
    )


def teachers(card: dict[str, Any]) -> list[str]:
    """From whom it learned, where the card names people: a sentence or none."""
    if "people" not in card:
        return []
    sentence = _(
        "Besides the digits of a famous collection, it practised with {digits} digits that "
        "{writers} people wrote with a pen on a tablet, and with letters and signs, to learn what "
        "is no digit."
    )
    people = card["people"]
    return [
        sentence.format(digits=number(people["digits"]), writers=number(people["digit_writers"]))
    ]


def round_numbers(rounds: int) -> list[str]:
    """The labels of the axis: at most 12 numbers, empty strings for the rest."""
    every = math.ceil(rounds / 12)
    return [number(n) if n % every == 0 or n == 1 else "" for n in range(1, rounds + 1)]


def show_misread(test: dict[str, Any]) -> None:
    """All misread test images, each covered until one has guessed oneself."""
    words = ngettext(
        "At the end it was tested on {images} digits that it had never seen. <b>{count}</b> of "
        "them it read wrong. Here it is. Would you have known? Tap it and guess: then you’ll see.",
        "At the end it was tested on {images} digits that it had never seen. <b>{count}</b> of "
        "them it read wrong. Here they all are; the ones it was surest of come first. Would you "
        "have known? Tap one and guess: then you’ll see.",
        len(test["misread"]),
    ).format(images=number(test["images"]), count=number(len(test["misread"])))
    with st.container(key="misread"):
        title = _("The digits it still gets wrong")
        st.html(f"<section class='wide'><div><h2>{title}</h2><p>{words}</p></div></section>")
        guesses(test["misread"], "guesses")


def confusion_html(test: dict[str, Any]) -> str:
    """The confusion matrix as a coloured table."""
    confusion = np.array(test["confusion"])
    wrong = confusion * (1 - np.eye(10, dtype=int))
    most = max(1, wrong.max())
    head = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = ""
    for digit, row in enumerate(confusion):
        cells = "".join(
            f'<td class="right">{number(count)}</td>'
            if digit == said
            else f'<td class="wrong" style="--share: {count / most:.2f}">{number(count)}</td>'
            if count
            else "<td></td>"
            for said, count in enumerate(row)
        )
        rows += f'<tr><th scope="row">{digit}</th>{cells}</tr>'
    pairs = [(int(wrong[i, j] + wrong[j, i]), i, j) for i in range(10) for j in range(i)]
    top = [
        ngettext(
            "{one} with {other} ({count} time)", "{one} with {other} ({count} times)", n
        ).format(one=j, other=i, count=number(n))
        for n, i, j in sorted(pairs, reverse=True)[:3]
        if n > 1
    ]
    often = _("Most often it mixes up {pairs}.").format(pairs=listed(top)) if top else ""
    key = _(
        "Each row is a digit that somebody wrote, each column what the network said. In the grey "
        "squares it was right; the coloured squares count its mistakes, and the stronger the "
        "colour, the more."
    )
    people = _(
        "People mix up digits, too. When they read out letters and digits in a study at Bell "
        "Laboratories, a 1 that looks like a 7 was among the commonest mistakes."
    )
    ask = _("And with the others? Look at the pictures above, and guess.")
    return (
        f"<section><div><h2>{_('Which digits it mixes up')}</h2><p>{key}</p>"
        f"{often and f'<p>{often}</p>'}"
        f"<p>{people} <small>({MIXED_UP_SOURCE}.)</small> {ask}</p></div>"
        '<table class="confusion">'
        f"<caption>{_('Across: what it said. Down: what it was.')}</caption>"
        f"<tr><td></td>{head}</tr>{rows}</table></section>"
    )


# Pieces


def chart_html(
    caption: str,
    words: str,
    ticks: list[tuple[float, str]],
    inside: str,
    axis: str,
    axis_name: str = "",
) -> str:
    """A chart in HTML and SVG, in the page's colours and font sizes.

    Args:
        caption: the text above it.
        words: a description for screen readers.
        ticks: height (0-1) and label of each tick.
        inside: lines, dots and marks, as HTML.
        axis: the labels of the horizontal axis, as HTML.
        axis_name: what that axis counts.
    """
    lines = "".join(
        f'<div class="tick" style="bottom: {100 * at:.1f}%"><span>{name}</span></div>'
        for at, name in ticks
    )
    return (
        f'<div class="chart" role="img" aria-label="{escape(words)}"><p class="caption">{caption}'
        f'</p><div class="area">{lines}{inside}</div><div class="axis">{axis}</div>'
        f'<p class="caption axis-name">{axis_name}</p></div>'
    )


def line_html(points: list[tuple[float, float]]) -> str:
    """A line through points in 0-1, upwards: an SVG polyline.

    It is a mask for the page's accent colour: Streamlit removes SVG elements from HTML, and an
    image could not follow the theme.
    """
    corners = " ".join(f"{100 * x:.2f},{100 * (1 - y):.2f}" for x, y in points)
    svg = (  # a margin of 5 keeps the stroke whole at the edges; learned.css has the same
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-5 -5 110 110" '
        f'preserveAspectRatio="none"><polyline points="{corners}" fill="none" stroke="#000" '
        'stroke-width="4" stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>'
    )
    return f'<div class="line" style="mask-image: url(data:image/svg+xml,{quote(svg)})"></div>'


main()
