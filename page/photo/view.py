"""The page “Photo”: the digits in a photograph of paper, read and marked in the picture."""

from __future__ import annotations

import base64
import io
import json
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from page.core.component import component
from page.core.error_boundary import apology_html, explain, guarded
from page.core.hosts import is_loopback, parse_url
from page.core.patch import patched_html
from page.core.settings import find_classifier
from page.core.text import N_, _, ngettext, number
from page.core.visit import visit
from page.draw.answer import SEEN_SYMBOL, answer_html, bars_html, says_html, seen_html, symbol_name
from page.draw.reading import UNKNOWN
from page.kiosk.kiosk import is_kiosk

if TYPE_CHECKING:  # imported when the first photograph comes
    from PIL import Image

    from digits import Prediction, Reading

LEAD = N_("Write some digits on paper and take a picture of them. I’ll find them and read them.")
CHOOSE = N_("Take or choose a picture")
SHOOT = N_("Take the picture")
ALLOW = N_("Please allow your browser to use the camera.")
PRIVATE = N_("No picture is kept: it is gone when you leave this page.")
NOT_AN_IMAGE = N_(
    "That is not a picture that I can open, or it is damaged. A photo from a phone or a camera "
    "works: JPEG, PNG, WebP, HEIC, AVIF, GIF or BMP."
)
TOO_LARGE = N_("That picture is too big for me. Please choose a smaller one.")
FAILED = N_(
    "Your picture didn’t reach me. Please try again. If I’m part of another page, open me in a tab "
    "of my own."
)
NOTHING = N_(
    "I can’t find any writing in this picture. Try a thicker pen, more light, or go closer."
)

MAX_SHOWN = 2000  # pixels: longer side of the picture as it is shown

_upload = component(__file__)


class Photo(NamedTuple):
    """A photograph and its reading, or why it could not be read."""

    url: str = ""  # the picture as a data URL
    size: tuple[int, int] = (0, 0)  # of the picture that was read: width, height
    reading: Reading | None = None
    instead: str = ""  # HTML to show instead of a reading


@st.fragment  # a tap on a digit reruns only this
@guarded
def page() -> None:
    """Show the ways to upload a photograph, and its reading."""
    state = visit().photos
    with st.container(key="photo"):
        with st.container(key="take"):
            st.html(f"<p>{_(LEAD)}</p><p class='more'>{_(PRIVATE)}</p>{labels_css()}")
            show_inputs(state.count)
            shown = state.shown is not None or state.file is not None
            data = {"shown": shown, "large": _(TOO_LARGE), "failed": _(FAILED)}
            _upload(key="photo_upload", data=data, on_picture_change=restore)
        if state.file is not None:
            with st.spinner(_("I’m looking at your picture…")):
                file, state.file = state.file, None
                state.shown = read(file)
        if state.shown:
            show(state.shown, state.count)


def labels_css() -> str:
    """Return the words that photo.css shows in place of Streamlit's English ones."""
    words = {"choose": CHOOSE, "shoot": SHOOT, "allow": ALLOW}
    rules = "".join(
        f"--{name}: {json.dumps(_(sentence), ensure_ascii=False)};"
        for name, sentence in words.items()
    )
    return f"<style>:root {{ {rules} }}</style>"


def show_inputs(count: int) -> None:
    """Show a button for files (on phones also the camera) and the camera of the browser."""
    key = f"photo_file_{count}"
    with st.container(horizontal=True, vertical_alignment="center", key="ways"):
        st.file_uploader(
            _(CHOOSE), key=key, label_visibility="collapsed",
            on_change=on_upload, args=(key,),
        )  # fmt: skip
        camera = is_secure() and st.toggle(_("Use a camera"), key=f"photo_camera_{count}")
    if camera:
        key = f"photo_shot_{count}"
        st.camera_input(
            _("Hold your paper in front of the camera."), key=key, on_change=on_upload, args=(key,)
        )


def is_secure() -> bool:
    """Whether browsers allow the camera here: over HTTPS, or on the same computer."""
    address = parse_url(st.context.url)
    return address.scheme == "https" or is_loopback(address.hostname or "")


def is_possible() -> bool:
    """Whether a photograph can be uploaded: a kiosk has no file dialog, and may have no camera."""
    return is_secure() or not is_kiosk()


def on_upload(key: str) -> None:
    """Take the file out of its widget; the next run makes a new, empty one."""
    file = st.session_state.get(key)
    if file is not None:
        accept(file.getvalue())
        # Streamlit would keep the file until the visit ends.
        context = get_script_run_ctx()
        files: Any = context.uploaded_file_mgr  # `remove_file` is missing in its protocol type
        files.remove_file(context.session_id, file.file_id)


def accept(file: bytes) -> None:
    """Let the next run read a photograph, with new, empty widgets beside it."""
    state = visit().photos
    state.file, state.chosen = file, None
    state.count += 1


def restore() -> None:
    """Take the picture that was shown before the server was restarted; see view.js."""
    from digits.images import ImageError, decode_data_url

    try:
        file = decode_data_url(st.session_state.photo_upload["picture"])
    except ImageError:
        return
    accept(file)


def forget() -> None:
    """Drop the photograph when the visitor goes to another page."""
    visit().photos.shown = None


def read(file: bytes) -> Photo:
    """Read a photograph. If that is impossible, `instead` explains why."""
    from digits.images import ImageError, ImageTooLarge, open_image

    classifier, trouble = find_classifier()
    if classifier is None:
        return Photo(instead=apology_html(trouble))
    try:
        image = open_image(file)
    except ImageTooLarge:
        return Photo(instead=says_html(f"<p>{_(TOO_LARGE)}</p>"))
    except ImageError:
        return Photo(instead=says_html(f"<p>{_(NOT_AN_IMAGE)}</p>"))
    try:
        return Photo(
            picture_url(image), image.size, classifier.read(image, inside=classifier.has_inside)
        )
    except Exception as error:
        return Photo(instead=apology_html(explain(error)))


def picture_url(image: Image.Image) -> str:
    """Return the picture as a data URL, without the file's metadata."""
    from PIL import Image

    from digits.ink.pixels import to_grey

    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    elif image.mode not in ("L", "RGB", "YCbCr", "CMYK"):
        image = Image.fromarray(to_grey(image))
    image = image.convert("RGB")
    image.thumbnail((MAX_SHOWN, MAX_SHOWN))
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode()


def show(photo: Photo, count: int) -> None:
    """Show the picture with its symbols, and the details of the one that was tapped."""
    symbols = photo.reading.symbols if photo.reading else []
    readable = [place for place, symbol in enumerate(symbols) if symbol.prediction]
    if not readable:
        with st.container(key="photo_read"):
            if photo.url:
                patched_html(picture_html(photo, 0), f"photo_picture_{count}")
            st.html(photo.instead or says_html(f"<p>{_(NOTHING)}</p>"))
        return
    state = visit().photos
    chosen = state.chosen if state.chosen in readable else readable[0]
    prediction = symbols[chosen].prediction
    with st.container(key="photo_read"):
        patched_html(picture_html(photo, chosen), f"photo_picture_{count}", choose)
        with st.container():
            patched_html(details_html(photo.reading, prediction), "photo_details")
            inside = prediction.inside is not None and st.toggle(_("Look inside"), key="photo_look")
    if inside:
        with st.container(key="photo_inside"), st.container(key="inside"):
            from page.draw.inside import show_maps

            guarded(show_maps)(prediction)


def choose(place: int) -> None:
    """Show the details of the symbol that was tapped."""
    visit().photos.chosen = place


def picture_html(photo: Photo, chosen: int) -> str:
    """Return the photograph with a labelled box around each symbol."""
    width, height = photo.size
    symbols = photo.reading.symbols if photo.reading else []
    boxes = ""
    for place, symbol in enumerate(symbols):
        if symbol.prediction is None:  # a mark, which has no details to show
            continue
        left, top, right, bottom = symbol.box
        kind = "unsure" if symbol.label == UNKNOWN else "digit"
        boxes += (
            f'<button type="button" class="{kind}" data-symbol="{place}" '
            f'aria-pressed="{"true" if place == chosen else "false"}" '
            f'aria-label="{escape(symbol_name(symbol))}" style="left:{100 * left / width:.2f}%;'
            f"top:{100 * top / height:.2f}%;width:{100 * (right - left) / width:.2f}%;"
            f'height:{100 * (bottom - top) / height:.2f}%"><b>{symbol.label}</b></button>'
        )
    return (
        f'<div class="picture" style="--ratio:{width / height:.4f}"><img src="{photo.url}" '
        f'alt="{_("Your picture")}">{boxes}</div>'
    )


def details_html(reading: Reading, prediction: Prediction) -> str:
    """Return the reading, and the confidence, bars and 28×28 pixels of a symbol."""
    several = ""
    if len(reading.symbols) > 1:
        unsure = reading.text.count(UNKNOWN)
        if unsure == len(reading.symbols):
            words = f"<p>{_('I found something, but no digit that I’m sure of.')}</p>"
        else:
            lines = "<br>".join(reading.text.split("\n"))
            words = f'<p>{_("I read:")}</p><p class="text">{lines}</p>'
        if 0 < unsure < len(reading.symbols):
            sentence = ngettext(
                "There is {count} symbol that I’m not sure about.",
                "There are {count} symbols that I’m not sure about.",
                unsure,
            )
            words += f'<p class="more">{sentence.format(count=number(unsure))}</p>'
        tap = _("Tap a box in the picture to see what I think of it.")
        several = f'<div class="number" role="status">{words}<p class="more">{tap}</p></div>'
    seen = seen_html(prediction, _(SEEN_SYMBOL))
    return f'{several}<div class="one">{answer_html(prediction)}{seen}</div>{bars_html(prediction)}'
