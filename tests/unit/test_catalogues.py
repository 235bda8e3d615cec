"""The catalogues: each language has every sentence, whole, and in all of its plural forms."""

import re

import pytest

from page.core import text as words
from page.core.text import SOURCE, catalogue
from page.languages import TRANSLATED, complete, load, sentences, template

# The same in both languages, and rightly so.
SAME = {
    "fr": {"{count} minute", "{count} minutes", "Photo"},
}
# Arabic has forms for none, one and two, which say the number without a digit.
EXACT = {"ar": 3}


def placeholders(sentence: str) -> list[str]:
    """What is filled in or marked up, in any order."""
    return sorted(re.findall(r"{\w+}|<[^>]+>|`[^`]+`", sentence))


@pytest.fixture(params=TRANSLATED)
def spoken(request, monkeypatch):
    """A language, as if a visitor spoke it."""
    monkeypatch.setattr(words, "language", lambda: request.param)
    return request.param


def test_finds_sentences_wherever_they_are():
    code = (
        """f"<p>{_('in an f-string')}</p>"; N_("a " "b"); ngettext("one", "many", n); _(variable)"""
    )
    assert list(sentences(code)) == ["in an f-string", "a b", ("one", "many")]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language):
    wanted, found = template(), load(language)
    cure = "run `python -m page.languages`, and translate what is new (see CONTRIBUTING.md)"
    assert {message.id for message in found} == {message.id for message in wanted}, cure
    for message in found:
        if not message.id:
            continue
        assert complete(message), f"{language}: {message.id} is not translated"
        forms = message.string if message.pluralizable else (message.string,)
        originals = message.id if message.pluralizable else (message.id,)
        for place, form in enumerate(forms):
            assert form == form.strip()
            if message.pluralizable and place < EXACT.get(language, 0):
                continue
            assert placeholders(form) == placeholders(originals[-1]), f"{language}: {form}"
            same = form in originals and any(map(str.isalpha, re.sub("{.*?}", "", form)))
            assert not same or form in SAME.get(language, ()), f"{language}: {form} is English"


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_are_complete(language):
    found = load(language)
    for message in found:
        if message.id and message.pluralizable:
            assert len(message.string) == found.num_plurals
    one, many = "{count} second", "{count} seconds"
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
    """The page enlarges the digit in the answer: it must be there, once."""
    for digit in range(10):
        assert re.findall(r"\d", words.a_digit(digit)) == [str(digit)]


def test_english_needs_no_catalogue():
    assert catalogue(SOURCE).gettext("Look inside") == "Look inside"
