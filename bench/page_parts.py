"""The parts of the benchmark that draw on pages."""

import time
from contextlib import ExitStack

from bench.pages import Kind, Visitor, chromium, serve, settled
from bench.table import Measure

PACE = 0.03  # seconds between two pointer movements


async def page(kinds: list[Kind], drawings: int) -> list[Measure]:
    """Measure waits and memory: draw on each page in turn, when all servers are idle."""
    waits = Measure("stroke finished → its answer shown", "ms", tail=True)
    sent = Measure("… of which until the browser sends it", "ms")
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
                    await visitor.erase()
            for server in servers:
                memory.add(server.kind.name, server.memory_mb())
    return [waits, sent, memory]


async def start(kinds: list[Kind], rounds: int) -> list[Measure]:
    """Measure the waits of the first visitor of a fresh server, for each page in turn."""
    up = Measure("server started → it answers", "s")
    opened = Measure("page opened → canvas there to draw on, first visitor", "ms")
    first = Measure("first stroke after a start → answer", "ms")
    async with chromium() as browser:
        for _ in range(rounds):
            for kind in kinds:
                began = time.perf_counter()
                with serve(kind) as server:
                    up.add(kind.name, time.perf_counter() - began)
                    visitor = await Visitor.arrives(browser, server)
                    opened.add(kind.name, visitor.opened_ms)
                    first.add(kind.name, (await visitor.draw(0)).ms)
                    await visitor.leaves()
    return [up, opened, first]
