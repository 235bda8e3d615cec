"""The sheet to draw on: the canvas component, and a script of our own beside it (canvas.js)."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit_drawable_canvas
from streamlit_drawable_canvas import st_canvas

from page.core.component import component
from page.core.settings import LIVE
from page.core.text import _
from page.core.visit import visit
from page.draw.picture import HEIGHT, RATIO

HERE = Path(__file__).parent
PEN = 52  # canvas pixels: like a thick marker
# White paper in either theme: clearly the place to draw (and another colour would empty it).
PAPER, INK = "#FFFFFF", "#1B2540"

_script = component(__file__)


@dataclass(frozen=True)
class Drawing:
    """A picture of the sheet."""

    png: bytes | None = None  # None: the sheet is empty
    number: int = 0  # counts the pictures that one visitor's browser sent
    shown: bool = False  # whether nobody drew it: the page shows what it can do
    rests: bool = True  # whether the pen was lifted or rests: time for an answer in words
    lifted: bool = True  # whether the pen was lifted: no stroke is being drawn
    chosen: int | None = None  # the digit of a number that was just now tapped in the answer


def sheet() -> Drawing:
    """Shows the canvas with its buttons; the drawing on it.

    Our script says of each picture which one it is, and sends them while the pen moves, too. Where
    it can't get along with the canvas, it sends none: then the canvas's own messages count, one
    after each stroke.
    """
    place = st.container()
    heard = _script(
        data={
            "live": LIVE,
            "pen": PEN,
            # Not in a dictionary of their own: for one, Streamlit loads pandas.
            "sheet": _("Sheet to draw on"),
            "undo": _("Undo"),
            "clear": _("Clear"),
            "draw": _("Draw one for me"),
        },
        key="drawing",
        on_drawing_change=lambda: None,
        on_symbol_change=lambda: None,
    )
    said = heard.drawing
    with place:
        canvas = st_canvas(
            stroke_width=PEN,
            stroke_color=INK,
            background_color=PAPER,
            width=round(HEIGHT * RATIO),
            height=HEIGHT,
            update_streamlit=said is None,
            return_image_data=True,
            key="canvas",
        )
    if said is not None:
        picture = said["picture"]
        png = base64.b64decode(picture.partition(",")[2]) if picture else None
        how = (said[key] for key in ("number", "shown", "rests", "lifted"))
        visit().draw.drawing = Drawing(png, *how)
    # Coming back from the other page, nothing was said yet: the drawing is as it was left.
    drawing = visit().draw.drawing or Drawing(canvas.image_bytes)
    return replace(drawing, chosen=heard.symbol)


def pen_moves() -> bool:
    """Whether the picture that this run is for was taken while the pen moved."""
    said = (st.session_state.get("drawing") or {}).get("drawing")
    return bool(said) and not said["rests"]


def _declare_canvas() -> None:
    """Declares the canvas component once more, so that it is there sooner.

    - Its stylesheet comes with it, and ours. Otherwise the page would have to fetch it, and until a
      busy server answers, the canvas lies below its place: strokes on the sheet would be lost.
    - The drawing to begin with is a string, which the canvas reads as well. To find out whether a
      dictionary is a data frame, Streamlit imports pandas and PyArrow: half of the time that the
      first visitor waited for the server, and half of its memory.
    """
    try:
        (style,) = Path(streamlit_drawable_canvas.__file__).parent.glob("frontend/build/*.css")
        registry = logging.getLogger("streamlit.components.v2.component_registry")
        registry.setLevel(logging.ERROR)  # it warns that this declaration differs from the first
        canvas = st.components.v2.component(
            "streamlit-drawable-canvas.streamlit_drawable_canvas",
            js="index-*.js",
            css=style.read_text("utf-8") + (HERE / "canvas.css").read_text("utf-8"),
            html='<div class="canvas-root" role="img"></div>',  # canvas.js gives it its name
        )

        def mount(data: dict[str, Any], **options: Any) -> Any:
            return canvas(
                data={**data, "initialDrawing": json.dumps(data["initialDrawing"])}, **options
            )

        streamlit_drawable_canvas.out = mount
    except Exception:  # another version of the component: as it comes
        logging.exception("The sheet has the canvas component's own look.")


_declare_canvas()
