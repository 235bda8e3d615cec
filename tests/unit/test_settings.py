"""The settings: docs/settings.md lists exactly those that exist, and bad ones are explained."""

import os
import re
import subprocess
import sys

from service.settings import Settings
from tests.helpers.servers import ROOT

CODE = ("app.py", "api.py", "cluster.py", "train.py", "digits", "page", "service", "training")


def documented() -> dict[str, str]:
    """The variables in docs/settings.md with their defaults."""
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    return dict(re.findall(r"^\| `(DIGITS_\w+)` \|.*\| (.+?) \|$", text, re.MULTILINE))


def in_code() -> set[str]:
    files = [file for part in CODE for file in (ROOT / part, *(ROOT / part).rglob("*.py"))]
    code = "".join(file.read_text("utf-8") for file in files if file.is_file())
    names = {name.rstrip("_") for name in re.findall(r"DIGITS_[A-Z_]+", code)}
    return (names | {f"DIGITS_{name}".upper() for name in Settings.model_fields}) - {"DIGITS"}


def test_every_setting_is_documented_once():
    assert set(documented()) == in_code()


def test_the_defaults_are_right():
    for name, field in Settings.model_fields.items():
        default = documented()[f"DIGITS_{name}".upper()].strip("`")
        if default.isdecimal():
            assert field.default == int(default), name


def test_seconds_that_are_no_number_are_quoted():
    done = subprocess.run(
        [sys.executable, "-c", "import page.core.settings"],
        env={**os.environ, "DIGITS_KIOSK_SECONDS": "soon"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "DIGITS_KIOSK_SECONDS is “soon”" in done.stderr and "Traceback" not in done.stderr
