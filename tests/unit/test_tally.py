"""The tally loses nothing that it has confirmed, and counts nothing twice."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from handwriting.pen import NO_DIGIT
from page.tally.counts import Tally, TallyError, score
from tests.helpers.servers import ROOT, TIMEOUT

# Counts answers, and prints a line after each.
TAPS = """
import sys, types
from pathlib import Path
sys.modules["page.core.settings"] = types.SimpleNamespace(TALLY=None)  # importing Streamlit is slow
from page.tally.counts import Tally
path, who, count = sys.argv[1:]
tally = Tally(Path(path))
for number in range(int(count)):
    tally.add(f"{who} {number}", number % 10, number % 10)
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tally.sqlite"


def tapping(path, who: str, count: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", TAPS, str(path), who, str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def total(path) -> int:
    return sum(Tally(path).counts().values())


def test_counts_what_was_taken_for_what(path):
    tally = Tally(path)
    assert score(tally.counts()) == (0, 0)
    tally.add("one", 7, 7)
    tally.add("two", 7, 1)
    tally.add("three", NO_DIGIT, NO_DIGIT)
    tally.add("four", 7, 1)
    assert tally.counts() == {(7, 7): 1, (1, 7): 2, (10, 10): 1}
    assert score(tally.counts()) == (2, 4)
    tally.clear()
    assert Tally(path).counts() == {}


def test_a_second_tap_on_the_same_answer_does_not_count(path):
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda meant: Tally(path).add("the drawing", 4, meant), range(8)):
            pass
    assert total(path) == 1


def test_survives_kill_in_the_midst_of_taps(path):
    promised = 0
    for round in range(3):
        process = tapping(path, f"round {round}", 1_000_000)
        counted = [process.stdout.readline() for _ in range(20)]
        process.kill()
        # Not by `communicate`, which would skip what `readline` has buffered.
        rest = process.stdout.read().split()
        process.wait(TIMEOUT)
        promised += len(counted) + len(rest)
        # One more may be counted in each round, without a confirmation.
        assert promised <= total(path) <= promised + round + 1
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_processes_at_once_lose_nothing(path):
    both = [tapping(path, who, 100) for who in ("one", "other")]
    for process in both:
        process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0
    assert total(path) == 200


def test_keeps_numbers_only(path):
    Tally(path).add("the drawing", 4, 9)
    with sqlite3.connect(path) as file:
        (row,) = file.execute("SELECT * FROM answers")
    assert row[:3] == ("the drawing", 4, 9)
    assert isinstance(row[3], int) and len(row) == 4


@pytest.mark.parametrize("damage", ["no such folder", "a folder", "another file"])
def test_a_file_that_can_not_be_used_is_said_to_be(path, damage, caplog):
    if damage == "no such folder":
        path = path / "in" / "none.sqlite"
    elif damage == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"These are notes, and no tally." * 100)
    for use in (Tally(path).counts, Tally(path).clear, lambda: Tally(path).add("one", 1, 1)):
        with pytest.raises(TallyError):
            use()
    assert str(path) in caplog.text
