"""The first page: a canvas to draw on, the answer, and what opens in its place."""

from __future__ import annotations

import streamlit as st

from page.core.doors import doors
from page.core.error_boundary import guarded
from page.core.patch import patched_html
from page.core.settings import TALLY, find_classifier
from page.core.throttle import turn
from page.core.visit import Door, visit
from page.draw.answer import reading_html
from page.draw.drawing import Drawing
from page.draw.reading import CanvasReading, choose, part_of, read
from page.play import panel as play
from page.tally import panel as tally


@st.fragment  # a stroke redraws what is in here, and nothing else
@guarded
def page() -> None:
    """The canvas, the answer, and what opens in its place."""
    from page.draw.canvas import canvas, pen_moves  # here, where it may fail

    with turn(moving=pen_moves()), st.container(key="home"):
        with st.container(key="canvas_column"):
            drawing = canvas()
            below = st.container(horizontal=True, vertical_alignment="center", key="ask")
        answer = st.container(key="reading")
        # From here on the page can be seen and drawn on; the first visitor waits for the model.
        classifier, trouble = find_classifier()
        door: Door = ""
        reading = CanvasReading(trouble=trouble)
        if classifier:
            with below:
                door = doors()
            inside = door in ("story", "inside", "teach") or visit().play.taught is not None
            reading = read(drawing, classifier, inside, single=door in ("fool", "teach"))
        with answer:
            patched_html(reading_html(reading, drawing), "reading_html", choose)
        if not reading.trouble:
            open_panel(door, drawing, reading)


def open_panel(door: Door, drawing: Drawing, reading: CanvasReading) -> None:
    """Show the panel of the open door; without one, ask whether the answer was right."""
    if door == "story":
        from page.story.view import tell

        tell(drawing, reading)
    elif door == "inside":
        from page.draw.inside import look_inside

        look_inside(part_of(drawing, reading), reading.prediction)
    elif door:
        play.play(door, drawing, reading)
    elif TALLY:
        unjudged = reading.symbols or (reading.known and reading.known.matches)
        tally.ask(drawing, None if unjudged else reading.prediction)
