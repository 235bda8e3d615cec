"""The texts for visitors, in the language of each visitor.

A sentence is one English literal in `_`, `ngettext` or `N_`, with {placeholders} for what changes.
`python -m page.languages` collects them into the catalogues in `page/languages/`.
"""

from __future__ import annotations

import functools
import io
import re
from gettext import GNUTranslations, NullTranslations
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from page.core.visit import visit

CATALOGUES = Path(__file__).parents[1] / "languages"
LANGUAGES = {  # in their own language
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt": "Português",
    "it": "Italiano",
    "zh": "中文",
    "ja": "日本語",
    "ar": "العربية",
}
RIGHT_TO_LEFT = {"ar"}
WITHOUT_SPACES = {"zh", "ja"}
SOURCE = "en"  # the language of the literals


def choose_language() -> None:
    """Set the language at the start of a run: from `?lang=`, or else from the browser."""
    state = visit()
    requested = st.query_params.get("lang")
    if requested in LANGUAGES:
        state.language, state.language_from_address = requested, True
    elif state.language_from_address:  # a link to another page dropped it from the address
        st.query_params["lang"] = state.language
    elif not state.language:
        from babel import negotiate_locale

        preferred = [st.context.locale or SOURCE]
        state.language = negotiate_locale(preferred, LANGUAGES, sep="-") or SOURCE


def set_language(language: str) -> None:
    """Change the language, and `?lang=` in the address, so that the address can be shared."""
    st.query_params["lang"] = language
    choose_language()


def language() -> str:
    """Return the language of this visit; English outside of a visit."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return SOURCE
    return visit().language or SOURCE


@functools.cache
def catalogue(language: str) -> NullTranslations:
    """Return the translations into a language, from its .po file: there is no build step."""
    if language == SOURCE:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (CATALOGUES / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _(sentence: str) -> str:
    """Translate a sentence."""
    return catalogue(language()).gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a sentence, in the plural form for a count."""
    return catalogue(language()).ngettext(one, many, count)


def N_(sentence: str) -> str:
    """Mark a sentence for the catalogues; `_` translates it later, during a visit."""
    return sentence


# Noun phrases, because articles differ: “an 8”, in Italian “uno 0”. In each sentence they are the
# object: in German, for example, they are in the accusative.
A_DIGIT = (
    N_("a 0"), N_("a 1"), N_("a 2"), N_("a 3"), N_("a 4"),
    N_("a 5"), N_("a 6"), N_("a 7"), N_("an 8"), N_("a 9"),
)  # fmt: skip


def a_digit(digit: int) -> str:
    """Return a digit with its article: “an 8”."""
    return _(A_DIGIT[digit])


def percent(share: float) -> str:
    """Format a probability (0-1) in per cent; never 100%, because no network is certain."""
    text = _percent(min(round(100 * share), 99), language())
    return f">{text}" if certain(share) else text


def certain(share: float) -> bool:
    """Whether a probability rounds to 100%, which is shown as “more than 99%”."""
    return share >= 0.995


@functools.lru_cache(maxsize=1024)
def _percent(hundredths: int, language: str) -> str:
    from babel.numbers import format_percent

    return format_percent(hundredths / 100, locale=language, numbering_system="default")


def number(value: float, decimals: int = 0) -> str:
    """Format a number: “12,345.6” in English."""
    from babel.numbers import format_decimal

    pattern = "#,##0." + decimals * "0" if decimals else "#,##0"
    return format_decimal(
        round(value, decimals), pattern, locale=language(), numbering_system="default"
    )


def sure(share: float) -> str:
    """Return how sure the network is, as a sentence in the first person."""
    sentence = _("I’m more than {percent} sure.") if certain(share) else _("I’m {percent} sure.")
    return sentence.format(percent=percent(min(share, 0.99)))


def duration(seconds: float) -> str:
    """Format a duration in minutes or, if it is short, in seconds."""
    minutes = round(seconds / 60)
    if minutes > 1:
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=number(minutes))
    count = round(seconds)
    return ngettext("{count} second", "{count} seconds", count).format(count=number(count))


def listed(parts: list[str]) -> str:
    """Join phrases: “a, b, and c”."""
    from babel.lists import format_list

    return format_list(parts, locale=language())


def joined(*sentences: str) -> str:
    """Join sentences; some of them may be empty."""
    space = "" if language() in WITHOUT_SPACES else " "
    return space.join(filter(None, sentences))


def with_code(text: str) -> str:
    """Return text as HTML, with `code` for text in backticks."""
    return re.sub("`(.+?)`", r"<code>\1</code>", escape(text))
