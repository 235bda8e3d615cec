// The page's own hand. It moves a pointer over the sheet as a mouse would, so that the sheet, the
// network and everything else take its drawing for a visitor's.

const SPEED = 1.1; // sheets a second
const LIFT = 180; // ms between two strokes
const POINTER = 1e6; // an id that no real pointer has

const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const root = document.documentElement;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const frame = () => new Promise(requestAnimationFrame);

let drawings = null; // [digit][way][stroke][point] = [x, y], parts of a square in the sheet's middle
let drawing = null; // what is being drawn: {lift}
let last = null; // the digit that was drawn last

function sheet() {
  if (root.dataset.sheet !== "ours") return null;
  for (const element of document.querySelectorAll(".st-key-canvas *")) {
    const canvas = element.shadowRoot?.querySelector("canvas.upper-canvas");
    if (canvas) return canvas;
  }
  return null;
}

function point(type, canvas, [x, y]) {
  const box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(
    new PointerEvent(type, {
      pointerId: POINTER,
      pointerType: "mouse",
      buttons: type === "pointerup" ? 0 : 1,
      clientX: box.x + box.width / 2 + (x - 0.5) * box.height,
      clientY: box.y + y * box.height,
      bubbles: true,
      composed: true,
      cancelable: true,
    }),
  );
}

// Draws a digit on an empty sheet; says so when it is done. Whoever draws meanwhile is not disturbed.
async function draw(digit = any()) {
  const canvas = sheet();
  if (!canvas || !drawings) return;
  stop();
  const mine = (drawing = { lift: () => {} });
  document.querySelector("[data-command=clear]").click();
  canvas.closest(".canvas-root").scrollIntoView({ block: "nearest" });
  await sleep(LIFT);
  last = digit;
  const ways = drawings[digit];
  for (const stroke of ways[Math.floor(Math.random() * ways.length)]) {
    if (drawing !== mine) return;
    await trace(stroke, canvas, mine);
    await sleep(LIFT);
  }
  if (drawing !== mine) return;
  drawing = null;
  dispatchEvent(new Event("digits-drawn"));
}

async function trace(stroke, canvas, mine) {
  let at = stroke[0];
  let done = false;
  mine.lift = () => done || ((done = true), point("pointerup", canvas, at));
  point("pointerdown", canvas, at);
  let budget = 0; // the way that there was time for
  let before = performance.now();
  for (const next of stroke.slice(1)) {
    while (budget <= 0 && !reduced.matches) {
      const now = await frame();
      if (drawing !== mine || !canvas.isConnected) return mine.lift();
      budget += (Math.min(100, Math.max(0, now - before)) / 1000) * SPEED;
      before = now;
    }
    budget -= Math.hypot(next[0] - at[0], next[1] - at[1]);
    at = next;
    point("pointermove", canvas, at);
  }
  mine.lift();
}

// Any digit but the last one.
function any() {
  const others = [...Array(10).keys()].filter((digit) => digit !== last);
  return others[Math.floor(Math.random() * others.length)];
}

function stop() {
  const mine = drawing;
  drawing = null;
  mine?.lift();
}

// A person's hand goes first.
function person({ detail: event }) {
  const buttons = event.composedPath().some((one) => one.matches?.(".sheet-buttons button"));
  if (drawing && (buttons || event.composedPath().includes(sheet()))) stop();
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !/^[0-9]$/.test(event.key))
    return;
  const target = event.composedPath()[0];
  if (target.matches?.("input, textarea, select, [contenteditable]")) return;
  if (document.querySelector("dialog[open], [role=dialog]")) return;
  draw(Number(event.key));
}

function click(event) {
  if (event.composedPath().some((one) => one.matches?.("[data-draw]"))) draw();
}

export default function ({ data }) {
  if (!drawings) {
    addEventListener("digits-person", person);
    addEventListener("digits-draw", ({ detail }) => draw(detail?.digit));
    addEventListener("digits-stop", stop);
    addEventListener("keydown", key);
    addEventListener("click", click);
  }
  drawings = JSON.parse(data.drawings);
}
