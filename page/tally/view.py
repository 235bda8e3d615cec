"""“Was I right?”: a question below each answer, and the counts for the presenter."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from handwriting.pen import NO_DIGIT
from page.core.error_boundary import guarded
from page.core.patch import patched_html
from page.core.settings import TALLY
from page.core.text import _, number
from page.core.visit import visit
from page.tally.counts import TallyError, score, tally

if TYPE_CHECKING:
    from digits import Prediction
    from page.draw.drawing import Drawing

EVERY = "3s"  # how often the presenter's counts are updated
MAX_MISTAKES = 12  # rows in the presenter's table


def ask(drawing: Drawing, prediction: Prediction | None) -> None:
    """Show buttons with which the visitor says whether the answer was right.

    Args:
        drawing: on the canvas.
        prediction: for it; None if the answer can't be right or wrong.
    """
    state = visit().tally
    first = drawing.strokes[:1]
    if state.first_stroke != first:  # a drawing counts once, whatever is added to it
        state.first_stroke, state.drawing = first, secrets.token_hex(16) if first else ""
    html = ""
    # “Not sure” is neither right nor wrong.
    has_answer = prediction and (prediction.digit is not None or prediction.is_rejected)
    if has_answer and drawing.strokes and drawing.lifted and not drawing.attract:
        state.answer = NO_DIGIT if prediction.digit is None else prediction.digit
        counted = state.counted == state.drawing
        html = f'<p role="status">{state.words}</p>' if counted else question_html(prediction)
    with st.container(key="tally"):
        patched_html(f'<div class="score-row" tabindex="-1">{html}</div>', "tally_row", _count)


def question_html(prediction: Prediction) -> str:
    """Return the question, and a button for each digit that may be the right one."""
    right = NO_DIGIT if prediction.digit is None else prediction.digit
    choices = "".join(
        f'<button type="button" data-symbol="{meant}">{name}</button>'
        for meant, name in enumerate(names())
        if meant != right
    )
    question = (
        f"<span>{_('Was I right?')}</span>"
        f'<button type="button" data-symbol="{right}">{_("Right")}</button>'
    )
    wrong = _("It was a …")
    return (
        f"{question}<details><summary>{wrong}</summary>"
        f'<div class="choices" role="group" aria-label="{wrong}">{choices}</div></details>'
    )


def names() -> list[str]:
    """Return the names of answers and meanings: 0-9, and NO_DIGIT."""
    return [*map(str, range(10)), _("no digit")]


def _count(meant: int) -> None:
    """Count the visitor's choice. Visitors never see an error."""
    state = visit().tally
    if not state.drawing or meant not in range(NO_DIGIT + 1):
        return
    state.counted, state.words = state.drawing, ""
    with suppress(TallyError):  # the presenter sees it
        tally().add(state.drawing, state.answer, meant)
        state.words = score_words(tally().counts())


def score_words(counts: dict[tuple[int, int], int]) -> str:
    """Return how many answers were right."""
    right, total = score(counts)
    return _("I got {right} of {total} right.").format(right=number(right), total=number(total))


def is_presenter() -> bool:
    """Whether the address has `?presenter`, or had it earlier in this visit."""
    state = visit()
    state.presenter = state.presenter or "presenter" in st.query_params
    return state.presenter


@guarded
def show() -> None:
    """Show the presenter how many answers were right, and the most frequent mistakes."""
    with st.container(key="presenter"):
        st.html(f"<h2>{_('How often I was right')}</h2>")
        if not TALLY:
            off = _("Nothing is counted. To count, start the page with DIGITS_TALLY=tally.sqlite.")
            st.html(f"<p>{off}</p>")
            return
        try:
            counts = tally().counts()
        except TallyError as error:
            trouble = _("The file {file} can’t be used, so nothing is counted: {why}.")
            words = trouble.format(file=json.dumps(str(TALLY)), why=error)
            st.html(f'<p role="alert">{escape(words)}</p>')
            return
        st.html(f'<p class="total">{score_words(counts)}</p>{mistakes_html(counts)}')
        if not counts:
            return
        if visit().tally.confirm_clear:
            with st.container(horizontal=True):
                st.html(f"<p>{_('Forget all of it?')}</p>")
                st.button(_("Yes, forget it"), type="primary", key="score_yes", on_click=_clear)
                st.button(_("No"), key="score_no", on_click=_ask_clear, args=(False,))
        else:
            st.button(_("Clear the count"), key="score_ask", on_click=_ask_clear, args=(True,))


def _ask_clear(asked: bool) -> None:
    visit().tally.confirm_clear = asked


def _clear() -> None:
    visit().tally.confirm_clear = False
    with suppress(TallyError):  # `show` reports it
        tally().clear()


def mistakes_html(counts: dict[tuple[int, int], int]) -> str:
    """Return a table of the mistakes, the most frequent first."""
    wrong = [(count, *pair) for pair, count in counts.items() if pair[0] != pair[1]]
    if not wrong:
        return ""
    name = names()
    rows = "".join(
        f"<tr><td>{name[meant]}</td><td>{name[said]}</td><td>{number(count)}</td></tr>"
        for count, meant, said in sorted(wrong, key=lambda row: (-row[0], row[1:]))[:MAX_MISTAKES]
    )
    heads = (_("It was"), _("I said"), _("How often"))
    head = "".join(f'<th scope="col">{title}</th>' for title in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
