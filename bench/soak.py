"""Endurance test: short visits beside a screen in attract mode, for hours.

`python -m bench.soak` appends what the server and the browser hold to a CSV file. Started again
with the same file, it continues until the hours of all runs add up.
"""

import argparse
import asyncio
import csv
import signal
import sys
import time
from dataclasses import astuple, dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from statistics import mean

import psutil
from websockets import WebSocketException

from bench.live_part import Client
from bench.pages import OURS, Server, chromium, serve

KIOSK = replace(OURS, environment={"DIGITS_KIOSK_SECONDS": "5"})
VISITORS = 3  # at a time
PAUSE = 2  # seconds from a visit to the next
INTERVAL = 30  # seconds between samples
# Streamlit keeps a session for two minutes after its visitor has left. Until then, a server grows.
SETTLED = 3  # minutes
HEAD = ("run", "minutes", "visits", "failed", "server", "its open files", "browser of the screen")


@dataclass
class Sample:
    """What a run has done and what it occupies."""

    run: int  # from 1
    minutes: float = 0  # since the run began
    visits: int = 0
    failed: int = 0  # visits without the right answer
    server_mb: float = 0
    files: int = 0  # descriptors that the server holds
    browser_mb: float = 0


async def soak(minutes: float, now: Sample, log: Path) -> None:
    """Simulate visits for some minutes, and append a sample every `INTERVAL`."""
    async with chromium() as browser:
        with serve(KIOSK) as server:
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            await page.goto(f"{server.url}/?kiosk", timeout=0)
            until = time.monotonic() + 60 * minutes
            async with asyncio.TaskGroup() as tasks:
                for _ in range(VISITORS):
                    tasks.create_task(_visit(server, now, until))
                tasks.create_task(_watch(server, now, until, log))


async def _visit(server: Server, now: Sample, until: float) -> None:
    while time.monotonic() < until:
        client = Client(server.url, now.visits % 10)
        try:
            await client.call_in()
        except (OSError, WebSocketException):
            client.lost += 1
        now.visits += 1
        now.failed += client.lost + client.wrong
        await asyncio.sleep(PAUSE)


async def _watch(server: Server, now: Sample, until: float, log: Path) -> None:
    began = time.monotonic()
    while time.monotonic() < until:
        await asyncio.sleep(INTERVAL)
        family = psutil.Process().children(recursive=True)
        chromiums = [process for process in family if "chrom" in process.name()]
        now.minutes = round((time.monotonic() - began) / 60, 2)
        now.server_mb = round(server.memory_mb(), 1)
        now.files = server.process.num_fds()
        now.browser_mb = round(
            sum(process.memory_full_info().uss for process in chromiums) / 1e6, 1
        )
        with log.open("a", newline="") as file:
            csv.writer(file).writerow(astuple(now))


def read_log(log: Path) -> list[Sample]:
    """Return all samples of a log, oldest first."""
    if not log.exists():
        return []
    kinds = [field.type for field in fields(Sample)]
    with log.open(newline="") as file:
        return [
            Sample(*(kind(value) for kind, value in zip(kinds, row, strict=True)))
            for row in csv.reader(file)
        ]


def last_samples(samples: list[Sample]) -> list[Sample]:
    """Return the last sample of each run."""
    return [list(run)[-1] for _, run in groupby(samples, lambda sample: sample.run)]


def as_table(samples: list[Sample]) -> str:
    """Format the quarters of each run as Markdown: final counts, and means of the rest."""
    lines = [f"| {' | '.join(HEAD)} |", "| " + "--- | " * len(HEAD)]
    for last in last_samples(samples):
        run = [s for s in samples if s.run == last.run and s.minutes > SETTLED]
        for number in range(4):
            quarter = run[len(run) * number // 4 : len(run) * (number + 1) // 4]
            if not quarter:
                continue
            end = quarter[-1]
            server = mean(sample.server_mb for sample in quarter)
            files = mean(sample.files for sample in quarter)
            browser = mean(sample.browser_mb for sample in quarter)
            lines.append(
                f"| {end.run} | to {end.minutes:.0f} | {end.visits:,} | {end.failed} "
                f"| {server:.0f} MB | {files:.0f} | {browser:.0f} MB |"
            )
    total = sum(last.minutes for last in last_samples(samples)) / 60
    return "\n".join([*lines, "", f"{total:.1f} hours"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=8, help="of all runs together")
    parser.add_argument("--log", type=Path, default=Path("soak.csv"))
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the server and the browser too
    before = read_log(args.log)
    ended = last_samples(before)
    left = 60 * args.hours - sum(last.minutes for last in ended)
    if left > 0:
        asyncio.run(soak(left, Sample(run=len(ended) + 1), args.log))
    print(as_table(read_log(args.log)))


if __name__ == "__main__":
    main()
