"""“Play”: challenges that the bars judge, and a symbol of the visitor's own that it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from page.core.component import component
from page.core.error_boundary import guarded
from page.core.patch import patched_html
from page.core.settings import load_classifier, load_examples
from page.core.text import N_, _, ngettext, number
from page.core.visit import visit

if TYPE_CHECKING:
    from digits import Prediction
    from digits.explain.neighbours import Examples
    from page.draw.canvas import Drawing

LONGEST = 12  # characters of a symbol's name
FOOL, TEACH = N_("Can you fool it?"), N_("Teach it")

_clean = component(__file__)


class Known(NamedTuple):
    """What a drawing has of the symbol that the visitor taught."""

    name: str  # as the visitor wrote it: to be escaped
    score: float  # 0 to 1; from 0.5 on it is taken for the symbol


def ask() -> None:
    """The button that opens and closes it."""
    st.toggle(_("Play"), key="play", on_change=_alone, args=("look",))


def _alone(other: str) -> None:
    """Playing and looking inside take the same place: the one closes the other."""
    st.session_state[other] = False


def close_for_look() -> None:
    """Makes room for “Look inside”."""
    _alone("play")


def is_open() -> bool:
    """Whether the visitor plays."""
    return st.session_state.get("play", False)


def needs_inside() -> bool:
    """Whether drawings are described by what went on in the network: something is taught."""
    # What was tapped just now comes first.
    part = st.session_state.get("part_control") or visit().play.part
    return bool(visit().play.taught) or (is_open() and part == TEACH)


def recognize(prediction: Prediction) -> Known | None:
    """What a drawing has of the symbol that was taught; None if there is none."""
    taught = visit().play.taught
    if not taught or prediction.inside is None:
        return None
    embedding = _examples().embed(prediction.inside)
    return Known(name_of_symbol(), taught.score(embedding, prediction.bars))


def name_of_symbol() -> str:
    """What the visitor calls the symbol."""
    return visit().play.symbol_name.strip() or _("yours")


def _examples() -> Examples | None:
    classifier = load_classifier()
    return load_examples(classifier.card["sha256"]) if classifier.has_inside else None


@guarded
def play(drawing: Drawing, prediction: Prediction | None) -> None:
    """Shows what one can play, in the place of the answer; the bars stay."""
    mine = visit().play
    with st.container(key="panel"):
        parts = [FOOL, TEACH] if _examples() else [FOOL]
        if len(parts) > 1:
            chosen = st.segmented_control(
                _("Play"),
                parts,
                default=mine.part or FOOL,
                format_func=lambda part: _(part),
                label_visibility="collapsed",
                key="part_control",
            )
            mine.part = chosen or mine.part
        if mine.part == TEACH and len(parts) > 1:
            teach(drawing, prediction)
        else:
            fool(drawing, prediction)


def fool(drawing: Drawing, prediction: Prediction | None) -> None:
    """A challenge, how near the drawing comes to it, and a button for another one."""
    from page.play.challenge import CHALLENGES

    mine = visit().play
    challenge = CHALLENGES[mine.challenge % len(CHALLENGES)]
    progress = 0.0
    if mine.solved == mine.challenge:
        progress, words = 1.0, _("You did it! Well done.")
    elif prediction is None:
        words = _("Draw it on the sheet. The bars show what I think.")
    else:
        verdict = challenge.judge(prediction.bars)
        progress = verdict.progress
        if verdict.done and drawing.lifted:
            mine.solved = mine.challenge
            words = _("You did it! Well done.")
        elif verdict.done:
            words = _("That’s it! Now lift the pen.")
        elif drawing.rests:
            words = _(verdict.hint)
        else:
            words = mine.hint
    mine.hint = words
    done = "done" if mine.solved == mine.challenge else ""
    html = (
        f'<p class="task {done}">{challenge.words()}</p>'
        f'<div class="progress {done}" role="progressbar" aria-label="{_("How near you are")}" '
        f'aria-valuenow="{round(100 * progress)}"><i style="width: {100 * progress:.0f}%"></i>'
        "</div>"
        f'<p class="hint" role="status">{words}</p>'
    )
    patched_html(html, "fool_html")
    st.button(_("Another one"), key="another", on_click=_another)


def _another() -> None:
    visit().play.challenge += 1


def teach(drawing: Drawing, prediction: Prediction | None) -> None:
    """Learns a symbol of the visitor's own, example by example."""
    mine = visit().play
    name = st.text_input(
        _("What is your sign called?"),
        value=mine.symbol_name,
        max_chars=LONGEST,
        key="symbol_name",
        autocomplete="off",
    )
    mine.symbol_name = name or ""
    words = st.container(key="taught_so_far")
    with st.container(horizontal=True, key="teach_buttons"):
        blank = prediction is None or prediction.inside is None
        if st.button(_("Keep this one"), type="primary", key="keep", disabled=blank):
            keep(drawing, prediction)
        st.button(_("Forget it"), key="forget", disabled=not mine.taught, on_click=forget)
    with words:
        patched_html(taught_html(), "taught_html")
    _clean(key="clean", data={"kept": mine.changes})


def keep(drawing: Drawing, prediction: Prediction | None) -> None:
    """Learns from the drawing on the sheet, once."""
    from digits.explain.teaching import MOST, TaughtSymbol
    from digits.images import data_url

    mine = visit().play
    examples = _examples()
    if prediction is None or prediction.inside is None or mine.last_example == drawing.png:
        return
    mine.taught = mine.taught or TaughtSymbol(examples)
    if len(mine.taught) == MOST:
        return
    mine.last_example = drawing.png
    mine.taught.add(examples.embed(prediction.inside), prediction.bars)
    mine.pictures.append(data_url(prediction.pixels))
    mine.changes += 1


def forget() -> None:
    """Forgets the symbol."""
    st.session_state.pop("symbol_name", None)
    mine = visit().play
    mine.taught, mine.pictures, mine.last_example, mine.symbol_name = None, [], None, ""
    mine.changes += 1


def taught_html() -> str:
    """The examples so far, and how many more would help."""
    taught = visit().play.taught
    if not taught:
        words = _(
            "A heart, a letter, your own way of writing 7: draw it on the sheet, and I’ll learn it."
        )
        return f'<p class="hint" role="status">{words}</p>'
    from digits.explain.teaching import ENOUGH

    count, wanted = len(taught), taught.wanted()
    if wanted and count < ENOUGH:
        words = ngettext(
            "Draw it again, a bit differently. {count} more would help.",
            "Draw it again, a bit differently. {count} more would help.",
            wanted,
        )
    elif wanted:
        words = ngettext(
            "Some of them are unlike the others. {count} more would help.",
            "Some of them are unlike the others. {count} more would help.",
            wanted,
        )
    else:
        words = _("I know it now: draw it once more, and watch its bar!")
    pictures = "".join(
        f'<img src="{picture}" alt="{_("Example {number}").format(number=number(place))}">'
        for place, picture in enumerate(visit().play.pictures, 1)
    )
    words = words.format(count=number(wanted))
    return f'<div class="examples">{pictures}</div><p class="hint" role="status">{words}</p>'
