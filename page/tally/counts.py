"""How often it was right, as visitors say: kept in SQLite where the presenter switched it on.

Only counts are kept: what was said, what was meant, and when. Never a drawing.
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

NO_DIGIT = 10  # said or meant: none of the ten
TIMEOUT = 5  # seconds to wait while somebody else writes


class TallyError(Exception):
    """The tally can't be kept. The message is the system's, for the presenter."""


class Tally:
    """Counts in an SQLite file. Any number of threads and processes may share the file.

    Each answer is one transaction, on the disk when `add` returns: a program that is killed
    meanwhile leaves it counted or not counted, and the file whole.
    """

    def __init__(self, path: Path):
        """Takes the file's path. It is made with the first answer, or when it is looked at."""
        self._path = path

    def add(self, drawing: str, said: int, meant: int) -> None:
        """Counts an answer, unless it is counted already.

        Args:
            drawing: a name of its own for each drawing that was answered.
            said: 0-9 or NO_DIGIT.
            meant: the same, as the visitor says.

        Raises:
            TallyError: the file can't be opened or written.
        """
        with self._open() as file:
            file.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)",
                (drawing, said, meant, int(time.time())),
            )

    def taken(self) -> dict[tuple[int, int], int]:
        """How often what was meant was taken for what.

        Returns:
            Counts by (meant, said).

        Raises:
            TallyError: the file can't be opened.
        """
        with self._open() as file:
            rows = file.execute("SELECT meant, said, count(*) FROM answers GROUP BY meant, said")
            return {(meant, said): count for meant, said, count in rows}

    def clear(self) -> None:
        """Forgets all.

        Raises:
            TallyError: the file can't be opened or written.
        """
        with self._open() as file:
            file.execute("DELETE FROM answers")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, for one transaction; with a connection of its own for each thread."""
        try:
            with closing(sqlite3.connect(self._path, timeout=TIMEOUT)) as file:
                # Both are SQLite's own defaults, and what the promise above rests on.
                file.execute("PRAGMA journal_mode = DELETE")
                file.execute("PRAGMA synchronous = FULL")
                with file:
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
    """The tally that DIGITS_TALLY names; None where it is switched off."""
    return Tally(Path(TALLY)) if TALLY else None


def score(taken: dict[tuple[int, int], int]) -> tuple[int, int]:
    """How often it was right, and of how many: from `Tally.taken`."""
    right = sum(count for (meant, said), count in taken.items() if meant == said)
    return right, sum(taken.values())
