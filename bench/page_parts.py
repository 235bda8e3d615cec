"""The parts of the benchmark that draw on pages."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median

import numpy as np
from playwright.async_api import Browser

from bench.pages import BARE, OURS, Kind, Server, Visitor, chromium, serve, settled
from bench.table import Measure

PEOPLE = 10
PACE = 0.03  # seconds between two pointer movements
LOOK = (0.5, 1.5)  # seconds that a person looks at the answer
AT_ONCE = 5  # sessions opened together in the endurance part


async def page(kinds: list[Kind], drawings: int) -> list[Measure]:
    """Stroke to answer and memory: one drawing on each page in turn, when all servers are idle."""
    waits = Measure("stroke finished → its answer shown", "ms")
    slowest = Measure("… 95th percentile", "ms")
    sent = Measure("… of which until the browser sends it", "ms")
    rest = Measure("… of which from then to the answer", "ms")
    memory = Measure("memory of the server after these drawings", "MB")
    async with chromium() as browser:
        with ExitStack() as running:
            servers = [running.enter_context(serve(kind)) for kind in kinds]
            visitors = [await Visitor.arrives(browser, server) for server in servers]
            for turn in range(drawings):
                for visitor in visitors:
                    if turn % visitor.kind.fewer:
                        continue
                    await settled()
                    change = await visitor.draw(turn % 10, PACE)
                    if turn:  # the first stroke is measured in the part `start`
                        waits.add(visitor.kind.name, change.ms)
                        if change.sent is not None:
                            sent.add(visitor.kind.name, change.sent)
                            rest.add(visitor.kind.name, change.ms - change.sent)
                    await visitor.erase()
            for server in servers:
                memory.add(server.kind.name, server.memory_mb())
    for name, values in waits.values.items():
        slowest.add(name, float(np.percentile(values, 95)))
    return [waits, slowest, sent, rest, memory]


async def start(kinds: list[Kind], rounds: int) -> list[Measure]:
    """The first visitor after a start, each time of a fresh server; the pages in turn."""
    up = Measure("server started → it answers", "s")
    opened = Measure("page opened → canvas there to draw on, first visitor", "ms")
    first = Measure("first stroke after a start → answer", "ms")
    ratio = Measure("… as a multiple of the later strokes", "×")
    importing = Measure("`import streamlit` by itself", "s")
    async with chromium() as browser:
        for _ in range(rounds):
            importing.add("Python", import_streamlit())
            for kind in kinds:
                began = time.perf_counter()
                with serve(kind) as server:
                    up.add(kind.name, time.perf_counter() - began)
                    visitor = await Visitor.arrives(browser, server)
                    opened.add(kind.name, visitor.opened_ms)
                    waits = []
                    for digit in range(4 if kind.fewer == 1 else 1):
                        waits.append((await visitor.draw(digit)).ms)
                        await visitor.erase()
                    first.add(kind.name, waits[0])
                    if waits[1:]:
                        ratio.add(kind.name, waits[0] / median(waits[1:]))
                    await visitor.leaves()
    return [up, opened, first, ratio, importing]


def import_streamlit() -> float:
    """Seconds for `import streamlit` in a new process, less those of an empty process."""
    took = []
    for statement in ("pass", "import streamlit"):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        took.append(time.perf_counter() - began)
    return took[1] - took[0]


async def crowd(drawings: int) -> list[Measure]:
    """One person alone, then ten at once, each with a browser session and a digit of their own."""
    measures = []
    lost = Measure(f"{PEOPLE} people at once: drawings that got no answer", "")
    wrong = Measure(f"{PEOPLE} people at once: answers that were not for one's own digit", "")
    async with chromium() as browser:
        for kind in (OURS, BARE):
            waits = Measure(f"{kind.name}: stroke → answer", "ms")
            with serve(kind) as server:
                alone, *_ = await _people(browser, server, [3], drawings)
                many, strangers, missing = await _people(browser, server, range(PEOPLE), drawings)
            slowest = sorted(many)[-max(1, len(many) // 10) :]
            waits.values = {
                "one person alone": alone,
                f"{PEOPLE} people at once": many,
                f"{PEOPLE} people at once, the slowest tenth": slowest,
            }
            measures.append(waits)
            lost.add(kind.name, missing)
            if kind is OURS:  # the bare page reads no digits
                wrong.add(kind.name, strangers)
    return [*measures, lost, wrong]


async def _people(
    browser: Browser, server: Server, digits: Sequence[int], drawings: int
) -> tuple[list[float], int, int]:
    """The times of all answers in ms, the number of wrong ones and of missing ones."""
    visitors = [await Visitor.arrives(browser, server) for _ in digits]
    waits, wrong, lost = [], 0, 0

    async def person(visitor: Visitor, digit: int) -> None:
        nonlocal wrong, lost
        rng = random.Random(digit)
        for turn in range(drawings + 1):
            try:
                change = await visitor.draw(digit, PACE)
                await asyncio.sleep(rng.uniform(*LOOK))
                await visitor.erase()
            except TimeoutError:
                lost += 1
                return
            if turn:  # the first one is to warm up
                waits.append(change.ms)
            wrong += bool(change.digit) and change.digit != str(digit)

    await asyncio.gather(*map(person, visitors, digits))
    for visitor in visitors:
        await visitor.leaves()
    return waits, wrong, lost


async def endurance(drawings: int, sessions: int) -> list[Measure]:
    """Many drawings in one session; then, with a fresh server, many sessions."""
    async with chromium() as browser:
        with serve(OURS) as server:
            drawn = await _draw_on(browser, server, drawings)
        with serve(OURS) as server:
            visited = await _come_and_go(browser, server, sessions)
    return [*drawn, *visited]


async def _draw_on(browser: Browser, server: Server, drawings: int) -> list[Measure]:
    memory = Measure("memory in one session, by drawings", "MB")
    waits = Measure("stroke → answer in one session, by drawings", "ms")
    visitor = await Visitor.arrives(browser, server)
    every = min(50, drawings // 2)
    for number in range(drawings):
        change = await visitor.draw(number % 10)
        waits.add(_span(number, every), change.ms)
        await visitor.erase()
        if (number + 1) % every == 0:
            memory.add(f"after {number + 1}", server.memory_mb())
    await visitor.leaves()
    return [memory, waits]


async def _come_and_go(browser: Browser, server: Server, sessions: int) -> list[Measure]:
    memory = Measure("memory, by sessions opened and closed", "MB")
    waits = Measure("stroke → answer, by sessions opened and closed", "ms")
    every = max(AT_ONCE, min(25, sessions // 2))
    for count in range(0, sessions, AT_ONCE):
        arriving = [Visitor.arrives(browser, server) for _ in range(AT_ONCE)]
        *others, last = await asyncio.gather(*arriving)
        for other in others:
            await other.leaves()
        change = await last.draw(3)  # alone, so that the others do not count
        waits.add(_span(count, every), change.ms)
        await last.leaves()
        if (count + AT_ONCE) % every == 0:
            memory.add(f"after {count + AT_ONCE}", server.memory_mb())
    return [memory, waits]


def _span(number: int, every: int) -> str:
    """“51 to 100” for number 60, every 50; numbers count from 0."""
    first = number - number % every
    return f"{first + 1} to {first + every}"
