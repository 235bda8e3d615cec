"""Play: challenges that the bars judge, and a symbol that the visitor teaches."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Literal, NamedTuple

import streamlit as st

from page.core.component import component
from page.core.error_boundary import guarded
from page.core.panels import close_button
from page.core.patch import patched_html
from page.core.settings import load_examples
from page.core.text import _, ngettext, number
from page.core.visit import Panel, visit
from page.play.challenge import CHALLENGES, Progress

if TYPE_CHECKING:
    from digits import Prediction
    from page.draw.drawing import Drawing
    from page.draw.reading import CanvasReading

MAX_NAME_LENGTH = 12  # characters of a symbol's name

_clear_canvas = component(__file__)


class TaughtMatch(NamedTuple):
    """The similarity of a drawing to the symbol that the visitor taught."""

    name: str  # as the visitor typed it: escape it
    score: float  # 0 to 1

    @property
    def accepted(self) -> bool:
        """Whether the drawing is taken for the symbol."""
        return self.score >= 0.5


def recognize(prediction: Prediction) -> TaughtMatch | None:
    """Compare a drawing with the symbol that was taught; None if there is none."""
    taught = visit().play.taught
    if not taught or prediction.inside is None:
        return None
    embedding = load_examples().embed(prediction.inside)
    name = visit().play.symbol_name.strip() or _("yours")
    return TaughtMatch(name, taught.score(embedding, prediction.bars))


@guarded
def play(panel: Panel, drawing: Drawing, reading: CanvasReading) -> None:
    """Show a challenge ("fool") or a lesson ("teach") in place of the answer; the bars stay."""
    with st.container(key="play"):
        if panel == "teach":
            teach(drawing, reading)
        else:
            fool(drawing, reading.prediction)
        _clear_canvas(key="script_clear", data={"changes": visit().play.changes})


def fool(drawing: Drawing, prediction: Prediction | None) -> None:
    """Show a challenge, how close the drawing comes to it, and a button for another one."""
    state = visit().play
    place = state.challenge % len(CHALLENGES)
    challenge = CHALLENGES[place]
    if state.shown != state.challenge:
        state.shown, state.before = state.challenge, drawing.strokes
    untried = drawing.strokes == state.before
    progress = Progress(0)
    if prediction and not untried:
        progress = challenge.judge(prediction.bars)
    if progress.done and drawing.lifted:
        state.solved.add(place)
    if place in state.solved:
        progress = Progress(1)
        state.hint = _("You did it! Well done.")
    elif untried or prediction is None:
        state.hint = _("Draw it on the sheet. The bars show what I think.")
    elif progress.done:
        state.hint = _("That’s it! Now lift the pen.")
    elif drawing.rests:  # otherwise the hint stays readable
        state.hint = _(progress.hint)
    done = "done" if place in state.solved else ""
    score = _("{count} of {total} fooled").format(
        count=number(len(state.solved)), total=number(len(CHALLENGES))
    )
    html = (
        f'<div class="challenge {done}"><div class="gauge" role="progressbar" '
        f'aria-label="{_("How near you are")}" aria-valuenow="{round(100 * progress.share)}">'
        f'<i style="height: {100 * progress.share:.0f}%"></i></div>'
        f'<div class="words"><p class="task">{challenge.words()}</p>'
        f'<p class="hint" role="status">{state.hint}</p><p class="count">{score}</p></div></div>'
    )
    patched_html(html, "fool_html")
    with st.container(horizontal=True):
        kind: Literal["primary", "secondary"] = "primary" if done else "secondary"
        st.button(_("Another one"), key="another", type=kind, on_click=_another)
        close_button("close_fool")


def _another() -> None:
    visit().play.challenge += 1
    visit().play.changes += 1


def teach(drawing: Drawing, reading: CanvasReading) -> None:
    """Learn a symbol of the visitor's own, example by example."""
    state = visit().play
    st.session_state.setdefault("symbol_name", state.symbol_name)
    name = st.text_input(
        _("What is your symbol called?"),
        max_chars=MAX_NAME_LENGTH,
        key="symbol_name",
        autocomplete="off",
        on_change=_rename,
    )
    state.symbol_name = name or ""
    words = st.container(key="taught_so_far")
    # These buttons are never disabled: a disabled button would lose the keyboard focus.
    with st.container(horizontal=True):
        if st.button(_("Keep this one"), type="primary", key="keep"):
            keep(drawing, reading.prediction)
        st.button(_("Forget it"), key="forget", on_click=forget)
        close_button("close_teach")
    with words:
        patched_html(taught_html(reading.match), "taught_html")


def _rename() -> None:
    visit().play.symbol_name = st.session_state.symbol_name


def keep(drawing: Drawing, prediction: Prediction | None) -> None:
    """Learn from the drawing on the canvas, once."""
    from digits.explain.teaching import MAX_EXAMPLES, TaughtSymbol
    from digits.images import data_url

    state = visit().play
    examples = load_examples()
    if prediction is None or prediction.inside is None or state.last_example == drawing.strokes:
        return
    if state.taught is None:
        state.taught = TaughtSymbol(examples)
    if len(state.taught) == MAX_EXAMPLES:
        return
    state.last_example = drawing.strokes
    state.taught.add(examples.embed(prediction.inside), prediction.bars)
    state.pictures.append(data_url(prediction.pixels))
    state.changes += 1


def forget() -> None:
    """Forget the symbol and its name."""
    state = visit().play
    state.taught, state.pictures, state.last_example, state.symbol_name = None, [], None, ""
    st.session_state.symbol_name = ""
    state.changes += 1


def taught_html(match: TaughtMatch | None) -> str:
    """Return the examples so far, and how many more would help; or the symbol's name.

    Args:
        match: the similarity of the drawing on the canvas to the symbol.
    """
    from digits.explain.teaching import USUAL_EXAMPLES

    taught = visit().play.taught
    if not taught:
        words = _(
            "A heart, a letter, your own way of writing 7: draw it on the sheet, and I’ll learn it."
        )
        return f'<p class="hint" role="status">{words}</p>'
    count, wanted = len(taught), taught.wanted
    if match and match.accepted and count >= USUAL_EXAMPLES:
        words = _("{name}!").format(name=escape(match.name))
        return f'{examples_html()}<p class="known" role="status">{words}</p>'
    if wanted and count < USUAL_EXAMPLES:
        words = ngettext(
            "Draw it again, a bit differently. {count} more would help.",
            "Draw it again, a bit differently. {count} more would help.",
            wanted,
        )
    elif wanted:
        words = ngettext(
            "Some of them are unlike the others. {count} more would help.",
            "Some of them are unlike the others. {count} more would help.",
            wanted,
        )
    else:
        words = _("I know it now: draw it once more, and watch its bar!")
    words = words.format(count=number(wanted))
    return f'{examples_html()}<p class="hint" role="status">{words}</p>'


def examples_html() -> str:
    """Return the examples so far, as pictures."""
    pictures = "".join(
        f'<img src="{picture}" alt="{_("Example {number}").format(number=number(place))}">'
        for place, picture in enumerate(visit().play.pictures, 1)
    )
    return f'<div class="examples">{pictures}</div>'
