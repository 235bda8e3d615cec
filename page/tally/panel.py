"""“Was I right?”: asks after each answer, and shows the counts to the presenter."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from page.core.component import component
from page.core.error_boundary import guarded
from page.core.settings import TALLY
from page.core.text import _, number
from page.core.visit import visit

if TYPE_CHECKING:
    from digits import Prediction
    from page.draw.drawing import Drawing

EVERY = "3s"  # how often the presenter's counts are updated
MAX_MISTAKES = 12  # rows in the presenter's table

_row = component(__file__)


def is_kept() -> bool:
    """Whether answers are counted."""
    return bool(TALLY)


def ask(drawing: Drawing, prediction: Prediction | None) -> None:
    """Show buttons with which the visitor says whether the answer was right.

    Args:
        drawing: on the canvas.
        prediction: for it; None if the answer can't be right or wrong.
    """
    mine = visit().tally
    if not drawing.strokes:
        mine.drawing = ""
    elif not mine.drawing:  # what is on the canvas counts once, whatever is added to it
        mine.drawing = secrets.token_hex(16)
    answered = prediction and drawing.strokes and drawing.rests and not drawing.attract
    said = -1
    if answered:
        said = said_of(prediction)
        mine.answer = said
    name = mine.drawing if answered else ""
    data = {
        "drawing": name,
        # A guess has no “right” button.
        "sure": bool(answered) and (prediction.digit is not None or prediction.none >= 0.5),
        "counted": mine.words if mine.counted == name else "",
        "question": _("Was I right?"),
        "right": _("Right"),
        "wrong": _("It was a …"),
        "none": _("no digit"),
        "said": said,
    }
    with st.container(key="tally"):
        _row(key="tally_row", data=data, on_tap_change=_count)


def said_of(prediction: Prediction) -> int:
    """Return the answer: 0-9, or `handwriting.pen.NO_DIGIT`."""
    from handwriting.pen import NO_DIGIT

    return NO_DIGIT if prediction.digit is None else prediction.digit


def _count() -> None:
    """Count what a visitor tapped. Visitors never see an error."""
    from handwriting.pen import NO_DIGIT
    from page.tally.counts import TallyError, score, tally

    mine = visit().tally
    tap: Any = st.session_state.tally_row.get("tap")
    try:
        name, meant = tap["drawing"], int(tap["meant"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return
    if name != mine.drawing or not 0 <= meant <= NO_DIGIT:
        return  # another drawing is on the canvas by now
    words = ""
    try:
        tally().add(name, mine.answer, meant)
        right, total = score(tally().taken())
        words = _("I got {right} of {total} right.").format(
            right=number(right), total=number(total)
        )
    except TallyError:
        words = " "  # empty; the presenter sees the error
    mine.counted, mine.words = name, words


def is_presenter() -> bool:
    """Whether the address has `?presenter`, or had it earlier in this visit."""
    mine = visit()
    mine.presenter = mine.presenter or "presenter" in st.query_params
    return mine.presenter


@st.fragment(run_every=EVERY)
@guarded
def show() -> None:
    """Show the presenter how many answers were right, and the most frequent mistakes."""
    from page.tally.counts import TallyError, score, tally

    with st.container(key="presenter"):
        st.html(f"<h2>{_('How often I was right')}</h2>")
        if not is_kept():
            off = _("Nothing is counted. To count, start the page with DIGITS_TALLY=tally.sqlite.")
            st.html(f"<p>{off}</p>")
            return
        try:
            taken = tally().taken()
        except TallyError as error:
            trouble = _("The file {file} can’t be used, so nothing is counted: {why}.")
            words = trouble.format(file=json.dumps(str(TALLY)), why=error)
            st.html(f'<p role="alert">{escape(words)}</p>')
            return
        right, total = score(taken)
        words = _("I got {right} of {total} right.")
        st.html(
            f'<p class="total">{words.format(right=number(right), total=number(total))}</p>'
            f"{mistakes_html(taken)}"
        )
        if not total:
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
    from page.tally.counts import TallyError, tally

    visit().tally.confirm_clear = False
    with suppress(TallyError):  # `show` reports it
        tally().clear()


def mistakes_html(taken: dict[tuple[int, int], int]) -> str:
    """Return a table of the mistakes, the most frequent first."""
    wrong = [(count, *pair) for pair, count in taken.items() if pair[0] != pair[1]]
    if not wrong:
        return ""
    names = [*map(str, range(10)), _("no digit")]
    rows = "".join(
        f"<tr><td>{names[meant]}</td><td>{names[said]}</td><td>{number(count)}</td></tr>"
        for count, meant, said in sorted(wrong, key=lambda one: (-one[0], one[1:]))[:MAX_MISTAKES]
    )
    heads = (_("It was"), _("I said"), _("How often"))
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
