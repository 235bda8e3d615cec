"""Tests that need TensorFlow, and processes that run as if packages were not installed."""

from pathlib import Path

import pytest

from training.optional import missing

needs_tensorflow = pytest.mark.skipif(bool(missing("tensorflow")), reason=missing("tensorflow"))


def hide_modules(folder: Path, *names: str) -> None:
    """Makes Python processes that have `folder` on their PYTHONPATH unable to import `names`."""
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({names!r}))\n"
    )
