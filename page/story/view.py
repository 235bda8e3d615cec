"""The story as a component, and the data that it shows."""

from __future__ import annotations

import json

import streamlit as st

from page.core.component import component
from page.core.error_boundary import guarded
from page.core.panels import open_panel
from page.core.settings import load_classifier, load_examples
from page.draw.drawing import Drawing
from page.draw.reading import CanvasReading, choose
from page.story.content import content

# Two components. The first one, with most of the script, never changes, so Streamlit sends it once.
# The second one is small, and is sent whenever the drawing changes.
_screen = component(__file__, "story")
_feed = component(__file__, "feed")


@guarded
def show_story(drawing: Drawing, reading: CanvasReading) -> None:
    """Show the story, which follows the drawing.

    Args:
        drawing: the canvas.
        reading: of that drawing, with the inside of its predictions.
    """
    with st.container(key="story"):
        _screen(
            key="story_screen",
            on_close_change=lambda: open_panel(""),
            on_all_change=lambda: open_panel("inside"),
            on_symbol_change=lambda: choose(st.session_state.story_screen["symbol"]),
        )
        story = content(drawing, reading, load_classifier().card, load_examples())
        _feed(key="script_story", data={"story": json.dumps(story)})
