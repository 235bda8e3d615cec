"""“All at once”: everything between a drawing and the answer, without the story's steps."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

from digits import Prediction
from digits.images import data_url, png_url
from digits.normalize import BOX, shrink
from digits.types import Inside
from handwriting.pen import NO_DIGIT
from page.core.error_boundary import guarded
from page.core.panels import close_button, open_panel
from page.core.patch import patched_html
from page.core.text import N_, _, a_digit, ngettext
from page.draw.reading import Part

MAPS = 6  # feature maps that are shown of each block: the most varied
LARGE = 112  # pixels: side of the picture of the evidence
STRIPE = 4  # pixels of that picture: width of the stripes of negative evidence
# Colours of activations, low to high: dark, orange, white, like glowing iron.
GLOW = np.stack([np.interp(range(256), (0, 150, 255), ends) for ends in (
    (16, 255, 255), (22, 150, 255), (40, 50, 235),
)], axis=1).astype(np.uint8)  # fmt: skip
FOR, AGAINST = np.array([255, 160, 50]), np.array([90, 155, 255])  # as in base.css

BEGIN = N_("Draw a digit, and I’ll show you how I get from your drawing to my answer.")
# What each block detects, first to last. The network may have fewer blocks.
BLOCKS = (
    N_("Strokes"),
    N_("Ends and corners"),
    N_("Bends and crossings"),
    N_("Parts of digits"),
    N_("Typical digits"),
)
# Where a picture is brightest, by row and column of a 3×3 grid.
BRIGHTEST = (
    (N_("brightest at the top left"), N_("brightest at the top"), N_("brightest at the top right")),
    (N_("brightest on the left"), N_("brightest in the middle"), N_("brightest on the right")),
    (
        N_("brightest at the bottom left"),
        N_("brightest at the bottom"),
        N_("brightest at the bottom right"),
    ),
)


@guarded
def look_inside(part: Part | None, prediction: Prediction | None) -> None:
    """Show everything for one digit.

    Args:
        part: the part of the drawing with that digit; None if nothing is drawn.
        prediction: for that digit, with its inside.
    """
    with st.container(key="inside"):
        with st.container(key="inside_buttons", horizontal=True):
            st.button(_("Step by step"), key="stepwise", on_click=open_panel, args=("story",))
            close_button("close_inside")
        if part is None or prediction is None:
            patched_html(f"<p>{_(BEGIN)}</p>", "steps_html")
            return
        patched_html(steps_html(part.png, prediction), "steps_html")
        show_maps(prediction)


def show_maps(prediction: Prediction) -> None:
    """Show the activations and the evidence for one digit."""
    patched_html(maps_html(prediction.inside), "maps_html")
    with st.container(key="looked"):
        why_not = st.session_state.get("why_not", False)
        patched_html(looked_html(prediction, why_not), "looked_html")
        st.toggle(question(prediction), key="why_not")


def steps_html(drawing: bytes, prediction: Prediction) -> str:
    """From the drawing, a PNG, to 28×28 in three pictures."""
    assert prediction.ink is not None
    small = shrink(prediction.ink.pixels)
    height, width = small.shape
    return section(
        _("From your drawing to 28 by 28 dots"),
        '<div class="steps">'
        + figure(
            png_url(drawing), _("Your drawing"),
            _("You draw. I get a lot of dots."), "drawn",
        )
        + figure(
            data_url(small),
            _("Your drawing, cut out and {width} by {height} dots large").format(
                width=width, height=height
            ),
            _("I cut it out, and shrink it until the longer side has {box} dots.")
            .format(box=BOX),
            "cut", f"--w:{width / BOX:.3f};--h:{height / BOX:.3f}",
        )
        + figure(
            data_url(prediction.pixels), _("Your drawing in the middle of 28 by 28 dots"),
            _("I put that in the middle of 28 by 28 dots. I see nothing else."),
        )
        + "</div>",
    )  # fmt: skip


def maps_html(inside: Inside) -> str:
    """The most varied feature maps of each block; the focused one is enlarged (inside.css)."""
    rows = []
    for number, words in enumerate(BLOCKS[: len(inside.blocks)]):
        maps = inside.most_varied(number, MAPS)
        pictures = "".join(
            f'<img src="{data_url(GLOW[shown])}" tabindex="{-1 if number or place > 1 else 0}" '
            f'alt="{map_words(shown, number, place)}">'
            for place, shown in enumerate(maps, 1)
        )
        rows.append(f'<div class="block"><p>{_(words)}</p><div class="maps">{pictures}</div></div>')
    words = ngettext(
        "I look for patterns, in {count} step. A dot shines where I found one.",
        "I look for patterns, in {count} steps. A dot shines where I found one.",
        len(rows),
    ).format(count=len(rows))
    return section(
        _("What lights up"),
        f'<p>{words}</p><div class="blocks" data-arrows>{"".join(rows)}</div>',  # see patch.js
    )


def map_words(shown: np.ndarray, block: int, place: int) -> str:
    """A feature map, uint8 (height, width), in words: the place-th most varied of a block."""
    height, width = shown.shape
    row, column = np.unravel_index(shown.argmax(), shown.shape)
    where = _(BRIGHTEST[min(2, 3 * row // height)][min(2, 3 * column // width)])
    return _("Step {step}, find {place}: {width} by {height} dots, {where}").format(
        step=block + 1, place=place, width=width, height=height, where=where
    )


def guesses(prediction: Prediction) -> tuple[int, int]:
    """The best guess and the guess to compare it with: a digit or NO_DIGIT each.

    NO_DIGIT is compared with the likeliest digit, a digit with the second likeliest.
    """
    first, second = np.argsort(-prediction.probabilities)[:2]
    return (NO_DIGIT, int(first)) if prediction.is_rejected else (int(first), int(second))


def named(guess: int) -> str:
    """A guess in words: “an 8”, “no digit”."""
    return _("no digit") if guess == NO_DIGIT else a_digit(guess)


def question(prediction: Prediction) -> str:
    """The label of the switch to the other guess."""
    return _("Why not {a_digit}?").format(a_digit=named(guesses(prediction)[1]))


def looked_html(prediction: Prediction, why_not: bool) -> str:
    """The evidence for the best guess, or for the other one, over the network's input."""
    best, second = guesses(prediction)
    guess = second if why_not else best
    evidence = prediction.inside.evidence
    # One scale for both, so that they can be compared.
    scale = np.abs(evidence[..., [best, second]]).max()
    picture = overlay(prediction.pixels, evidence[..., guess] / max(scale, 1e-9))
    name = named(guess)
    if best == NO_DIGIT and not why_not:
        words = _("What lit up here tells me that this is no digit.")
    elif not why_not:
        words = _("What lit up here speaks for {a_digit}.")
    elif evidence[..., guess].mean() < 0:
        words = _("My next guess was {a_digit}, but more speaks against it than for it.")
    else:
        words = _("My next guess was {a_digit}: some places speak for it, but not enough.")
    alt = _(
        "Your drawing, with the places that speak for {a_digit} in orange and those that speak "
        "against it in blue"
    )
    return section(
        _("Where I looked"),
        f'<div class="looked"><img src="{data_url(picture)}" alt="{alt.format(a_digit=name)}">'
        f"<div><p>{words.format(a_digit=name)}</p>"
        f'<p class="key"><i class="for"></i> {_("speaks for {a_digit}").format(a_digit=name)}<br>'
        f'<i class="against"></i> {_("speaks against it")}</p></div></div>',
    )


def overlay(pixels: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Heat (float, -1 to 1, of any size) as a glow behind the ink: uint8 (LARGE, LARGE, 3).

    Negative values are striped, so that colour is not the only difference.
    """
    size = (LARGE, LARGE)
    glow = np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC)).clip(-1, 1)
    ink = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST))[..., None]
    colour = np.where(glow[..., None] > 0, FOR, AGAINST) * np.abs(glow)[..., None]
    stripes = np.add.outer(np.arange(LARGE), np.arange(LARGE)) // STRIPE % 2
    colour = np.where((glow < 0) & (stripes == 1), 0.25, 1)[..., None] * colour
    return (colour * 0.8 * (1 - ink / 255) + ink * 0.9 + colour * 0.1 * (ink / 255)).astype(
        np.uint8
    )


def figure(url: str, alt: str, words: str, kind: str = "", style: str = "") -> str:
    """A picture with its caption."""
    return (
        f'<figure><div class="frame {kind}" style="{style}"><img src="{url}" alt="{alt}"></div>'
        f"<figcaption>{words}</figcaption></figure>"
    )


def section(title: str, content: str) -> str:
    """A section with its heading."""
    return f"<section><h2>{title}</h2>{content}</section>"
