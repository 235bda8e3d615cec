"""Tests that need TensorFlow, and processes that run as if packages were not installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from training.optional import missing

needs_tensorflow = pytest.mark.skipif(bool(missing("tensorflow")), reason=missing("tensorflow"))


def hide_modules(folder: Path, *names: str) -> None:
    """Makes Python processes that have `folder` on their PYTHONPATH unable to import `names`."""
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({names!r}))\n"
    )


@contextmanager
def unloadable(*names: str) -> Iterator[None]:
    """Makes this process unable to import `names`."""
    kept = {name: sys.modules[name] for name in names if name in sys.modules}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(kept)
