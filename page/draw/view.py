"""The first page: a sheet to draw on, what the network makes of the drawing, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from page.core.error_boundary import explain, guarded
from page.core.patch import patched_html
from page.core.settings import load_classifier
from page.core.text import _
from page.core.throttle import turn
from page.draw.answer import reading_html
from page.draw.reading import Part, Reading, is_taught, part_of, read
from page.play import panel as play
from page.tally import panel as score

if TYPE_CHECKING:  # at run time it is imported once the canvas is there to draw on
    from digits import Classifier, Prediction


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


@guarded
def look_inside(part: Part | None, prediction: Prediction | None) -> None:
    """After the answer, for those who ask “But how does it know?”."""
    if part is None or prediction is None:
        invitation = _("Draw a digit, and see how the network gets from your drawing to it.")
        patched_html(f"<p>{invitation}</p>", "steps_html")
        return
    from page.draw.inside import looked_html, maps_html, question, steps_html

    patched_html(steps_html(part.png, prediction), "steps_html")
    patched_html(maps_html(prediction.inside), "maps_html")
    with st.container(key="looked"):
        why_not = st.session_state.get("why_not", False)
        patched_html(looked_html(prediction, why_not), "looked_html")
        st.toggle(question(prediction), key="why_not")
