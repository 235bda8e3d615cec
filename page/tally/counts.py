"""Counts how often the answer was right according to the visitors, if the presenter wants that.

An SQLite file holds the answers, what visitors meant, and the times. It never holds a drawing.
"""

from __future__ import annotations

import functools
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from page.core.settings import TALLY

TIMEOUT = 5  # seconds to wait while another process writes


class TallyError(Exception):
    """The file can't be used. The message is the operating system's, for the presenter."""


class Tally:
    """Counts in an SQLite file, which threads and processes may share.

    Each answer is one transaction and is on the disk when `add` returns. A process that is killed
    meanwhile leaves an intact file.
    """

    def __init__(self, path: Path):
        """Set the path of the file. It is created on first use."""
        self._path = path

    def add(self, drawing: str, said: int, meant: int) -> None:
        """Count an answer, unless one for the same drawing is counted already.

        Args:
            drawing: a unique identifier of the drawing.
            said: the answer: 0-9 or `pen.NO_DIGIT`.
            meant: what the visitor meant: 0-9 or `pen.NO_DIGIT`.

        Raises:
            TallyError: the file can't be opened or written.
        """
        with self._open() as file:
            file.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)",
                (drawing, said, meant, int(time.time())),
            )

    def counts(self) -> dict[tuple[int, int], int]:
        """Return how often each meaning got each answer.

        Returns:
            Counts by (meant, said).

        Raises:
            TallyError: the file can't be opened.
        """
        with self._open() as file:
            rows = file.execute("SELECT meant, said, count(*) FROM answers GROUP BY meant, said")
            return {(meant, said): count for meant, said, count in rows}

    def clear(self) -> None:
        """Delete all counts.

        Raises:
            TallyError: the file can't be opened or written.
        """
        with self._open() as file:
            file.execute("DELETE FROM answers")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction."""
        try:
            with closing(sqlite3.connect(self._path, timeout=TIMEOUT)) as file, file:
                file.execute("BEGIN IMMEDIATE")
                file.execute(
                    "CREATE TABLE IF NOT EXISTS answers ("
                    "drawing TEXT PRIMARY KEY, said INTEGER NOT NULL, "
                    "meant INTEGER NOT NULL, at INTEGER NOT NULL)"
                )
                yield file
        except sqlite3.Error as error:
            logging.error("The tally “%s” can't be used: %s.", self._path, error)
            raise TallyError(str(error)) from None


@functools.cache
def tally() -> Tally | None:
    """Return the tally in the file that DIGITS_TALLY names; None if that isn't set."""
    return Tally(Path(TALLY)) if TALLY else None


def score(counts: dict[tuple[int, int], int]) -> tuple[int, int]:
    """Return how many answers were right, and how many there are, from `Tally.counts`."""
    right = sum(count for (meant, said), count in counts.items() if meant == said)
    return right, sum(counts.values())
