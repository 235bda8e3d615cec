"""Standard error of the command-line programs: without chatter, and without loss."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = (
    "import os, sys, threading; from training.tf_logging import filter_stderr; filter_stderr()\n"
)


def run(program: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", START + program],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_chatter_of_libraries_is_left_out():
    done = run(
        "from digits import DigitClassifier\n"
        "DigitClassifier.load('model')\n"  # LiteRT says that it made a delegate
        "os.write(2, b'I0000 00:00:17 1 cudart_stub.cc:31] Could not find cuda drivers.\\n')\n"
        "print('ours', file=sys.stderr)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "ours\n")


def test_no_line_of_any_thread_is_lost():
    done = run(
        "def talk(name):\n"
        "    for number in range(2000):\n"
        "        os.write(2, f'INFO:     Uvicorn {name} {number}\\n'.encode())\n"
        "        os.write(2, b'INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\\n')\n"
        "threads = [threading.Thread(target=talk, args=(name,)) for name in range(4)]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
    )
    lines = [line.split() for line in done.stderr.splitlines()]
    assert len(lines) == 8000
    for name in range(4):
        numbers = [int(line[3]) for line in lines if line[2] == str(name)]
        assert numbers == list(range(2000))


def test_the_last_words_before_an_abrupt_end_are_shown():
    for end in ("os.abort()", "os._exit(3)", "os.kill(os.getpid(), 9)", "1 / 0", "sys.exit(3)"):
        done = run(f"os.write(2, b'the last words\\n')\n{end}")
        assert done.returncode != 0
        assert done.stderr.startswith("the last words\n"), end
        assert ("ZeroDivisionError" in done.stderr) == (end == "1 / 0")


def test_a_console_of_another_encoding_shows_the_nearest_text():
    done = subprocess.run(
        [sys.executable, "-c", (
            "from training.tf_logging import show_any_text; show_any_text(); "
            "print('“Ä→é”… 2×2 ━━ ψ')"
        )],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == '"A->e"... 2x2 -- ?\n'


@pytest.mark.slow
def test_the_libraries_redirect_nothing():
    done = subprocess.run(
        [sys.executable, "-c", (
            "import os\n"
            "before = os.fstat(2).st_ino\n"
            "from digits import DigitClassifier\n"
            "from evaluation import accuracy, baselines\n"
            "from training import data, export, network\n"
            "import train\n"
            "export.export(network.dense())\n"
            "baselines.Baseline(open('model/digits.tflite', 'rb').read())\n"
            "assert os.fstat(2).st_ino == before\n"
        )],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
