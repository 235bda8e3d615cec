"""“But how does it know?”: the story of one drawing in seven steps, told on one screen."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from PIL import Image

from digits import Prediction
from digits.explain.inside import slide
from digits.explain.neighbours import Examples
from digits.images import png_url
from digits.normalize import field
from digits.types import Ink, Inside
from page.core.component import component
from page.core.error_boundary import guarded
from page.core.settings import load_classifier, load_examples
from page.core.text import N_, _, certain, ngettext, percent

if TYPE_CHECKING:
    from page.draw.reading import Part

MAPS = 6  # of each block: the liveliest
NONE = 10  # the output that says “no digit”

TITLE = N_("But how does it know?")
WORDS: dict[str, Any] = {
    "title": TITLE,
    "back": N_("Back"),
    "next": N_("Next"),
    "again": N_("Once more"),
    "close": N_("Close"),
    "steps": [
        N_("1. Your drawing"),
        N_("2. The dots"),
        N_("3. A window slides over it"),
        N_("4. What lit up"),
        N_("5. Where I looked"),
        N_("6. What it reminds me of"),
        N_("7. My answer"),
    ],
}
BEGIN = N_("Draw a digit, and I’ll show you how I get from your drawing to my answer.")
DRAWING = N_("This is your drawing. But I have no eyes. So what do I do with it?")
DOTS = N_("I cut it out and shrink it to 28 by 28 dots. Each dot is a number, from 0 to 255.")
WINDOW = N_("I slide small windows over the dots. This one lights up where it finds its pattern.")
LOOKED = N_("These places made me think of {digit}. My second thought was {second}.")
LOOKED_NONE = N_("These places made me think that it’s no digit. If it is one, it may be {second}.")
REMINDS = N_("It reminds me of these: people wrote them, and I learned from them.")
REMINDS_NOTHING = N_("I have seen nothing like it. These are the nearest that I know.")
REMINDS_MISSING = N_("My memories of what people wrote were not kept. Train me again to get them.")
ANSWER = N_("So my answer is {digit}. I’m {percent} sure.")
ANSWER_CERTAIN = N_("So my answer is {digit}. I’m more than {percent} sure.")
NO_ANSWER = N_("So my answer is: I don’t know this as a digit.")
NO_DIGIT = N_("no digit")

KERNEL_NOTE = N_(
    '<i class="for"></i> bright here, <i class="against"></i> and dark there: that’s its pattern.'
)
HEAT_NOTE = N_('<i class="for"></i> + speaks for it, <i class="against"></i> − speaks against it.')
NEAR_NOTE = N_("The number says what the writer meant.")

ALT_DRAWING = N_("Your drawing")
ALT_DOTS = N_("Your drawing in 28 by 28 dots, enlarged until the number of each dot can be read")
ALT_WINDOW = N_(
    "Left, the dots with a window of 5 by 5 sliding over them; right, what it finds where"
)
ALT_LOOKED = N_("Your drawing three times, with what speaks for and against {names}")
ALT_REMINDS = N_("Your drawing, and around it handwritten digits like it: {labels}")
ALT_ANSWER = N_("Eleven bars: {bars}")


# Two components: the first, with all of the script, always stays the same, and Streamlit sends it
# once. The second one is small, and is sent as often as the drawing changes.
_screen = component(__file__, "story", shadow_root=True)
_feed = component(__file__, "feed")
_remote = component(__file__, "remote")


def ask() -> bool:
    """The button that opens the story, a presenter's remote (Page Down) too; whether it is open.

    A switch that nobody sees keeps that: the browser tells it to a server that was started anew.
    """
    st.button(_(TITLE), type="primary", key="ask_story", on_click=_open, args=(True,))
    _remote(key="story_remote")
    return st.toggle("story", key="telling", label_visibility="collapsed")


def _open(wanted: bool) -> None:
    st.session_state.telling = wanted


@guarded
def tell(part: Part | None, prediction: Prediction | None, rests: bool) -> None:
    """Shows the story; what it shows follows the drawing.

    Args:
        part: what is shown of the drawing.
        prediction: what was made of it, with its inside; None as long as nothing is drawn.
        rests: whether the pen rests, so that words may be read aloud.
    """
    card = load_classifier().card
    examples = load_examples(card["sha256"])
    with st.container(key="story"):
        _screen(key="story_screen", on_close_change=lambda: _open(False))
        _feed(key="story_feed", data=content(part, prediction, card, examples, rests))


def content(
    part: Part | None,
    prediction: Prediction | None,
    card: dict[str, Any],
    examples: Examples | None,
    rests: bool,
) -> dict[str, Any]:
    """What story.js shows: words, and arrays as base64."""
    words = {
        key: [_(one) for one in text] if isinstance(text, list) else _(text)
        for key, text in WORDS.items()
    }
    common = {"words": words, "begin": _(BEGIN), "rests": rests}
    if part is None or prediction is None or prediction.inside is None:
        return common
    inside = prediction.inside
    found = examples.nearest(examples.embed(inside)) if examples else []
    order = in_question(prediction)
    names = [_(NO_DIGIT) if one == NONE else str(one) for one in order]
    bars = bar_texts(prediction)
    kernel, found_map, own = sliding(prediction, card)
    return common | {
        "sentences": sentences(prediction, bool(found)),
        "notes": ["", "", _(KERNEL_NOTE) if kernel else "", "", _(HEAT_NOTE), _(NEAR_NOTE), ""],
        "alts": [
            _(ALT_DRAWING),
            _(ALT_DOTS),
            _(ALT_WINDOW),
            ngettext(
                "Small pictures of what lit up, in {count} step",
                "Small pictures of what lit up, in {count} steps",
                len(inside.blocks),
            ).format(count=len(inside.blocks)),
            _(ALT_LOOKED).format(names=", ".join(names)),
            _(ALT_REMINDS).format(labels=", ".join(str(one.label) for one in found)),
            _(ALT_ANSWER).format(
                bars=", ".join(f"{name}: {text}" for name, text in bars.items() if text)
            ),
        ],
        "drawing": png_url(part.png),
        "box": list(part.box),
        "place": place_in_dots(prediction.ink),
        "pixels": packed(prediction.pixels),
        "kernel": kernel,
        "map": packed(found_map),
        "blocks": [
            {"side": maps.shape[1], "maps": [packed(one) for one in maps]}
            for maps in (liveliest(inside, block, own) for block in range(len(inside.blocks)))
        ],
        "evidence": {
            "side": inside.evidence.shape[0],
            "names": names,
            "maps": [packed(one) for one in evidence(inside, order)],
        },
        "neighbours": [{"pixels": packed(one.pixels), "label": str(one.label)} for one in found],
        "bars": {
            "names": list(bars),
            "percents": list(bars.values()),
            "shares": prediction.bars.round(4).tolist(),
            "best": NONE if prediction.digit is None else prediction.digit,
        },
        "answer": "?" if prediction.digit is None else str(prediction.digit),
    }


def in_question(prediction: Prediction) -> list[int]:
    """The three outputs whose evidence is shown: the answer, the runner-up, and “no digit”."""
    digits = np.argsort(-prediction.probabilities, kind="stable")[:2].tolist()
    return [NONE, *digits] if prediction.digit is None else [*digits, NONE]


def sentences(prediction: Prediction, reminds: bool) -> list[str]:
    """A sentence for each step."""
    digit, second = in_question(prediction)[:2]
    known = prediction.digit is not None
    again = len(prediction.inside.blocks) - 1
    return [
        _(DRAWING),
        _(DOTS),
        _(WINDOW),
        ngettext(
            "I do that again with what lit up, {count} time: fewer dots, but larger finds.",
            "I do that again with what lit up, {count} times: fewer dots, but larger finds.",
            again,
        ).format(count=again),
        _(LOOKED if known else LOOKED_NONE).format(digit=digit, second=second),
        _((REMINDS if known else REMINDS_NOTHING) if reminds else REMINDS_MISSING),
        answer_sentence(prediction),
    ]


def answer_sentence(prediction: Prediction) -> str:
    """The last step's sentence."""
    if prediction.digit is None:
        return _(NO_ANSWER)
    sure = prediction.confidence
    sentence = _(ANSWER_CERTAIN if certain(sure) else ANSWER)
    return sentence.format(digit=prediction.digit, percent=percent(min(sure, 0.99)))


def bar_texts(prediction: Prediction) -> dict[str, str]:
    """The bars' names, and how likely each is in words; nothing where that is next to nothing."""
    names = [*map(str, range(10)), _(NO_DIGIT)]
    return {
        name: percent(share) if share >= 0.005 else ""
        for name, share in zip(names, prediction.bars, strict=True)
    }


def place_in_dots(ink: Ink) -> list[float]:
    """Where the ink of a digit comes to lie in the 28×28 dots: left, top, width and height."""
    left, top, side = field(ink.pixels)
    height, width = ink.pixels.shape
    return [float(part) for part in (-left / side, -top / side, width / side, height / side)]


def sliding(
    prediction: Prediction, card: dict[str, Any]
) -> tuple[list[list[float]] | None, np.ndarray, int | None]:
    """A filter of the first layer: its weights, what it finds, and which map of the block it is.

    Returns:
        Weights (5, 5); uint8 (28, 28), 255 its strongest place; an index. Of a model whose filters
        are not known, no weights and no index, but what the liveliest one found.
    """
    for one in card.get("filters") or []:
        found = slide(np.array(one["kernel"]), one["bias"], prediction.pixels)
        if found.any():
            return one["kernel"], np.rint(found * (255 / found.max())).astype(np.uint8), one["map"]
    (found,) = prediction.inside.liveliest(0, 1)
    enlarged = Image.fromarray(found).resize(prediction.pixels.shape, Image.Resampling.NEAREST)
    return None, np.asarray(enlarged), None


def liveliest(inside: Inside, block: int, first: int | None) -> np.ndarray:
    """Some maps of a block, uint8 (n, side, side); of the first block the one of step 3 first."""
    maps = inside.liveliest(block, MAPS)
    if block or first is None:
        return maps
    own = replace(inside, blocks=[inside.blocks[0][..., [first]]]).liveliest(0, 1)
    others = [one for one in maps if not np.array_equal(one, own[0])]
    return np.stack([own[0], *others[: MAPS - 1]])


def evidence(inside: Inside, outputs: list[int]) -> np.ndarray:
    """What speaks for and against some outputs where, on one scale: int8 (n, height, width)."""
    maps = np.moveaxis(inside.evidence[..., outputs], 2, 0)
    return np.rint(maps * (127 / max(np.abs(maps).max(), 1e-9))).astype(np.int8)


def packed(values: np.ndarray) -> str:
    """An array of bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
