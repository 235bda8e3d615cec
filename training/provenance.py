"""Records how a model was made."""

from __future__ import annotations

import argparse
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digits.card import MnistSource
from training.data import Mnist

if TYPE_CHECKING:
    import keras

PACKAGES = ("tensorflow", "keras", "numpy", "pillow")


def command(*program: str) -> str:
    """Return the command line, without the folders of this computer.

    Args:
        program: the words after "python": "train.py", or "-m" and a module.
    """
    arguments = [re.sub(r"^(--[\w-]+=)?.*[\\/]", r"\1", word) for word in sys.argv[1:]]
    return shlex.join(["python", *program, *arguments])


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of these packages."""
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def now() -> str:
    """Return the date and time in UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def facts(model: keras.Model, mnist: Mnist, args: argparse.Namespace) -> dict[str, Any]:
    """Describe how a model was made, as fields of the model card."""
    return {
        "parameters": model.count_params(),
        "classes": int(model.output_shape[1]),
        "epochs": args.epochs,
        "batch_size": args.batch_size,
        "seed": args.seed,
        "quick": args.quick,
        "data": MnistSource(Path(mnist.source).name, mnist.checksum, mnist.canonical),
        "trained": now(),
        "command": command("train.py"),
        "commit": commit(),
        "versions": versions(PACKAGES),
    }


def commit() -> str | None:
    """Return the commit of the program, with "+changes" if files differ; None without git."""
    try:
        git = ["git", "-C", str(Path(__file__).resolve().parents[1])]
        options: dict[str, Any] = {"capture_output": True, "text": True, "check": True}
        head = subprocess.run([*git, "rev-parse", "HEAD"], **options).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], **options).stdout
        return head + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None
