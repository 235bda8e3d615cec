"""The parts of the benchmark about answers while the pen moves, and about opening the page."""

import asyncio
import json
import random
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import websockets
from playwright.async_api import Browser
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.pages import BARE, OURS, TIMEOUT, Kind, Server, Visitor, chromium, serve, stroke
from bench.table import Measure
from page.draw.drawing import HEIGHT, WIDTH

AFTER = replace(OURS, name="this project, DIGITS_LIVE=0", environment={"DIGITS_LIVE": "0"})
VISITORS = 30
POINTS = 60  # of a stroke, one in each frame: about a second
FRAME = 0.016  # seconds
LATE_FRAME = 25  # ms: longer than that, and a frame was dropped
OFTEN = 0.08  # seconds, as in updates.js

# Notes in the page when each picture was sent, when its reading was shown, and each frame's length.
NOTES = """() => {
  window.notes = {sent: {}, lags: [], frames: [], drawing: false};
  const root = document.documentElement;
  new MutationObserver(() => {
    if (notes.drawing) notes.sent[root.dataset.drawing] = performance.now();
  }).observe(root, {attributeFilter: ["data-drawing"]});
  addEventListener("patched", event => {
    const number = event.target.querySelector("[data-reading]")?.dataset.reading;
    if (notes.drawing && notes.sent[number]) {
      notes.lags.push(performance.now() - notes.sent[number]);
      delete notes.sent[number];
    }
  });
  addEventListener("pointerdown", () => { notes.drawing = true; }, true);
  addEventListener("pointerup", () => {
    notes.drawing = false;
    notes.atLift = document.querySelector(".bars .best .name")?.textContent;
  }, true);
  let last = performance.now();
  const frame = now => {
    if (notes.drawing) notes.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""

# Notes when the page's WebSocket was opened, and when its first message came.
SOCKET = """(() => {
  const Real = WebSocket;
  window.WebSocket = class extends Real {
    constructor(...how) {
      super(...how);
      const note = name => () => { window[name] ??= performance.now(); };
      this.addEventListener("open", note("socketOpen"), {once: true});
      this.addEventListener("message", note("firstMessage"), {once: true});
    }
  };
})()"""

STEPS = """() => {
  const loaded = part => performance.getEntriesByType("resource")
    .filter(one => one.name.includes(part)).map(one => one.responseEnd).at(0);
  const [page] = performance.getEntriesByType("navigation");
  return [page.responseEnd, window.socketOpen, window.firstMessage,
          loaded("BidiComponent"), loaded("drawable"), window.canvasAfter];
}"""


async def live(drawings: int) -> list[Measure]:
    """Bars while the pen moves: how often, how late; and what it costs in frames."""
    rate = Measure("bars renewed while a stroke is drawn", "a second")
    lag = Measure("picture taken of the sheet → its bars shown", "ms")
    right = Measure("the highest bar is already right when the pen lifts", "%")
    late = Measure(f"frames over {LATE_FRAME} ms while drawing", "%")
    final = Measure("pen up → final answer, of strokes drawn at a hand's pace", "ms")
    measures = (rate, lag, right, late, final)
    async with chromium() as browser:
        for kind in (OURS, AFTER):
            for slower in (1, 4):
                name = kind.name if slower == 1 else f"{kind.name}, processor {slower} × slower"
                with serve(kind) as server:
                    await _watch(browser, server, slower, drawings, name, measures)
    for measure in (lag, final):
        for name, values in list(measure.values.items()):
            measure.add(f"{name}, 95th percentile", float(np.percentile(values, 95)))
    return list(measures)


async def _watch(
    browser: Browser,
    server: Server,
    slower: int,
    drawings: int,
    name: str,
    measures: Sequence[Measure],
) -> None:
    """Draws on one page and adds what was seen to the measures of `live`."""
    rate, lag, right, late, final = measures
    visitor = await Visitor.arrives(browser, server)
    device = await visitor.context.new_cdp_session(visitor.page)
    await device.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    await visitor.page.evaluate(NOTES)
    frames = []
    for turn in range(drawings + 1):
        digit = turn % 10
        await visitor.page.evaluate("Object.assign(notes, {sent: {}, lags: [], frames: []})")
        change = await visitor.draw(digit, FRAME, POINTS)
        notes = await visitor.page.evaluate("notes")
        await visitor.erase()
        if not turn:  # to warm up
            continue
        final.add(name, change.ms)
        frames += notes["frames"]
        if server.kind is OURS:
            rate.add(name, len(notes["lags"]) / sum(notes["frames"]) * 1000)
            for one in notes["lags"]:
                lag.add(name, one)
            right.add(name, 100.0 * (notes["atLift"] == str(digit)))
    late.add(name, 100 * float(np.mean(np.array(frames) > LATE_FRAME)))
    if right.values.get(name):
        right.values[name] = [float(np.mean(right.values[name]))]
    await visitor.leaves()


async def opening(rounds: int) -> list[Measure]:
    """Where the time goes from opening the page to the canvas: our page and the bare page."""
    names = (
        "the HTML page came",
        "Streamlit's scripts came, and opened the WebSocket",
        "the server ran the script: its first message came",
        "the scripts of components came",
        "the canvas's script came",
        "the canvas was there",
    )
    first = [Measure(f"first visitor, step {n}: {name}", "ms") for n, name in enumerate(names, 1)]
    later = [Measure(f"second visitor, step {n}: {name}", "ms") for n, name in enumerate(names, 1)]
    async with chromium() as browser:
        for _ in range(rounds):
            for kind in (OURS, BARE):
                with serve(kind) as server:
                    for steps in (first, later):
                        await _open(browser, server, kind, steps)
    return [*first, *later]


async def _open(browser: Browser, server: Server, kind: Kind, steps: list[Measure]) -> None:
    visitor = await Visitor.arrives(browser, server, SOCKET)
    # Scripts load side by side: what came before the last step's end took no time of its own.
    ends = np.maximum.accumulate([0, *await visitor.page.evaluate(STEPS)])
    for step, took in zip(steps, np.diff(ends), strict=True):
        step.add(kind.name, float(took))
    await visitor.leaves()


async def load(seconds: float) -> list[Measure]:
    """Live visitors without browsers: WebSocket clients that send what canvas.js would send."""
    final = Measure(f"{VISITORS} live visitors without browsers: pen up → answer", "ms")
    rate = Measure("… pictures answered while drawing, each visitor", "a second")
    lost = Measure("… pictures that got no answer", "")
    wrong = Measure("… answers that were not for one's own digit", "")
    with serve(OURS) as server:
        clients = [Client(server.url, number % 10) for number in range(VISITORS)]
        await asyncio.gather(*(client.visit(seconds) for client in clients))
        rate.values[OURS.name] = [client.answered / client.drawn for client in clients]
        waits = [wait for client in clients for wait in client.waits]
        final.values = {"median": waits, "95th percentile": [float(np.percentile(waits, 95))]}
        lost.add(OURS.name, sum(client.lost for client in clients))
        wrong.add(OURS.name, sum(client.wrong for client in clients))
    return [final, rate, lost, wrong]


class Client:
    """A visitor without a browser, who draws one digit again and again."""

    def __init__(self, url: str, digit: int):
        self.url = url.replace("http", "ws") + "/_stcore/stream"
        self.digit = digit
        line = stroke(digit, POINTS) * HEIGHT * 0.6 + [WIDTH / 2, HEIGHT / 2]
        self.line = np.rint(line).astype(int).ravel().tolist()  # see page.draw.drawing.Strokes
        self.number = self.answered = self.lost = self.wrong = 0
        self.drawn = 0.0  # seconds
        self.waits: list[float] = []  # ms from pen up to the answer
        self.looks = random.Random(digit)  # how long at each answer
        self.component = self.fragment = ""

    async def visit(self, seconds: float) -> None:
        async with websockets.connect(
            self.url, subprotocols=["streamlit"], max_size=None
        ) as socket:
            self.socket = socket
            await self._arrive()
            await asyncio.sleep(self.digit / 20)  # not all at once
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                await self._draw()

    async def call_in(self) -> None:
        """A short visit: one digit, and off."""
        async with websockets.connect(
            self.url, subprotocols=["streamlit"], max_size=None, open_timeout=TIMEOUT
        ) as socket:
            self.socket = socket
            await self._arrive()
            _, html = await self._ask(self.line, rests=True)
            self.wrong += not self._is_own(html)

    async def _arrive(self) -> None:
        await self._send(BackMsg())
        while not (self.component and self.fragment):
            self._note(await self._message())

    async def _draw(self) -> None:
        began = time.monotonic()
        trip = 0.0
        while (now := time.monotonic()) - began < POINTS * FRAME:
            done = int((now - began) / FRAME)
            trip, _ = await self._ask(self.line[: 2 * (done + 1)], rests=False)
            self.answered += 1
            await asyncio.sleep(max(OFTEN, 3 * trip) - trip)
        self.drawn += time.monotonic() - began
        trip, html = await self._ask(self.line, rests=True)
        self.waits.append(trip * 1000)
        self.wrong += not self._is_own(html)
        await asyncio.sleep(self.looks.uniform(0.5, 1.5))
        await self._ask([], rests=True)

    def _is_own(self, html: str) -> bool:
        return re.findall(r'<b class="digit"[^>]*>(.*?)</b>', html) == [str(self.digit)]

    async def _ask(self, line: list[int], rests: bool) -> tuple[float, str]:
        """Sends a stroke and waits for its reading; seconds, and the reading as HTML."""
        self.number += 1
        message = BackMsg()
        message.rerun_script.fragment_id = self.fragment
        state = message.rerun_script.widget_states.widgets.add(id=self.component)
        drawing = {"number": self.number, "strokes": [line] if line else [], "attract": False}
        drawing |= {"rests": rests, "lifted": rests}
        state.json_value = json.dumps({"drawing": drawing})
        sent = time.monotonic()
        await self._send(message)
        try:
            async with asyncio.timeout(TIMEOUT):
                while True:
                    html = self._note(await self._message())
                    if f'data-reading="{self.number}"' in html:
                        return time.monotonic() - sent, html
        except TimeoutError:
            self.lost += 1
            return TIMEOUT, ""

    async def _send(self, message: BackMsg) -> None:
        message.rerun_script.SetInParent()  # a rerun, even where nothing else is set
        await self.socket.send(message.SerializeToString())

    async def _message(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(await self.socket.recv())
        return message

    def _note(self, message: ForwardMsg) -> str:
        """Notes the ids of the sheet's script; the HTML in a message that shows a reading."""
        element = message.delta.new_element.bidi_component
        if element.component_name == "digits_draw_canvas":
            self.component, self.fragment = element.id, message.delta.fragment_id
        if element.component_name == "digits_core_patch":
            data: Any = json.loads(element.mixed.json or element.json)
            return data["html"]
        return ""
