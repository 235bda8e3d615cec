"""Additions to the HTML page: preload links, and a sentence that appears without a connection.

Streamlit loads the script of an element type when the first such element arrives over the
WebSocket, and the canvas's script after that. Preload links make the browser load them earlier.
"""

from __future__ import annotations

import json
import logging
from importlib.util import find_spec
from pathlib import Path

import streamlit

from page.core.text import LANGUAGES, N_, RIGHT_TO_LEFT, SOURCE, catalogue

ELEMENTS = ("BidiComponent", "Button", "Html", "PageLink", "Radio")  # of the first page
CANVAS = "streamlit-drawable-canvas.streamlit_drawable_canvas"

BLOCKED = N_(
    "Still nothing? A web filter or a firewall may be blocking WebSockets. "
    "Please try another network."
)


def blocked_html(accept_language: str) -> str:
    """Return a sentence that appears where the page can't connect: see base.css.

    Args:
        accept_language: the request's header (RFC 9110, 12.5.4). Only its order counts.
    """
    from babel import negotiate_locale

    preferred = [part.partition(";")[0].strip() for part in accept_language.split(",")]
    language = negotiate_locale(preferred, LANGUAGES, sep="-") or SOURCE
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    words = catalogue(language).gettext(BLOCKED)
    return f'<p class="blocked" lang="{language}" dir="{direction}">{words}</p>'


def preload_html() -> str:
    """Return preload links to these scripts; "" if Streamlit or the canvas is built differently."""
    try:
        files = [f"./{file}" for file in _streamlit_scripts()]
        package = find_spec("streamlit_drawable_canvas").origin  # importing it needs a running page
        (script,) = Path(package).parent.glob("frontend/build/index-*.js")
        files.append(f"./_stcore/bidi-components/{CANVAS}/{script.name}")
    except (OSError, AttributeError, KeyError, ValueError) as error:
        logging.warning("The page opens more slowly: it finds no scripts to preload (%s).", error)
        return ""
    return "".join(f'<link rel="modulepreload" crossorigin href="{file}">' for file in files)


def _streamlit_scripts() -> list[str]:
    """Return the scripts of ELEMENTS and their imports, except those named in the HTML page."""
    manifest = json.loads((Path(streamlit.__file__).parent / "static/manifest.json").read_text())
    named = _with_imports(manifest, ["index.html"])
    entries = [key for key, chunk in manifest.items() if chunk.get("name") in ELEMENTS]
    if len(entries) != len(ELEMENTS):
        raise ValueError("Streamlit's manifest lacks some of the page's elements")
    return [manifest[key]["file"] for key in _with_imports(manifest, entries) if key not in named]


def _with_imports(manifest: dict[str, dict], entries: list[str]) -> list[str]:
    """Return entries of Vite's manifest and everything that they import."""
    found: dict[str, None] = {}
    while entries:
        key = entries.pop()
        if key not in found:
            found[key] = None
            entries += manifest[key].get("imports", [])
    return list(found)
