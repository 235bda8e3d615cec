"""Bundle a script with the modules it imports: Streamlit loads one script per component."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "([^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)


def bundle(script: Path) -> str:
    """Return a single module with a script and its imports, each in its own scope.

    Only the syntax that the page needs is supported: `import { a, b } from "./file.js";` and
    `export` before a named constant, function or class.
    """
    modules: dict[Path, str] = {}
    text = _link(script.resolve(), modules)
    return "\n".join([*modules.values(), text])


def _link(script: Path, modules: dict[Path, str]) -> str:
    """Return a script whose imports refer to `modules`, and add the missing modules to these."""

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
