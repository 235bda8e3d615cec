"""The story's words, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handwriting.pen import NO_DIGIT
from page.core.text import N_, _, a_digit, joined, ngettext, percent, sure
from page.draw.inside import guesses

if TYPE_CHECKING:
    from digits import Prediction
    from digits.explain.neighbours import Neighbour
    from page.draw.reading import CanvasReading

WORDS = {
    "title": N_("How do you know?"),
    "back": N_("Back"),
    "next": N_("Next"),
    "close": N_("Close"),
    "all": N_("All at once"),
    "learned": N_("How did I learn that? Watch me."),
}
TITLES = {
    "cut": N_("First I cut it apart"),
    "drawing": N_("Your drawing"),
    "dots": N_("The dots"),
    "window": N_("A window slides over it"),
    "lit": N_("What lit up"),
    "looked": N_("Where I looked"),
    "answer": N_("My answer"),
    "nearest": N_("What it reminds me of"),
    "number": N_("The number"),
}
CUT = N_("First I cut it apart. Tap a digit, and I’ll show you how I read it.")
DRAWING = N_("This is your drawing. But I have no eyes. So what do I do with it?")
DOTS = N_("I cut it out and shrink it to 28 by 28 dots. Each dot is a number, from 0 to 255.")
RULE = N_("I slide a small window along. Best fit: {found} of {wanted} dots are bright. Light up!")
LOOKED = N_("What lit up here speaks for {a_digit}.")
LOOKED_NONE = N_("What lit up here tells me that this is no digit.")
WHY_NOT = N_("Why not {a_digit}? These places speak against it.")
WHY_NOT_ENOUGH = N_("Why not {a_digit}? Some places speak for it, but not enough.")
NEAREST = N_("I don’t look drawings up. But of all the digits I have seen, these are the nearest.")
ANSWER = N_("Each + lifts a digit’s bar, each − lowers it. Highest: {digit}.")
NO_DIGIT_ANSWER = N_(
    "Each + lifts a bar, each − lowers it. Highest: “{none}”. That’s not a digit I know."
)
NOT_SURE = N_("Each + lifts a bar, each − lowers it. No bar is high enough: I’m not sure.")
NUMBER = N_("{digits}: I see {number}.")

KEEP_UP = N_("You can still draw on the sheet: I’ll keep up.")
KERNEL_NOTE = N_(
    '<i class="for"></i> + bright here, <i class="against"></i> − dark there: that’s the pattern. '
    "I look for it everywhere."
)
HEAT_NOTE = N_('<i class="for"></i> + speaks for it, <i class="against"></i> − speaks against it.')
NEAR_NOTE = N_("In each circle: the digit that the writer meant.")

ALT_CUT = N_("Your drawing, cut into {count} parts: {labels}")
ALT_DRAWING = N_("Your drawing")
ALT_DOTS = N_("Your drawing in 28 by 28 dots, enlarged until the number of each dot can be read")
ALT_WINDOW = N_(
    "Left, the dots with a window of 5 by 5 sliding over them; right, what it finds where"
)
ALT_LOOKED = N_("Your drawing twice, with what speaks for and against {names}")
ALT_NEAREST = N_("Your drawing, and around it handwritten digits like it: {labels}")
ALT_ANSWER = N_("Eleven bars: {bars}")


def translated() -> dict[str, str]:
    """The words on the story's buttons."""
    return {key: _(sentence) for key, sentence in WORDS.items()}


def name(output: int) -> str:
    """An output of the network, on a label: “3”, “none”."""
    return _("none") if output == NO_DIGIT else str(output)


def steps(
    reading: CanvasReading, matches: tuple[int, int] | None, nearest: list[Neighbour]
) -> list[dict[str, str]]:
    """The steps of a drawing's story: {name, title, sentence, note, alt} each.

    Args:
        reading: has a prediction with its inside.
        matches: how many dots are bright where the window fits best, and how many should be. None
            leaves out that step.
        nearest: the training images that are most like the drawing. Without any, that step is left
            out.
    """
    prediction = reading.prediction
    labels = [symbol.label for symbol in reading.symbols]
    bars = [f"{bar}: {text}" for bar, text in bar_texts(prediction).items() if text]
    first = step("drawing", _(DRAWING), _(ALT_DRAWING))
    if labels:
        alt = _(ALT_CUT).format(count=len(labels), labels=", ".join(labels))
        first = step("cut", _(CUT), alt)
    shown = [first, step("dots", _(DOTS), _(ALT_DOTS))]
    if matches:
        found, wanted = matches
        sentence = _(RULE).format(found=found, wanted=wanted)
        shown.append(step("window", sentence, _(ALT_WINDOW), _(KERNEL_NOTE)))
    shown += [
        lit(len(prediction.inside.blocks)),
        looked(prediction),
        step("answer", answer(prediction), _(ALT_ANSWER).format(bars=", ".join(bars))),
    ]
    if nearest:
        alt = _(ALT_NEAREST).format(labels=", ".join(str(image.label) for image in nearest))
        shown.append(step("nearest", _(NEAREST), alt, _(NEAR_NOTE)))
    if labels:
        text = reading.text.replace("\n", ", ")
        if not text.isdigit():
            text = f"\u2066{text}\u2069"  # from left to right: a minus sign comes first in Arabic
        sentence = _(NUMBER).format(digits=", ".join(labels), number=text)
        shown.append(step("number", sentence, sentence))
    return shown


def step(name: str, sentence: str, alt: str, note: str = "") -> dict[str, str]:
    """Return a step; see `steps`."""
    note = note or _(KEEP_UP)
    return dict(name=name, title=_(TITLES[name]), sentence=sentence, note=note, alt=alt)


def lit(blocks: int) -> dict[str, str]:
    """The step that shows what lit up in each block of the network."""
    sentence = ngettext(
        "I do that {count} more time with what lit up, and find larger parts.",
        "I do that {count} more times with what lit up, and find larger and larger parts.",
        blocks - 1,
    )
    alt = ngettext(
        "Small pictures of what lit up, in {count} step",
        "Small pictures of what lit up, in {count} steps",
        blocks,
    )
    return step("lit", sentence.format(count=blocks - 1), alt.format(count=blocks))


def looked(prediction: Prediction) -> dict[str, str]:
    """The step that shows what speaks for the answer, and against the next guess."""
    first, second = guesses(prediction)
    because = _(LOOKED_NONE) if first == NO_DIGIT else _(LOOKED).format(a_digit=a_digit(first))
    against = prediction.inside.evidence[..., second].mean() < 0
    why_not = _(WHY_NOT if against else WHY_NOT_ENOUGH).format(a_digit=a_digit(second))
    alt = _(ALT_LOOKED).format(names=", ".join(name(output) for output in (first, second)))
    return step("looked", joined(because, why_not), alt, _(HEAT_NOTE))


def answer(prediction: Prediction) -> str:
    """The sentence of the step with the answer."""
    if prediction.is_rejected:
        return _(NO_DIGIT_ANSWER).format(none=_("none"))
    if prediction.digit is None:
        return _(NOT_SURE)
    return joined(_(ANSWER).format(digit=prediction.digit), sure(prediction.bars[prediction.digit]))


def bar_texts(prediction: Prediction) -> dict[str, str]:
    """Percentages by the names of the bars; empty if they would round to 0%."""
    return {
        name(output): percent(share) if share >= 0.005 else ""
        for output, share in enumerate(prediction.bars)
    }
