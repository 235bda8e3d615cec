"""What the command-line programs do to their console: no chatter, and any text can be shown.

The C++ code of TensorFlow and LiteRT writes start-up chatter straight to file descriptor 2, and no
environment variable silences all of it. Only a program may redirect its own standard error: a
library that does loses what other threads write meanwhile. So nothing here is called by a library,
and nothing is held back or reordered.
"""

import atexit
import codecs
import contextlib
import io
import os
import re
import subprocess
import sys
import unicodedata
from typing import Any

# Information, and that there is no GPU or that a fast path is not for this processor.
CHATTER = re.compile(
    rb"INFO: Created TensorFlow Lite|I0000 |WARNING: All log messages before absl::"
    rb"|E0000 .*(cuInit|oneDNN supports)"
)
PLAIN = str.maketrans(
    {"“": '"', "”": '"', "’": "'", "×": "x", "–": "-", "−": "-", "→": "->", "━": "-"}
)
DRAIN_TIMEOUT_S = 2  # for the last lines, in case a child process keeps the pipe open


def filter_stderr() -> None:
    """Leaves chatter out of this process's standard error from now on. For a program's first line.

    Each line goes through a small process of its own, which outlives this one: the last words of a
    program that aborts, or is killed, are shown too.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors still show
    # Out of reach of Ctrl-C, which is meant for the program.
    apart: dict[str, Any]
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        apart = {"start_new_session": True}
    shown = os.dup(2)
    command = [sys.executable, "-I", "-S", __file__]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=shown, **apart
    )
    os.dup2(process.stdin.fileno(), 2)
    process.stdin.close()

    @atexit.register
    def drain() -> None:
        sys.stderr.flush()
        os.dup2(shown, 2)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(DRAIN_TIMEOUT_S)


def show_any_text() -> None:
    """Lets standard output and error show whatever the console's encoding lacks as plain ASCII.

    On a console of another encoding than UTF-8, `print("…")` would raise UnicodeEncodeError. To be
    called before `filter_stderr`: a stream that was opened on a file can't be set up once its
    descriptor is a pipe.
    """
    codecs.register_error("nearest", _nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nearest")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end].translate(PLAIN)
    parts = unicodedata.normalize("NFKD", text)  # a letter, and its accent apart
    text = "".join(part for part in parts if not unicodedata.combining(part))
    return text.encode("ascii", "replace").decode("ascii"), error.end


def _pass_on() -> None:
    """The filter's process: shows each line that is not chatter."""
    for line in sys.stdin.buffer:
        if not CHATTER.match(line):
            with contextlib.suppress(OSError):  # nobody reads; but whoever writes must not stop
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()


if __name__ == "__main__":
    _pass_on()
