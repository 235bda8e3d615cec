"""The page "How I learned": a network that learns while visitors watch, and the model card."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits.card import Card, Test
from page.core.error_boundary import explain
from page.core.settings import load_classifier
from page.core.text import N_, _, duration, joined, listed, ngettext, number, with_code
from page.learned.guess import guesses
from page.learned.lesson import watch_me_learn

MNIST_IMAGES = 60_000  # for training
PEOPLE = 0.002  # error rate on MNIST, as estimated by its authors
PEOPLE_SOURCE = (
    "Y. LeCun and others, “Comparison of learning algorithms for handwritten digit recognition”, "
    "ICANN 1995"
)
LEAD = N_(
    "Nobody gave me rules for what a 4 looks like. I looked at a digit, guessed, and heard the "
    "right answer. Then I changed the patterns I look for a little, to guess better next time. "
    "Again and again."
)


def main() -> None:
    """The sections, one below the other."""
    card, trouble = load_card()
    test = card.test if card else None
    practice = experience(card) if card else ""
    with st.container(key="learned"):
        st.html(f'<p class="lead">{joined(_(LEAD), practice)}</p>')
        watch_me_learn(test.accuracy if test else None, practice)
        if trouble:
            why = f"<p>{with_code(trouble)}</p>"
            st.html(f'<section class="says" role="alert">{why}</section>')
        if card and test:
            if test.misread:
                show_misread(test)
            with st.expander(_("More numbers")):
                html = rounds_html(card) + people_html(card, test)
                st.html(html + confusion_html(test.confusion))


def load_card() -> tuple[Card | None, str]:
    """The model's card, or None and why it can't be loaded."""
    try:
        return load_classifier().card, ""
    except Exception as error:
        return None, explain(error)


def experience(card: Card) -> str:
    """The training data and the training time of the first page's network; empty if unknown."""
    if not (card.data and card.data.mnist):
        return ""
    digits = number(MNIST_IMAGES)
    if card.people:
        practice = _(
            "For that I practised on {digits} digits and on the handwriting of {writers} people."
        ).format(digits=digits, writers=number(card.people.writers))
    else:
        practice = _("For that I practised on {digits} digits.").format(digits=digits)
    took = _("It took {duration}.").format(duration=duration(card.seconds))
    return joined(practice, took)


def show_misread(test: Test) -> None:
    """All misread test images."""
    words = ngettext(
        "I was tested on {images} digits that I had never seen, and got <b>{count}</b> wrong. Here "
        "it is. Would you have known? Tap it and guess.",
        "I was tested on {images} digits that I had never seen, and got <b>{count}</b> wrong. Here "
        "they are. Would you have known? Tap one and guess.",
        len(test.misread),
    ).format(images=number(test.images), count=number(len(test.misread)))
    with st.container(key="misread"):
        st.html(f"<h2>{_('The digits I still get wrong')}</h2><p>{words}</p>")
        guesses(test.misread)


# More numbers


def rounds_html(card: Card) -> str:
    """The number of mistakes after each round of practice, as a chart."""
    curve = card.learning_curve
    held_out = "val_accuracy" in curve
    mistakes = [
        round(1000 * (1 - share)) for share in curve["val_accuracy" if held_out else "accuracy"]
    ]
    words = (
        _("After each round of practice I looked at digits that I don’t practise with.")
        if held_out
        else _("I counted my mistakes in each round of practice.")
    )
    why = _(
        "Not every round made me better: a change that helps with some digits can hurt with others."
    )
    caption = _("Mistakes of 1,000, after each round")
    highest = max(1, *mistakes)
    bars = "".join(
        f'<span><b>{number(count)}</b><i style="height: {80 * count / highest:.0f}%"></i>'
        f"<small>{number(place)}</small></span>"
        for place, count in enumerate(mistakes, 1)
    )
    spoken = f"{caption}: {', '.join(map(number, mistakes))}"
    return (
        f"<section><div><h2>{_('Round by round')}</h2><p>{joined(words, why)}</p></div>"
        f'<div class="rounds" role="img" aria-label="{spoken}"><p>{caption}</p>'
        f'<div class="columns">{bars}</div></div></section>'
    )


def people_html(card: Card, test: Test) -> str:
    """The error rate in the test, compared with that of people."""
    mine = number(1000 * (1 - test.accuracy), 1)
    words = _("In the test I got {mine} of 1,000 wrong.").format(mine=mine)
    if card.data and card.data.mnist:
        people = _("People get about {people} of them wrong: some are just scrawled.").format(
            people=number(1000 * PEOPLE)
        )
        source = _("An estimate by those who collected the digits: {source}.")
        source = f"<small>({source.format(source=PEOPLE_SOURCE)})</small>"
        words = f"{joined(words, people)} {source}"
    return f"<section><div><h2>{_('And people?')}</h2><p>{words}</p></div></section>"


def confusion_html(counts: list[list[int]]) -> str:
    """The confusion matrix as a coloured table."""
    confusion = np.array(counts)
    wrong = confusion * (1 - np.eye(10, dtype=int))
    highest = max(1, wrong.max())
    head = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = ""
    for digit, row in enumerate(confusion):
        cells = "".join(
            f'<td class="right">{number(count)}</td>'
            if digit == guess
            else f'<td class="wrong" style="--share: {count / highest:.2f}">{number(count)}</td>'
            if count
            else "<td></td>"
            for guess, count in enumerate(row)
        )
        rows += f'<tr><th scope="row">{digit}</th>{cells}</tr>'
    pairs = [(int(wrong[i, j] + wrong[j, i]), i, j) for i in range(10) for j in range(i)]
    top = [
        ngettext(
            "{one} with {other} ({count} time)", "{one} with {other} ({count} times)", n
        ).format(one=j, other=i, count=number(n))
        for n, i, j in sorted(pairs, reverse=True)[:3]
        if n > 1
    ]
    often = _("Most often I mix up {pairs}.").format(pairs=listed(top)) if top else ""
    key = _(
        "Each row is a digit that somebody wrote, each column is what I said. In the grey squares "
        "I was right; the coloured squares count my mistakes."
    )
    return (
        f"<section><div><h2>{_('Which digits I mix up')}</h2><p>{key}</p><p>{often}</p></div>"
        '<table class="confusion">'
        f"<caption>{_('Across: what I said. Down: what it was.')}</caption>"
        f"<tr><td></td>{head}</tr>{rows}</table></section>"
    )


main()
