"""Arguments, errors and Ctrl-C of all command-line programs."""

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from digits import ModelError
from digits.card import CardError
from training.data import DataError
from training.optional import MissingPackageError
from training.unipen import PenFileError

# The user can fix these. Their messages are sentences.
REPORTED = (ModelError, CardError, DataError, MissingPackageError, PenFileError)


def natural(text: str) -> int:
    """Convert an argument to an integer that is not negative."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0 up")
    return int(text)


def positive(text: str) -> int:
    """Convert an argument to an integer above 0."""
    if natural(text) == 0:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def add_pens(parser: argparse.ArgumentParser, required: bool = False) -> None:
    """Add the argument --pens: a list of paths for `training.unipen.read_all`."""
    parser.add_argument(
        "--pens", metavar="PATH", action="append", default=[], required=required,
        help="real writers' handwriting: a UNIPEN distribution (.tgz, .zip or folder), or a pen "
        "file such as UCI's pendigits-orig.tra.gz; may be given several times",
    )  # fmt: skip


class Stop:
    """Handles SIGINT and SIGTERM."""

    requested = False

    def __call__(self, *_: Any) -> None:
        self.requested = True
        raise KeyboardInterrupt


def exit_status(main: Callable[[], int], name: str) -> int:
    """Run a program and return its exit status: 2 and a sentence for `REPORTED` and OSError.

    Args:
        main: returns the status if nothing goes wrong.
        name: of the program, at the start of the sentence.
    """
    try:
        return main()
    except REPORTED as error:
        reason = str(error)
    except OSError as error:
        reason = f"a file could not be read or written: {error}. No files were changed."
    print(f"{name}: {reason}", file=sys.stderr)
    return 2


def run(main: Callable[[], int], name: str) -> None:
    """Run a program and exit; print a sentence after Ctrl-C and SIGTERM, too."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its errors become exceptions
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # some consoles can't show “…”
            stream.reconfigure(errors="replace")
    stop = Stop()
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a shell's background jobs ignore it
        signal.signal(signal.SIGINT, stop)
    try:
        sys.exit(exit_status(main, name))
    except BaseException:  # TensorFlow turns KeyboardInterrupt into other exceptions
        if not stop.requested:
            raise
        print(f"\n{name}: stopped. No files were changed.", file=sys.stderr)
        sys.exit(130)
