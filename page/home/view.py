"""The first page: a canvas to draw on, the answer, and what opens in its place."""

from __future__ import annotations

import streamlit as st

from page.core.error_boundary import guarded
from page.core.panels import panel_buttons
from page.core.patch import patched_html
from page.core.settings import TALLY, find_classifier
from page.core.throttle import turn
from page.core.visit import Panel, visit
from page.draw.answer import reading_html
from page.draw.drawing import Drawing
from page.draw.reading import CanvasReading, choose, part_of, read
from page.play import view as play
from page.tally import view as tally


def page() -> None:
    """The canvas, the answer, and what opens in its place; below them the presenter's counts.

    A stroke reruns this fragment only. It must stay the only one: if a second fragment started at
    the wrong moment, Streamlit would report the first as stopped, and the elements that it had
    removed would stay on the page (`_update_script_finished_message` in 1.67).
    """
    st.fragment(_page, run_every=tally.EVERY if tally.is_presenter() else None)()


def _page() -> None:
    _drawing_page()
    if tally.is_presenter():
        tally.show()


@guarded
def _drawing_page() -> None:
    from page.draw.canvas import canvas, pen_moves  # here, because the import may fail

    with turn(moving=pen_moves()), st.container(key="home"):
        with st.container(key="canvas_column"):
            drawing = canvas()
            below = st.container(horizontal=True, vertical_alignment="center", key="panels")
        answer = st.container(key="reading")
        # Visitors can already draw; only now the first one waits for the model.
        classifier, trouble = find_classifier()
        panel: Panel = ""
        reading = CanvasReading(trouble=trouble)
        if classifier:
            with below:
                panel = panel_buttons()
            inside = panel in ("story", "inside", "teach") or visit().play.taught is not None
            reading = read(drawing, classifier, inside, single=panel in ("fool", "teach"))
        with answer:
            patched_html(reading_html(reading, drawing), "reading_html", choose)
        if not reading.trouble:
            show_panel(panel, drawing, reading)


def show_panel(panel: Panel, drawing: Drawing, reading: CanvasReading) -> None:
    """Show the panel that is open; without one, ask whether the answer was right."""
    if panel == "story":
        from page.story.view import show_story

        show_story(drawing, reading)
    elif panel == "inside":
        from page.draw.inside import look_inside

        look_inside(part_of(drawing, reading), reading.prediction)
    elif panel:
        play.play(panel, drawing, reading)
    elif TALLY:
        unjudged = reading.symbols or (reading.match and reading.match.accepted)
        tally.ask(drawing, None if unjudged else reading.prediction)
