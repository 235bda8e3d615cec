"""The canvas: a third-party component, and our own script beside it (canvas.js)."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit_drawable_canvas
from streamlit_drawable_canvas import st_canvas

from page.core.component import component
from page.core.settings import LIVE
from page.core.text import _
from page.core.visit import visit
from page.draw.drawing import HEIGHT, PEN, WIDTH, Drawing, parse

HERE = Path(__file__).parent
# White in both themes: clearly the place to draw. A change of colour would empty the canvas.
PAPER, INK = "#FFFFFF", "#1B2540"

_script = component(__file__)


def canvas() -> Drawing:
    """Show the canvas with its buttons; return the drawing on it.

    The script sends the strokes, also while the pen moves. No pixels are read back from the
    browser's canvas: some browsers return noise instead, to prevent fingerprinting.

    Raises:
        ValueError: the browser sent something other than strokes.
    """
    place = st.container()
    state = _script(
        data={
            "live": LIVE,
            "pen": PEN,
            "canvas": _("Sheet to draw on"),
            "undo": _("Undo"),
            "clear": _("Clear"),
            "draw": _("Draw one for me"),
        },
        key="drawing",
        on_drawing_change=lambda: None,
    )
    with place:
        st_canvas(
            stroke_width=PEN,
            stroke_color=INK,
            background_color=PAPER,
            width=WIDTH,
            height=HEIGHT,
            update_streamlit=False,
            key="canvas",
        )
    if state.drawing is not None:
        strokes = parse(state.drawing["strokes"])
        flags = (bool(state.drawing[name]) for name in ("attract", "rests", "lifted"))
        visit().draw.drawing = Drawing(strokes, int(state.drawing["number"]), *flags)
    # After a return from another page, nothing was sent yet: the drawing is the last one.
    return visit().draw.drawing or Drawing()


def pen_moves() -> bool:
    """Return whether the update that this run is for was sent while the pen moved."""
    update = (st.session_state.get("drawing") or {}).get("drawing")
    return bool(update) and not update["rests"]


def _declare_canvas() -> None:
    """Declare the canvas component once more, so that it appears sooner.

    - Its stylesheet and ours are inlined. Otherwise the page would have to fetch them. Until a busy
      server answers, the canvas would lie below its place, and strokes would be lost.
    - The initial drawing is a JSON string, which the canvas also accepts: see `component`.
    """
    try:
        (style,) = Path(streamlit_drawable_canvas.__file__).parent.glob("frontend/build/*.css")
        registry = logging.getLogger("streamlit.components.v2.component_registry")
        registry.setLevel(logging.ERROR)  # it warns that this declaration differs from the first
        drawable = st.components.v2.component(
            "streamlit-drawable-canvas.streamlit_drawable_canvas",
            js="index-*.js",
            css=style.read_text("utf-8") + (HERE / "canvas.css").read_text("utf-8"),
            html='<div class="canvas-root" role="img"></div>',  # canvas.js gives it its name
        )

        def mount(data: dict[str, Any], **options: Any) -> Any:
            return drawable(
                data={**data, "initialDrawing": json.dumps(data["initialDrawing"])}, **options
            )

        streamlit_drawable_canvas.out = mount
    except Exception:  # another version of the component: use it as it is
        logging.exception("The canvas has the component's own look.")


_declare_canvas()
