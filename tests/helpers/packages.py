"""Mark tests that need TensorFlow, and hide packages from processes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from training.optional import missing

needs_tensorflow = pytest.mark.skipif(bool(missing("tensorflow")), reason=missing("tensorflow"))


def hide_modules(folder: Path, *names: str) -> None:
    """Prevent Python processes with `folder` on their PYTHONPATH from importing `names`."""
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({names!r}))\n"
    )


@contextmanager
def unloadable(*names: str) -> Iterator[None]:
    """Prevent this process from importing `names`."""
    kept = {name: sys.modules[name] for name in names if name in sys.modules}
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(kept)
