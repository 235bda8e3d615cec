"""Update the catalogues from the code: `python -m page.languages`.

New sentences are added untranslated. A sentence that was changed keeps its translation, marked as
fuzzy: visitors read English until a person has confirmed it. Prints what is left to translate.
"""

from babel.messages.pofile import write_po

from page.languages import TRANSLATED, complete, load, path_of, template

catalogues = {}
for language in TRANSLATED:
    catalogue = load(language)
    created = catalogue.creation_date
    catalogue.update(template())
    catalogue.creation_date = created  # otherwise every run would change every file
    with path_of(language).open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
    catalogues[language] = catalogue

# Only once all files are written: `| head` ends the program at a print.
for language, catalogue in catalogues.items():
    missing = [message for message in catalogue if message.id and not complete(message)]
    print(f"{path_of(language).name}: {len(missing)} of {len(catalogue)} sentences to translate")
    for message in missing:
        sentence = message.id[0] if message.pluralizable else message.id
        print(f"  {message.locations[0][0]}: {sentence}{' (check)' if message.fuzzy else ''}")
