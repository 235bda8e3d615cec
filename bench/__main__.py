"""python -m bench [PART …] [--quick]: measures, and prints the tables of docs/speed.md."""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import api_part, live_part, page_parts, process_parts
from bench.pages import BARE, OURS, gradio, usual
from bench.table import Measure, as_table, circumstances
from training.command_line import run

HERE = Path(__file__).parent
# In a virtual environment of its own, since Gradio needs another version of Pillow.
GRADIO_PYTHONS = (HERE / ".venv" / "bin" / "python", HERE / ".venv" / "Scripts" / "python.exe")
TABLES = {
    "While somebody draws": ("page", "start", "live", "load"),
    "Over HTTP": ("api",),
    "The reader alone, and training": ("predict", "train"),
}
PARTS = [part for parts in TABLES.values() for part in parts]


@dataclass(frozen=True)
class Counts:
    """How often, or how long, each thing is done."""

    drawings: int = 20  # on each page
    starts: int = 3  # of each page
    predictions: int = 200
    batch: int = 10_000
    api: int = 6  # seconds of load on each HTTP server
    load: int = 10  # seconds that visitors without browsers draw
    seeds: int = 2  # of train.py --quick
    epochs: int = 15  # of Keras's recipe, at most


QUICK = Counts(3, 1, 20, 500, 1, 4, 1, 1)


def main() -> int:
    args = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # SIGTERM ends the servers too
    gradio_python = find_gradio()
    if gradio_python is None:
        print("No Gradio in bench/.venv: its page is left out (see bench/README.md).")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model.keras")
        if set(args.parts) - {"live", "load", "train"}:
            print("Training a network for the usual pages…", file=sys.stderr)
            process_parts.train_for_pages(model)
        for title, parts in TABLES.items():
            measures = []
            for part in [part for part in parts if part in args.parts]:
                print(f"Measuring: {part}…", file=sys.stderr)
                counts = QUICK if args.quick else Counts()
                measures += run_part(part, counts, model, gradio_python)
            if measures:
                print(f"\n## {title}\n\n{as_table(measures)}", flush=True)
    print(f"\n{circumstances(gradio_python)}")
    return 0


def run_part(part: str, counts: Counts, model: Path, gradio_python: str | None) -> list[Measure]:
    """Measure one part; `model` is what the usual pages load."""
    pages = [OURS, BARE, usual(model)]
    pages += [gradio(model, gradio_python)] if gradio_python else []
    match part:
        case "page":
            cached = usual(model, cached=True)
            return asyncio.run(page_parts.page([*pages, cached], counts.drawings))
        case "start":
            return asyncio.run(page_parts.start(pages, counts.starts))
        case "live":
            return asyncio.run(live_part.live(counts.drawings))
        case "load":
            return asyncio.run(live_part.load(counts.load))
        case "api":
            return api_part.api(model, counts.api)
        case "predict":
            return by_itself(process_parts.predict, model, counts.predictions, counts.batch)
        case _:
            return process_parts.train(counts.seeds, counts.epochs)


def by_itself(part: Callable[..., list[Measure]], *inputs: Any) -> list[Measure]:
    """Run a part in a new process, without TensorFlow from an earlier part."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(part, *inputs).result()


def find_gradio() -> str | None:
    """Return a Python that has Gradio, or None."""
    for python in (*GRADIO_PYTHONS, sys.executable):
        try:
            subprocess.run([python, "-c", "import gradio"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return str(python)
    return None


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="tiny counts: does it work?")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}. There are {', '.join(PARTS)}.")
    args.parts = args.parts or PARTS
    return args


if __name__ == "__main__":
    run(main, "bench")
