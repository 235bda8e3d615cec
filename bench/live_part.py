"""The parts of the benchmark about answers while the pen moves."""

import asyncio
import json
import random
import re
import time
from typing import Any

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.pages import OURS, TIMEOUT, Visitor, chromium, serve, stroke
from bench.table import Measure
from page.draw.drawing import HEIGHT, WIDTH

VISITORS = (10, 20, 40, 80)  # at once, on a server that has one core
POINTS = 60  # of a stroke, one in each frame: about a second
FRAME = 0.016  # seconds
LATE_FRAME = 25  # ms: longer than that, and a frame was dropped
OFTEN = 0.08  # seconds, as in updates.js

# Records in the page when each picture was sent and its reading shown, and the length of frames.
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
  addEventListener("pointerup", () => { notes.drawing = false; }, true);
  let last = performance.now();
  const frame = now => {
    if (notes.drawing) notes.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


async def live(drawings: int) -> list[Measure]:
    """Measure how often and how late bars change while the pen moves, and the frames dropped."""
    rate = Measure("bars renewed while the pen moves", "a second")
    lag = Measure("drawing sent → its bars shown", "ms", tail=True)
    late = Measure(f"frames over {LATE_FRAME} ms meanwhile", "%")
    name = OURS.name
    async with chromium() as browser:
        with serve(OURS) as server:
            visitor = await Visitor.arrives(browser, server)
            await visitor.page.evaluate(NOTES)
            for turn in range(drawings + 1):
                await visitor.page.evaluate(
                    "Object.assign(notes, {sent: {}, lags: [], frames: []})"
                )
                await visitor.draw(turn % 10, FRAME, POINTS)
                notes = await visitor.page.evaluate("notes")
                await visitor.erase()
                if not turn:  # to warm up
                    continue
                rate.add(name, len(notes["lags"]) / sum(notes["frames"]) * 1000)
                for milliseconds in notes["lags"]:
                    lag.add(name, milliseconds)
                late.add(name, 100 * float(np.mean(np.array(notes["frames"]) > LATE_FRAME)))
            await visitor.leaves()
    return [rate, lag, late]


async def load(seconds: float) -> list[Measure]:
    """Measure answers to many WebSocket clients, which send what canvas.js would send."""
    measures = []
    faults = Measure("answers that were missing, or for another digit", "")
    faults.values[OURS.name] = [0]
    for count in VISITORS:
        waits = Measure(f"{count} visitors at once on one core: pen up → answer", "ms", tail=True)
        with serve(OURS) as server:
            server.process.cpu_affinity([0])
            clients = [Client(server.url, number % 10) for number in range(count)]
            everybody = asyncio.Barrier(count)
            await asyncio.gather(*(client.visit(everybody, seconds) for client in clients))
        waits.values[OURS.name] = [wait for client in clients for wait in client.waits]
        faults.values[OURS.name][0] += sum(client.lost + client.wrong for client in clients)
        measures.append(waits)
    return [*measures, faults]


class Client:
    """A visitor without a browser, who draws one digit again and again."""

    def __init__(self, url: str, digit: int):
        self.url = url.replace("http", "ws") + "/_stcore/stream"
        self.digit = digit
        line = stroke(digit, POINTS) * HEIGHT * 0.6 + [WIDTH / 2, HEIGHT / 2]
        self.line = np.rint(line).astype(int).ravel().tolist()  # see page.draw.drawing.Strokes
        self.number = self.lost = self.wrong = 0
        self.waits: list[float] = []  # ms from pen up to the answer
        self.looks = random.Random(digit)  # chooses the pause after each answer
        self.component = self.fragment = ""

    async def visit(self, everybody: asyncio.Barrier, seconds: float) -> None:
        """Draw for some seconds, once everybody has arrived."""
        async with websockets.connect(
            self.url, subprotocols=["streamlit"], max_size=None
        ) as socket:
            self.socket = socket
            await self._arrive()
            await everybody.wait()
            await asyncio.sleep(self.looks.uniform(0, 2))  # not all at once
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                await self._draw()

    async def call_in(self) -> None:
        """Draw one digit, and leave."""
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
            await asyncio.sleep(max(OFTEN, 3 * trip) - trip)
        trip, html = await self._ask(self.line, rests=True)
        self.waits.append(trip * 1000)
        self.wrong += not self._is_own(html)
        await asyncio.sleep(self.looks.uniform(0.5, 1.5))
        await self._ask([], rests=True)

    def _is_own(self, html: str) -> bool:
        return re.findall(r'<b class="digit"[^>]*>(.*?)</b>', html) == [str(self.digit)]

    async def _ask(self, line: list[int], rests: bool) -> tuple[float, str]:
        """Send a stroke and wait for its reading; return the seconds, and the reading as HTML."""
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
        """Note the ids of the canvas's script; return the HTML of a message with a reading."""
        element = message.delta.new_element.bidi_component
        if element.component_name == "digits_draw_canvas":
            self.component, self.fragment = element.id, message.delta.fragment_id
        if element.component_name == "digits_core_patch":
            data: Any = json.loads(element.mixed.json or element.json)
            return data["html"]
        return ""
