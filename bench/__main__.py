"""python -m bench [PART …] [--quick]: measures, prints a table and writes it as JSON."""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import api_part, live_part, page_parts, process_parts
from bench.pages import BARE, OPEN, OURS, ROOT, gradio, usual
from bench.table import Measure, as_table, machine, versions
from training.command_line import run

HERE = Path(__file__).parent
# In a virtual environment of its own, since Gradio needs another version of Pillow.
GRADIO_PYTHONS = (HERE / ".venv" / "bin" / "python", HERE / ".venv" / "Scripts" / "python.exe")
PARTS = (
    "predict", "batch", "page", "live", "start", "opening", "crowd", "load", "endurance", "api",
    "train",
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """How often each thing is done."""

    drawings: int = 20  # on each page
    starts: int = 3  # of each page
    crowd: int = 4  # drawings by each person
    endurance: int = 60  # drawings in one session
    sessions: int = 20
    predictions: int = 200
    batch: int = 10_000
    load: int = 6  # seconds of load on each HTTP server
    live: int = 20  # seconds that the live visitors without browsers draw
    seeds: int = 5  # of train.py --quick
    recipe_seeds: int = 2
    epochs: int = 15  # of Keras's recipe, at most


LONG = Counts(endurance=500, sessions=200)
QUICK = Counts(3, 1, 1, 20, 10, 20, 500, 1, 4, 1, 1, 1)


def main() -> int:
    args = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # SIGTERM ends the servers too
    counts = QUICK if args.quick else LONG if args.long else Counts()
    gradio_python = find_gradio()
    if gradio_python is None:
        print("No Gradio in bench/.venv: its page is left out (see bench/README.md).")
    report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "quick": args.quick,
        "machine": machine(),
        "versions": versions(gradio_python),
        "parts": {},
    }
    began = time.monotonic()
    measures = []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model.keras")
        if {"page", "start", "predict", "batch", "api"} & set(args.parts):
            print("Training a network for the usual pages…", flush=True)
            process_parts.train_for_pages(model)
        for part in args.parts:
            print(f"Measuring: {part}…", flush=True)
            part_began = time.monotonic()
            found = run_part(part, counts, model, gradio_python)
            measures += found
            report["parts"][part] = {
                "seconds": round(time.monotonic() - part_began, 1),
                "measures": [measure.as_json() for measure in found],
            }
    report["seconds"] = round(time.monotonic() - began, 1)
    report["table"] = as_table(measures)
    Path(args.out).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"\n{report['table']}\n\nWritten to {args.out} after {report['seconds']:.0f} seconds.")
    return 0


def run_part(part: str, counts: Counts, model: Path, gradio_python: str | None) -> list[Measure]:
    """Measures one part; `model` is what the usual pages load."""
    pages = [OURS, BARE, usual(model)]
    pages += [gradio(model, gradio_python)] if gradio_python else []
    match part:
        case "page":
            pages.insert(1, OPEN)
            pages.insert(4, usual(model, cached=True))
            return asyncio.run(page_parts.page(pages, counts.drawings))
        case "live":
            return asyncio.run(live_part.live(counts.drawings))
        case "opening":
            return asyncio.run(live_part.opening(counts.starts))
        case "load":
            return asyncio.run(live_part.load(counts.live))
        case "start":
            return asyncio.run(page_parts.start(pages, counts.starts))
        case "crowd":
            return asyncio.run(page_parts.crowd(counts.crowd))
        case "endurance":
            return asyncio.run(page_parts.endurance(counts.endurance, counts.sessions))
        case "predict":
            return by_itself(process_parts.predict, model, counts.predictions)
        case "batch":
            return by_itself(process_parts.batch, model, counts.batch)
        case "api":
            return api_part.api(model, counts.load)
        case _:
            return process_parts.train(counts.seeds, counts.recipe_seeds, counts.epochs)


def by_itself(part: Callable[..., list[Measure]], *inputs: Any) -> list[Measure]:
    """Runs a part in a new process, without TensorFlow from an earlier part."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(part, *inputs).result()


def find_gradio() -> str | None:
    """A Python that has Gradio, or None."""
    for python in (*GRADIO_PYTHONS, sys.executable):
        try:
            subprocess.run([python, "-c", "import gradio"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return str(python)
    return None


def commit() -> str | None:
    """The commit that was measured; None without git."""
    try:
        git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="tiny counts: does it work?")
    parser.add_argument(
        "--long", action="store_true", help="500 drawings and 200 sessions in the part endurance"
    )
    parser.add_argument("--out", metavar="FILE", default=str(HERE / "results.json"))
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}. There are {', '.join(PARTS)}.")
    args.parts = [part for part in PARTS if part in (args.parts or PARTS)]
    return args


if __name__ == "__main__":
    run(main, "bench")
