"""“Was I right?”: asks after an answer, and shows the presenter how often it was."""

from __future__ import annotations

import json
import secrets
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from page.core.component import component
from page.core.error_boundary import guarded
from page.core.settings import TALLY
from page.core.text import _, number

if TYPE_CHECKING:
    from digits import Prediction
    from page.draw.canvas import Drawing

EVERY = "3s"  # how often the presenter sees it anew
MISTAKES = 12  # kinds of mistakes that the presenter sees

_row = component(__file__)


def is_kept() -> bool:
    """Whether the presenter switched it on."""
    return bool(TALLY)


def ask(drawing: Drawing, prediction: Prediction | None) -> None:
    """A row of buttons by which a visitor says whether the answer was right.

    Args:
        drawing: the sheet.
        prediction: what was answered; None: nothing that can be right or wrong.
    """
    state = st.session_state
    if drawing.png is None:
        state.pop("score_drawing", None)
    elif "score_drawing" not in state:  # what is on the sheet counts once, whatever is added to it
        state.score_drawing = secrets.token_hex(16)
    answered = prediction and drawing.png and drawing.rests and not drawing.shown
    said = -1
    if answered:
        said = said_of(prediction)
        state.score_said = said
    name = state.get("score_drawing", "") if answered else ""
    data = {
        "drawing": name,
        # Of a guess nobody can say that it is right.
        "sure": bool(answered) and (prediction.digit is not None or prediction.none >= 0.5),
        "counted": state.get("score_counted", {}).get(name, ""),
        "question": _("Was I right?"),
        "right": _("Right"),
        "wrong": _("It was a …"),
        "none": _("no digit"),
        "said": said,
    }
    with st.container(key="tally"):
        _row(key="tally_row", data=data, on_tap_change=_count)


def said_of(prediction: Prediction) -> int:
    """What was answered: 0-9, or `page.tally.counts.NO_DIGIT`."""
    from page.tally.counts import NO_DIGIT

    return NO_DIGIT if prediction.digit is None else prediction.digit


def _count() -> None:
    """Counts what a visitor tapped. Whatever goes wrong, visitors are not disturbed."""
    from page.tally.counts import NO_DIGIT, TallyError, score, tally

    state = st.session_state
    tap: Any = state.tally_row.get("tap")
    try:
        name, meant = tap["drawing"], int(tap["meant"])
    except (KeyError, TypeError, ValueError):
        return
    if name != state.get("score_drawing") or not 0 <= meant <= NO_DIGIT:
        return  # another drawing is on the sheet by now
    words = ""
    try:
        tally().add(name, state.score_said, meant)
        right, total = score(tally().taken())
        words = _("I got {right} of {total} right.").format(
            right=number(right), total=number(total)
        )
    except TallyError:
        words = " "  # nothing to see; the presenter is told
    state.score_counted = {name: words}


def is_presenter() -> bool:
    """Whether the address says `?presenter`; it stays so for the visit."""
    state = st.session_state
    state.presenter = state.get("presenter", False) or "presenter" in st.query_params
    return state.presenter


@st.fragment(run_every=EVERY)
@guarded
def show() -> None:
    """Shows the presenter how often it was right, and what was taken for what."""
    from page.tally.counts import TallyError, score, tally

    state = st.session_state
    with st.container(key="presenter"):
        st.html(f"<h2>{_('How often I was right')}</h2>")
        if not is_kept():
            off = _("Nothing is counted. To count, start the page with DIGITS_TALLY=tally.sqlite.")
            st.html(f"<p>{off}</p>")
            return
        try:
            if state.pop("score_clear", False):
                tally().clear()
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
        if state.get("score_asked"):
            with st.container(horizontal=True):
                st.html(f"<p>{_('Forget all of it?')}</p>")
                st.button(_("Yes, forget it"), type="primary", key="score_yes", on_click=_clear)
                st.button(_("No"), key="score_no", on_click=_ask_clear, args=(False,))
        else:
            st.button(_("Clear the count"), key="score_ask", on_click=_ask_clear, args=(True,))


def _ask_clear(asked: bool) -> None:
    st.session_state.score_asked = asked


def _clear() -> None:
    st.session_state.score_clear = True
    st.session_state.score_asked = False


def mistakes_html(taken: dict[tuple[int, int], int]) -> str:
    """What was taken for what, the most frequent first."""
    wrong = [(count, *pair) for pair, count in taken.items() if pair[0] != pair[1]]
    if not wrong:
        return ""
    names = [*map(str, range(10)), _("no digit")]
    rows = "".join(
        f"<tr><td>{names[meant]}</td><td>{names[said]}</td><td>{number(count)}</td></tr>"
        for count, meant, said in sorted(wrong, key=lambda one: (-one[0], one[1:]))[:MISTAKES]
    )
    heads = (_("It was"), _("I said"), _("How often"))
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
