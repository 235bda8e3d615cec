"""The catalogues: each language's translations of what visitors read (see `page.core.text`)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from page.core.text import CATALOGUES, LANGUAGES, SOURCE

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != SOURCE]


def path_of(language: str) -> Path:
    """The path of a language's catalogue."""
    return CATALOGUES / f"{language}.po"


def template() -> Catalog:
    """All sentences in the code of the pages, untranslated, with their files."""
    found = Catalog(fuzzy=False)
    for file in [ROOT / "app.py", *sorted((ROOT / "page").rglob("*.py"))]:
        name = file.relative_to(ROOT).as_posix()
        for sentence in sentences(file.read_text("utf-8")):
            found.add(sentence, locations=[(name, None)])
    return found


def sentences(code: str) -> Iterator[str | tuple[str, ...]]:
    """The sentences in Python code, in order; plural sentences as pairs of both English forms.

    Babel's own extraction does not look into f-strings before Python 3.12.
    """
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        match call.func, call.args:
            case ast.Name("_" | "N_"), [ast.Constant(str(sentence))]:
                yield sentence
            case ast.Name("ngettext"), [ast.Constant(str(one)), ast.Constant(str(many)), _]:
                yield one, many


def load(language: str) -> Catalog:
    """A language's catalogue; an empty one for a new language."""
    if not path_of(language).exists():
        return Catalog(locale=language, project="Draw a digit", fuzzy=False)
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def complete(message: Message) -> bool:
    """Whether a sentence has a confirmed translation, in all of the language's plural forms."""
    translated = all(message.string) if message.pluralizable else bool(message.string)
    return translated and not message.fuzzy
