"""Memory over many short visits beside a screen in attract mode: `python -m bench.soak`."""

import argparse
import asyncio
import time
from dataclasses import replace

import numpy as np
import psutil
from websockets import WebSocketException

from bench.live_part import Client
from bench.pages import OURS, Server, chromium, serve

KIOSK = replace(OURS, environment={"DIGITS_KIOSK_SECONDS": "5"})
AT_ONCE = 3
EVERY = 20  # seconds from one look at the memory to the next
# Streamlit keeps a session that lost its connection for two minutes: counted is from then on.
SETTLED = 180  # seconds


async def soak(minutes: float) -> None:
    """Visits come, draw a digit and go, and a kiosk is left alone; prints the memory meanwhile."""
    async with chromium() as browser:
        with serve(KIOSK) as server:
            context = await browser.new_context(viewport={"width": 1280, "height": 800})
            page = await context.new_page()
            page.set_default_timeout(300_000)
            await page.goto(f"{server.url}/?kiosk")
            await page.locator(KIOSK.canvas).first.wait_for()
            device = await context.new_cdp_session(page)
            counts = {"visits": 0, "lost": 0}
            until = time.monotonic() + 60 * minutes
            visitors = [asyncio.create_task(_visit(server, counts, until)) for _ in range(AT_ONCE)]
            watch = asyncio.create_task(_watch(server, page, device, counts, until))
            await asyncio.gather(watch, *visitors)
            await context.close()


async def _visit(server: Server, counts: dict[str, int], until: float) -> None:
    while time.monotonic() < until:
        client = Client(server.url, counts["visits"] % 10)
        try:
            await client.call_in()
        except (OSError, WebSocketException):  # on a machine that is busy with something else
            counts["lost"] += 1
        counts["visits"] += 1
        counts["lost"] += client.lost + client.wrong


async def _watch(server, page, device, counts: dict[str, int], until: float) -> None:
    began = time.monotonic()
    rows = []
    print("minutes  visits  server MB  browser MB  page's objects MB  pictures the screen sent")
    while time.monotonic() < until:
        await asyncio.sleep(EVERY)
        try:
            await device.send("HeapProfiler.collectGarbage")
            heap = (await device.send("Runtime.getHeapUsage"))["usedSize"] / 1e6
            drawn = await page.evaluate("Number(document.documentElement.dataset.drawing ?? 0)")
        except Exception:  # it is just being loaded anew
            heap, drawn = float("nan"), 0
        family = psutil.Process().children(recursive=True)
        chromiums = [one for one in family if "chrom" in one.name()]
        browser = sum(one.memory_full_info().uss for one in chromiums) / 1e6
        minutes = (time.monotonic() - began) / 60
        rows.append((minutes, counts["visits"], server.memory_mb(), browser, heap))
        print("{:7.1f} {:7d} {:10.1f} {:11.1f} {:18.1f}".format(*rows[-1]), drawn, flush=True)
    table = np.array(rows)
    settled = table[table[:, 0] > SETTLED / 60]
    if len(settled) > 2:
        for column, name in ((2, "server"), (3, "browser"), (4, "page's objects")):
            known = settled[~np.isnan(settled[:, column])]
            slope = np.polyfit(known[:, 1], known[:, column], 1)[0]
            print(f"{name}: {1000 * slope:+.1f} MB in 1,000 visits, from minute 3 on")
    print(f"{counts['visits']} visits, {counts['lost']} without the right answer")


def main() -> None:
    """Reads how long it is to last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    asyncio.run(soak(parser.parse_args().minutes))


if __name__ == "__main__":
    main()
