"""How it learned: the second page. All that it shows is what train.py recorded in card.json."""

from __future__ import annotations

import importlib.util
import logging
import math
import os
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import requests
import streamlit as st

from digits import DigitClassifier, ModelError, pen
from digits.images import data_url
from digits.normalize import normalize
from page import lesson
from page.lesson import Lesson
from page.words import article, percent, with_code

MODEL = Path(os.environ.get("DIGITS_MODEL", Path(__file__).parent.parent / "model"))
API = os.environ.get("DIGITS_API")  # whose model is shown instead
PEOPLE = 0.002  # of these digits, by an estimate of those who made MNIST
PEOPLE_SOURCE = (
    "Y. LeCun and others, “Comparison of learning algorithms for handwritten digit recognition”, "
    "ICANN 1995"
)
MIXED_UP_SOURCE = "Institute for Safe Medication Practices, newsletter of 12 January 2000"
CAN_LEARN = importlib.util.find_spec("tensorflow") is not None
OURS = (3, 7, 4, 8, 2, 5)  # digits that the page draws for those who have drawn none


def main() -> None:
    """The sections, one below the other."""
    card, trouble = load_card()
    with st.container(key="learned"):
        st.html(
            '<p class="lead">Nobody told it what a 4 looks like. It was shown thousands of digits. '
            "It guessed, was told the right answer, and changed a little, so that its next guess "
            "would be better. Again and again.</p>"
        )
        watch_it_learn(card)
        if trouble:
            st.html(f'<section class="says" role="alert"><p>{trouble}</p></section>')
        elif "test" in card:
            st.html(practice_html(card))
            if "misread" in card["test"]:
                st.html(misread_html(card["test"]))
            st.html(confusion_html(card["test"]))


def load_card() -> tuple[dict[str, Any], str]:
    """What train.py recorded of the model, or why there is none to show, as HTML."""
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
        return {}, "The reader does not answer, so there is nothing to tell about it right now."


# Watch it learn


def watch_it_learn(card: dict[str, Any]) -> None:
    """A network that learns from nothing, while the visitor watches."""
    with st.container(key="watch"):
        every = looks_every(st.session_state.get("lesson"))
        st.fragment(show_lesson, run_every=every)(card, every)


def looks_every(mine: Lesson | None) -> float | None:
    """How often, in seconds, the page has to look at the lesson; an idle page asks nothing."""
    if is_on(mine):
        return 0.5
    return 2 if lesson.busy() else None


def is_on(mine: Lesson | None) -> bool:
    return mine is not None and mine.stage != "over"


def show_lesson(card: dict[str, Any], every: float | None) -> None:
    """The button that starts or stops it, and what it has learned so far."""
    state = st.session_state
    mine: Lesson | None = state.get("lesson")
    if is_on(mine):
        mine.look()
    elif mine and not np.array_equal(mine.drawings, last_drawings()):
        mine = state.lesson = None  # meanwhile the visitor has drawn something else
    if every != looks_every(mine):
        st.rerun()  # the whole page, to look more or less often from now on
    whose = "your last drawings" if state.get("drawings") else "these drawings"
    st.html(
        "<h2>See it happen</h2><p>Here is a small network that knows nothing yet. Let it practise "
        f"for less than a minute! Every few steps it has to read {whose} again: at first it can "
        "only guess.</p>"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="content"):  # with a button or without: what follows stays put
            if is_on(mine):
                stopping = mine.stage == "stopping"
                st.button("Stop", icon=":material/stop:", on_click=mine.stop, disabled=stopping)
            elif CAN_LEARN and not lesson.busy():
                icon = ":material/play_arrow:"
                st.button("Watch it learn", icon=icon, type="primary", on_click=begin)
        st.html(f'<p class="stage" role="status"><span>{stage_html(mine, card)}</span></p>')
    drawings = mine.drawings if mine else last_drawings()
    st.html(f'<div class="lesson">{lesson_chart_html(mine)}{readings_html(drawings, mine)}</div>')


def begin() -> None:
    """Starts a lesson; where somebody else was quicker, the page says so."""
    started = lesson.start(last_drawings())
    if started:
        st.session_state.lesson = started


def last_drawings() -> np.ndarray:
    """The visitor's, or some of the page's own: uint8 (n, 28, 28)."""
    if kept := st.session_state.get("drawings"):
        return np.stack(kept)
    chance = np.random.default_rng(8)
    drawn = (pen.place(pen.draw_digit(digit, chance), 180, (140, 140)) for digit in OURS)
    return np.stack([normalize(pen.render(strokes, width=18)) for strokes in drawn])


def stage_html(mine: Lesson | None, card: dict[str, Any]) -> str:
    """What happens right now, in words."""
    if not CAN_LEARN:
        return "It can’t learn here: TensorFlow, which that takes, is not installed."
    if not is_on(mine) and lesson.busy():
        return "Somebody else is watching it learn right now. Your turn is next."
    if mine is None:
        drawn = st.session_state.get("drawings")
        return "" if drawn else "You haven’t drawn anything yet: here are some that I drew."
    if mine.trouble:
        words = escape(mine.trouble)
        if "--data" in words:
            words += " Here, start the page with <code>DIGITS_DATA</code> set to that PATH."
        return f"<b>It can’t learn here right now.</b> <small>{words}</small>"
    if mine.card:
        return result_html(mine.card, card)
    return {
        "waking": "It wakes up, and gets out the digits to practise with…",
        "drawing": "It draws some more digits to practise with…",
        "learning": "It looks, guesses, is told what’s right, and changes a little…",
        "testing": "Now the test, with digits that it has never seen…",
        "stopping": "It stops…",
        "over": "Stopped. It has forgotten everything.",
    }[mine.stage]


def result_html(small: dict[str, Any], large: dict[str, Any]) -> str:
    """How good the small network has become, beside the one that the page uses."""
    images = small["test"]["images"]
    right = round(small["test"]["accuracy"] * images)
    words = (
        f"<b>It has learned!</b> After {small['seconds']:.0f} seconds it reads {right:,} of "
        f"{images:,} new digits right."
    )
    if large.get("test", {}).get("images") == images and not large["quick"]:
        right = round(large["test"]["accuracy"] * images)
        words += (
            f" The network that reads your drawings is larger, practised for "
            f"{duration(large['seconds'])}, and reads {right:,} right."
        )
    return words


def lesson_chart_html(mine: Lesson | None) -> str:
    """How many of 100 digits it read right, step by step."""
    told = mine.told if mine else []
    caption = "Right, of 100 digits that it doesn’t practise with"
    points = [(one["step"] / one["steps"], one["accuracy"]) for one in told]
    axis, words = "practice, step by step", f"{caption}. Nothing yet."
    if told:
        first, last = told[0], told[-1]
        axis = f"step {last['step']} of {last['steps']}"
        words = (
            f"{caption}. At the start: {100 * first['accuracy']:.0f}. "
            f"After step {last['step']} of {last['steps']}: {100 * last['accuracy']:.0f}."
        )
    ticks = [(share / 100, str(share)) for share in (0, 25, 50, 75, 100)]
    guess = '<div class="mark" style="bottom: 10%"><span>just guessing: 10</span></div>'
    return chart_html(caption, words, ticks, line_html(points) + guess, f"<span>{axis}</span>")


def readings_html(drawings: np.ndarray, mine: Lesson | None) -> str:
    """What it makes of the drawings now."""
    told = mine.told if mine else []
    tiles = []
    for number, pixels in enumerate(drawings):
        said = sure = "&nbsp;"
        if told:
            outputs = told[-1]["readings"][number]
            best = int(np.argmax(outputs))
            said = str(best) if best < 10 else "?"  # the eleventh: that it is no digit
            sure = f"{percent(outputs[best])} sure"
        alt = f"Drawing {number + 1}, as the network sees it"
        tiles.append(
            f'<figure><img src="{data_url(pixels)}" alt="{alt}">'
            f"<figcaption><b>{said}</b>{sure}</figcaption></figure>"
        )
    return f'<div class="tiles readings">{"".join(tiles)}</div>'


# What train.py recorded


def practice_html(card: dict[str, Any]) -> str:
    """The learning curve, and how people do."""
    curve, test = card.get("learning_curve", {}), card["test"]
    kept_aside = "val_accuracy" in curve
    wrong = 1 - np.array(curve["val_accuracy" if kept_aside else "accuracy"])
    mnist = card["data"]["mnist"]
    final = 1 - test["accuracy"]
    # Each line up is twice as many mistakes: from 1 of 1,000 to more than there ever were.
    highest = max(2, math.ceil(math.log2(max(2, 1000 * max(wrong.max(), final)))))

    def height(share: float) -> float:
        return math.log2(max(1, 1000 * share)) / highest

    rounds = len(wrong)
    points = [((number + 0.5) / rounds, height(share)) for number, share in enumerate(wrong)]
    ticks = [(height(2**n / 1000), f"{2**n}") for n in range(highest + 1)]
    inside = line_html(points)
    if mnist:
        inside += (
            f'<div class="mark people" style="bottom: {100 * height(PEOPLE):.1f}%">'
            f"<span>people: about {1000 * PEOPLE:.0f}</span></div>"
        )
    inside += (
        f'<div class="dot" style="left: {100 * points[-1][0]:.1f}%; '
        f'bottom: {100 * height(final):.1f}%"><span>the test: {1000 * final:.1f}</span></div>'
    )
    axis = "".join(f"<span>{number}</span>" for number in round_numbers(rounds))
    caption = "Wrong, of 1,000 digits"
    words = (
        f"{caption}: {1000 * wrong[0]:.0f} after the first round, {1000 * wrong[-1]:.1f} after "
        f"round {rounds}. In the test at the end: {1000 * final:.1f}."
    )
    people = ""
    if mnist:
        words += f" People: about {1000 * PEOPLE:.0f}."
        people = (
            f"<p>And people? They get about {1000 * PEOPLE:.0f} of 1,000 of these digits wrong, "
            "too: some are just scrawled. That is the dashed line. "
            f"<small>(An estimate by those who collected the digits: {PEOPLE_SOURCE}.)</small></p>"
        )
    whom = "digits that it doesn’t practise with" if kept_aside else "the digits of that round"
    return (
        "<section><div><h2>Practice makes better</h2>"
        f"<p>The network that reads your drawings practised for {duration(card['seconds'])}: "
        f"{rounds} rounds through all its practice pictures. The line shows how many mistakes it "
        f"made after each round, in {whom}. Every step down the ladder on the left is half as many "
        f"mistakes.</p>{people}</div>"
        f"{chart_html(caption, words, ticks, inside, axis, 'round')}</section>"
    )


def round_numbers(rounds: int) -> list[str]:
    """Every round's number where there is room; nothing in place of the others."""
    every = math.ceil(rounds / 12)
    return [str(n) if n % every == 0 or n == 1 else "" for n in range(1, rounds + 1)]


def misread_html(test: dict[str, Any]) -> str:
    """All test images that it reads wrong, the surest mistakes first."""
    tiles = "".join(
        f'<figure><img src="{one["pixels"]}" loading="lazy" '
        f'alt="Test picture {one["number"]}: a handwritten {one["label"]}">'
        f"<figcaption>It’s {article(one['label'])} {one['label']}. It said "
        f"<b>{one['guess']}</b>,<br>"
        f"{percent(one['confidence'])} sure.</figcaption></figure>"
        for one in sorted(test["misread"], key=lambda one: -one["confidence"])
    )
    return (
        "<section class='wide'><div><h2>The digits it still gets wrong</h2>"
        f"<p>At the end it was tested on {test['images']:,} digits that it had never seen. "
        f"<b>{len(test['misread']):,}</b> of them it read wrong. Here they all are; the ones it "
        "was surest of come first. Would you have known?</p></div>"
        f'<div class="tiles misread">{tiles}</div></section>'
    )


def confusion_html(test: dict[str, Any]) -> str:
    """Which digit it took for which, as a table with colours."""
    confusion = np.array(test["confusion"])
    wrong = confusion * (1 - np.eye(10, dtype=int))
    most = max(1, wrong.max())
    head = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = ""
    for digit, row in enumerate(confusion):
        cells = "".join(
            f'<td class="right">{count:,}</td>'
            if digit == said
            else f'<td class="wrong" style="--share: {count / most:.2f}">{count}</td>'
            if count
            else "<td></td>"
            for said, count in enumerate(row)
        )
        rows += f'<tr><th scope="row">{digit}</th>{cells}</tr>'
    pairs = [(int(wrong[i, j] + wrong[j, i]), i, j) for i in range(10) for j in range(i)]
    top = [f"{j} and {i} ({n} times)" for n, i, j in sorted(pairs, reverse=True)[:3] if n > 1]
    often = f"<p>Most often it mixes up {', '.join(top)}.</p>" if top else ""
    return (
        "<section><div><h2>Which digits it mixes up</h2>"
        "<p>Each row is a digit that somebody wrote, each column what the network said. In the "
        "grey squares it was right; the coloured squares count its mistakes, and the stronger the "
        f"colour, the more.</p>{often}"
        "<p>People mix up digits, too. When they read out letters and digits in a study at Bell "
        "Laboratories, a 1 that looks like a 7 was among the commonest mistakes. "
        f"<small>({MIXED_UP_SOURCE}.)</small> And with the others? Look at the pictures above, "
        "hide the answers, and ask a friend.</p></div>"
        '<table class="confusion"><caption>Across: what it said. Down: what it was.</caption>'
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
    """A chart in plain HTML: it takes the page's colours and the screen's size of letters.

    Args:
        caption: above it.
        words: the same for those who can't see it.
        ticks: how high, 0-1, and what is written there.
        inside: the lines, dots and marks.
        axis: below it.
        axis_name: what is counted there.
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
    """A line through points, 0-1 to the right and upwards: a strip cut out of the page's accent."""
    if len(points) < 2:
        return ""
    x, y = 100 * np.array(points).T
    # Half the line's width away from the points; the chart is about twice as wide as high.
    along_x, along_y = 2 * np.gradient(x), np.gradient(y)
    away_x, away_y = np.array([along_y, along_x]) / np.hypot(along_x, along_y)
    corners = [
        f"calc({x[i]:.2f}% + {side * away_x[i]:.2f} * var(--thick)) "
        f"calc({100 - y[i]:.2f}% + {side * away_y[i]:.2f} * var(--thick))"
        for side, order in ((-1, range(len(x))), (1, reversed(range(len(x)))))
        for i in order
    ]
    return f'<div class="line" style="clip-path: polygon({", ".join(corners)})"></div>'


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes > 1 else f"{seconds:.0f} seconds"


main()
