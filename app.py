"""Draw a digit: the page. Draw with a mouse, a finger or a pen, and see what the network sees.

Run `streamlit run app.py`. The reading itself is in the package `digits`.
"""

from __future__ import annotations

import gc
import io
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
import streamlit_drawable_canvas
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from page.words import article, percent, with_code

if TYPE_CHECKING:  # in earnest it is imported once the sheet is there to draw on
    from digits import DigitClassifier, Prediction
    from remote import RemoteClassifier

HERE = Path(__file__).parent
# The tests point DIGITS_MODEL at a copy of the model that they have damaged.
MODEL = Path(os.environ.get("DIGITS_MODEL", HERE / "model"))
API = os.environ.get("DIGITS_API")  # the address of an API that reads, instead of the model here

SHEET = 400  # pixels: the canvas's side; page/style.css scales it to the screen
PEN = 26  # pixels: for the sheet as thick as a marker
# White paper in either theme: clearly the place to draw (and another colour would empty it).
PAPER, INK = "#FFFFFF", "#1B2540"
KEPT = 6  # of a visitor's last drawings

SEEN = (
    "This is what the network sees: your drawing, shrunk to 28 by 28 dots and centred, "
    "like the digits it learned from."
)


def main() -> None:
    """Shows one of the two pages."""
    st.set_page_config(page_icon="✏️", layout="wide")
    st.html(HERE / "page" / "style.css")
    draw = st.Page(lambda: None, title="Draw a digit", default=True)  # all of it stands below
    learned = st.Page("page/learned.py", title="How it learned", url_path="learned")
    # Streamlit's menu would hide both behind an arrow on a phone: the title and a link fit.
    here = st.navigation([draw, learned], position="hidden")
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        st.title(here.title, anchor=False)
        st.page_link(learned if here is draw else draw)
    with st.container():
        here.run()
    # A drawing keeps its place while the other page is shown, out of sight, or it would be lost.
    if here is draw or "canvas" in st.session_state:
        with st.container(key="demonstration"):
            demonstration()


@st.fragment  # a stroke redraws what is in here, and nothing else
def demonstration() -> None:
    """The sheet to draw on, what the network makes of the drawing, and why."""
    with st.container(key="stage"):
        with st.container(key="sheet"):
            drawing = sheet()
        # From here on the page can be seen and drawn on; the first visitor waits for the model.
        from digits import ModelError

        prediction, trouble = None, ""
        try:
            prediction = read(drawing)
        except ModelError as error:
            trouble = str(error)
        except Exception:  # whatever it is, those who watch get a sentence and no traceback
            logging.exception("A drawing could not be read.")
            trouble = "Something went wrong with this drawing. Please clear it and try again."
        with st.container(key="answer"):
            st.html(apology_html(trouble) if trouble else answer_html(prediction))
        with st.container(key="probabilities"):
            st.html(bars_html(prediction))
        with st.container(key="seen"):
            st.html(seen_html(prediction))
    if not trouble and load_classifier().has_inside:
        look_inside(drawing, prediction)


def look_inside(drawing: bytes | None, prediction: Prediction | None) -> None:
    """After the answer, for those who ask “But how does it know?”."""
    if not st.toggle("Look inside", key="look"):
        return
    with st.container(key="inside"):
        if prediction is None:
            st.html("<p>Draw a digit, and see how the network gets from your drawing to it.</p>")
            return
        from page.inside import looked_html, maps_html, runner_up, steps_html

        st.html(steps_html(drawing, prediction))
        st.html(maps_html(prediction.inside))
        with st.container(key="looked"):
            second = runner_up(prediction)
            st.html(looked_html(prediction, st.session_state.get("why_not", False)))
            st.toggle(f"Why not {article(second)} {second}?", key="why_not")


def sheet() -> bytes | None:
    """The canvas with its two buttons; the drawing as a PNG, None before the first stroke."""
    redeclare_canvas()
    canvas = st_canvas(
        stroke_width=PEN,
        stroke_color=INK,
        background_color=PAPER,
        width=SHEET,
        height=SHEET,
        return_image_data=True,
        key="canvas",
    )
    return canvas.image_bytes


@st.cache_resource(show_spinner=False)  # once: the component's declaration is the process's
def redeclare_canvas() -> None:
    """Declares the canvas once more, for what the component has no settings for.

    - Undo and Clear are buttons of our own, which press those of its toolbar: in the browser, at
      once. With buttons of Streamlit's the server would have to answer first, and a stroke begun
      before it did would be lost.
    - Its floating toolbar is gone. It shows only under a mouse. A finger never sees it, but it lies
      over the sheet's upper right corner all the same: a stroke begun there would press its
      buttons, one of which empties the sheet.
    - Its stylesheet comes with it. Otherwise the page fetches it from the server, and until a busy
      server answers, the canvas lies below its place: strokes on the sheet would be lost.
    - It has a name for those who can't see it.
    """
    registry = logging.getLogger("streamlit.components.v2.component_registry")
    registry.setLevel(logging.ERROR)  # it warns that the second declaration differs: it shall
    (style,) = Path(streamlit_drawable_canvas.__file__).parent.glob("frontend/build/index-*.css")
    streamlit_drawable_canvas.out = st.components.v2.component(
        "streamlit-drawable-canvas.streamlit_drawable_canvas",
        js="index-*.js",
        css=style.read_text("utf-8") + (HERE / "page" / "sheet.css").read_text("utf-8"),
        html=(HERE / "page" / "sheet.html").read_text("utf-8"),
    )


def read(drawing: bytes | None) -> Prediction | None:
    """What the network makes of the drawing (a PNG); None as long as nothing is drawn.

    Raises:
        ModelError: there is no model to read it with, whether anything is drawn or not.
    """
    classifier = load_classifier()
    if drawing is None:
        return None
    # A rerun that changed nothing (another theme, an undo under way) reads nothing anew.
    look = classifier.has_inside and st.session_state.get("look", False)
    known, prediction = st.session_state.get("read", (None, None))
    if (drawing, look) != known:
        prediction = classifier.predict(Image.open(io.BytesIO(drawing)), inside=look)
        st.session_state.read = (drawing, look), prediction
        keep(prediction)
    return None if prediction.verdict == "blank" else prediction


def keep(prediction: Prediction) -> None:
    """Remembers the visitor's last drawings for “How it learned”, each as it was at last."""
    state = st.session_state
    kept = state.setdefault("drawings", [])
    if prediction.verdict == "blank":
        state.begun = False
    elif state.get("begun"):
        state.drawings = [*kept[:-1], prediction.pixels]
    else:
        state.begun = True
        state.drawings = [*kept, prediction.pixels][-KEPT:]


@st.cache_resource(show_spinner=False)  # once for all visitors; a failure is not kept
def load_classifier() -> DigitClassifier | RemoteClassifier:
    """The model that train.py made, or an API that has one."""
    if API:
        from remote import RemoteClassifier

        classifier = RemoteClassifier(API)
    else:
        from digits import DigitClassifier

        classifier = DigitClassifier.load(MODEL)
    # Streamlit collects garbage after each run, and the answer waits in line behind it. What is
    # loaded by now stays: it need not be looked through each time.
    gc.freeze()
    return classifier


def answer_html(prediction: Prediction | None) -> str:
    """The answer in words; an invitation as long as nothing is drawn."""
    if prediction is None:
        words = "<p>Draw a digit from zero to nine, and I’ll tell you what I see.</p>"
    elif prediction.digit is None:
        guess = f'<b class="guess">{prediction.probabilities.argmax()}</b>'
        words = f"<p>Hm, that’s not a digit that I know.</p><p>My best guess is {guess}.</p>"
    else:
        digit = f'<b class="digit">{prediction.digit}</b>'
        sure = percent(prediction.confidence).replace("&gt;", "more than ")
        words = (
            f'<p>I see {article(prediction.digit)} {digit}.</p><p class="more">I’m {sure} sure.</p>'
        )
    return f'<div class="says" role="status">{words}</div>'


def apology_html(trouble: str) -> str:
    """Why there is no answer, and what helps; `code` in backticks."""
    return (
        '<div class="says" role="alert"><p>I can’t read digits right now.</p>'
        f'<p class="more">{with_code(trouble)}</p></div>'
    )


def bars_html(prediction: Prediction | None) -> str:
    """A bar for each digit, as high as the network finds it likely; none before the drawing."""
    if prediction is None:
        bars = '<div><div class="name"></div></div>' * 10
        return f'<p class="caption"></p><div class="bars nothing" aria-hidden="true">{bars}</div>'
    shares = prediction.probabilities
    sure = prediction.verdict == "digit"
    caption = "How likely is each digit?" if sure else "If it is a digit, how likely is each?"
    bars = "".join(
        f'<div class="{"best" if digit == shares.argmax() else ""}">'
        f'<div class="share">{percent(share) if share >= 0.005 else ""}</div>'
        f'<div class="bar" style="height: calc({share:.4f} * var(--bar))"></div>'
        f'<div class="name">{digit}</div></div>'
        for digit, share in enumerate(shares)
    )
    words = ", ".join(f"{digit}: {percent(share)}" for digit, share in enumerate(shares))
    return (
        f'<p class="caption">{caption}</p><div class="bars {"sure" if sure else ""}" '
        f'role="img" aria-label="{caption} {words}">{bars}</div>'
    )


def seen_html(prediction: Prediction | None) -> str:
    """The picture that the network was shown, enlarged."""
    if prediction is None:
        return '<div class="seen"><div class="nothing"></div><p class="caption"></p></div>'
    from digits.images import data_url

    url = data_url(prediction.pixels)
    return (
        f'<div class="seen"><img src="{url}" alt="Your drawing as the network sees it: '
        f'light on dark, in 28 by 28 dots"><p class="caption">{SEEN}</p></div>'
    )


main()
