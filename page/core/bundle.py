"""Joins a script and the modules that it imports: Streamlit loads one script for a component."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "([^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)


def bundle(script: Path) -> str:
    """Return one module that holds a script and all that it imports, each in a scope of its own.

    Of ECMAScript's syntax it knows what the page needs: `import { a, b } from "./file.js";` and
    `export` before a named constant, function or class.
    """
    modules: dict[Path, str] = {}
    text = _link(script.resolve(), modules)
    return "\n".join([*modules.values(), text])


def _link(script: Path, modules: dict[Path, str]) -> str:
    """Return a script whose imports read from `modules`, and add to them what is missing."""

    def read(match: re.Match[str]) -> str:
        names, file = match.groups()
        path = (script.parent / file).resolve()
        if path not in modules:
            text = _link(path, modules)
            exports = ", ".join(_EXPORT.findall(text))
            modules[path] = (
                f"const {_name(path)} = (() => {{\n{_EXPORT.sub('', text)}\n"
                f"return {{ {exports} }};\n}})();"
            )
        return f"const {names} = {_name(path)};"

    return _IMPORT.sub(read, script.read_text("utf-8"))


def _name(path: Path) -> str:
    return re.sub(r"\W", "_", f"{path.parent.name}_{path.stem}")
