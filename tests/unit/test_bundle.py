"""Scripts joined for Streamlit."""

import shutil
import subprocess
from pathlib import Path

import pytest

from page.core.bundle import bundle
from tests.helpers.servers import ROOT

SCRIPTS = {
    path for path in (ROOT / "page").rglob("*.js") if "export default" in path.read_text("utf-8")
}


def run(script: str, folder: Path) -> str:
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    file = folder / "bundle.mjs"
    file.write_text(script, "utf-8")
    return subprocess.run(["node", file], check=True, capture_output=True, text=True).stdout


def test_each_module_comes_once_and_in_a_scope_of_its_own(tmp_path):
    (tmp_path / "deep.js").write_text(
        'const secret = "deep";\nlet count = 0;\n'
        "export const next = () => ++count;\nexport class Box {}\n"
        "export async function later() {\n  return secret;\n}\n"
    )
    (tmp_path / "middle.js").write_text(
        'import { next } from "./deep.js";\nconst secret = "middle";\n'
        "export function tell() {\n  return secret + next();\n}\n"
    )
    (tmp_path / "main.js").write_text(
        'import {\n  Box,\n  later,\n  next,\n} from "./deep.js";\n'
        'import { tell } from "./middle.js";\nconst secret = "main";\n'
        "export default function () {}\n"
        "console.log(secret, tell(), next(), typeof Box, await later());\n"
    )
    script = bundle(tmp_path / "main.js")
    assert run(script, tmp_path) == "main middle1 2 function deep\n"


@pytest.mark.parametrize("script", sorted(SCRIPTS), ids=lambda path: path.stem)
def test_the_pages_scripts_need_nothing_else(script):
    text = bundle(script)
    assert "\nimport " not in text
    assert [line for line in text.splitlines() if line.startswith("export ")] == [
        line for line in text.splitlines() if line.startswith("export default ")
    ]
