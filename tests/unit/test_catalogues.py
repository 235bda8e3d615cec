"""The catalogues: each language has every sentence, complete and in all plural forms."""

import re
import warnings

import pytest
from babel.messages.catalog import Catalog

from page.core import text as words
from page.core.text import SOURCE, catalogue
from page.languages import TRANSLATED, complete, load, sentences, template

# In Arabic, the plural forms for none, one and two name the number without a placeholder.
EXACT = {"ar": 3}


def placeholders(sentence: str) -> list[str]:
    """The placeholders, tags and code in a sentence, sorted."""
    return sorted(re.findall(r"{\w+}|<[^>]+>|`[^`]+`", sentence))


@pytest.fixture(params=TRANSLATED)
def spoken(request, monkeypatch):
    """The language of a visitor."""
    monkeypatch.setattr(words, "language", lambda: request.param)
    return request.param


def test_finds_sentences_wherever_they_are():
    code = (
        """f"<p>{_('in an f-string')}</p>"; N_("a " "b"); ngettext("one", "many", n); _(variable)"""
    )
    assert list(sentences(code)) == ["in an f-string", "a b", ("one", "many")]


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_the_placeholders(language):
    for message in load(language):
        if not message.id or not complete(message):
            continue
        forms = message.string if message.pluralizable else (message.string,)
        originals = message.id if message.pluralizable else (message.id,)
        for place, form in enumerate(forms):
            assert form == form.strip()
            if message.pluralizable and place < EXACT.get(language, 0):
                continue
            assert placeholders(form) == placeholders(originals[-1]), f"{language}: {form}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_most_sentences_are_translated(language):
    """Browsers choose a language by themselves, so most of it must be translated.

    A few missing sentences only cause a warning: visitors read them in English.
    """
    found = {message.id: message for message in load(language) if message.id}
    wanted = [message.id for message in template() if message.id]
    done = sum(sentence in found and complete(found[sentence]) for sentence in wanted)
    if done < len(wanted):
        warnings.warn(
            f"{language}: {len(wanted) - done} of {len(wanted)} sentences are not translated. Run "
            "`python -m page.languages`, which lists them; see CONTRIBUTING.md.",
            stacklevel=1,
        )
    assert done > 0.5 * len(wanted), (
        f"{language}: translate more than half of the sentences, or take it out of LANGUAGES"
    )


def test_a_changed_sentence_keeps_its_translation_as_fuzzy():
    catalogue = Catalog(locale="de", fuzzy=False)
    catalogue.add("Draw a digit from zero to nine.", "Zeichne eine Ziffer von null bis neun.")
    changed = Catalog(fuzzy=False)
    changed.add("Draw any digit from zero to nine.")
    catalogue.update(changed)
    (message,) = [message for message in catalogue if message.id]
    assert message.string == "Zeichne eine Ziffer von null bis neun."
    assert message.fuzzy and not complete(message)


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_are_complete(language):
    found = load(language)
    for message in found:
        if message.id and message.pluralizable:
            assert len(message.string) == found.num_plurals
    one, many = "{count} second", "{count} seconds"
    if not complete(found.get((one, many))):
        pytest.skip("not translated yet")
    said = {catalogue(language).ngettext(one, many, count) for count in range(200)}
    forms = {form for form in found.get((one, many)).string}
    assert said == forms


def test_numbers_are_written_as_the_language_does(spoken):
    expected = {
        "de": ("99\xa0%", "12.345,6"),
        "fr": ("99\xa0%", "12\u202f345,6"),
        "es": ("99\xa0%", "12.345,6"),
    }
    latin = re.compile(r"[0-9.,\s%>]+")
    if spoken in expected:
        assert (words.percent(0.99), words.number(12345.6, 1)) == expected[spoken]
    assert latin.fullmatch(words.percent(0.421)) and latin.fullmatch(words.number(12345.6, 1))
    assert words.percent(0.999).startswith(">")


def test_each_digit_is_named_by_its_digit(spoken):
    """The page enlarges the digit in the answer, so it must occur exactly once."""
    for digit in range(10):
        assert re.findall(r"\d", words.a_digit(digit)) == [str(digit)]


def test_english_needs_no_catalogue():
    assert catalogue(SOURCE).gettext("Look inside") == "Look inside"


def test_sentences_are_joined_as_the_language_does(spoken):
    space = "" if spoken in ("zh", "ja") else " "
    assert words.joined("One.", "", "Two.") == f"One.{space}Two."
