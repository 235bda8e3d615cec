"""Keeps TensorFlow's and LiteRT's start-up chatter from the user's eyes, and nothing else."""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# What C++ code writes straight to standard error, whatever the log level: information, and that
# there is no graphics card, or that a fast path is not for this processor.
CHATTER = re.compile(
    rb"INFO: |I0000 |WARNING: All log messages before absl::|E0000 .*(cuInit|oneDNN supports)"
)

_one_at_a_time = threading.Lock()


@contextmanager
def without_chatter() -> Iterator[None]:
    """Holds back standard error meanwhile, then passes on every line that is no chatter."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # warnings too; errors still show
    with _one_at_a_time, tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        standard_error = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(standard_error, 2)
            held.seek(0)
            for line in held:
                if not CHATTER.match(line):
                    os.write(2, line)
            os.close(standard_error)


def wake_tensorflow() -> None:
    """Imports TensorFlow and has it look for graphics cards: its two occasions to talk."""
    with without_chatter():
        import tensorflow as tf

        tf.config.list_physical_devices()
