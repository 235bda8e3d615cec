"""Brings the catalogues up to date with the code: `python -m page.languages`.

New sentences are added untranslated, those that are gone are removed, and a language that has no
catalogue yet gets one. Prints what is left to translate.
"""

from babel.messages.pofile import write_po

from page.languages import TRANSLATED, complete, load, path_of, template

for language in TRANSLATED:
    catalogue = load(language)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path_of(language).open("wb") as file:
        # Without dates and line numbers, which would change with every change of the code.
        write_po(file, catalogue, width=100, include_lineno=False, omit_header=True)
    missing = [message for message in catalogue if message.id and not complete(message)]
    print(f"{path_of(language).name}: {len(missing)} of {len(catalogue)} sentences to translate")
    for message in missing:
        sentence = message.id[0] if message.pluralizable else message.id
        print(f"  {message.locations[0][0]}: {sentence}")
