// The sheet's own script. It runs beside the canvas component, which stays as it is:
// it decides which contact draws, keeps the undo history, and sends pictures of the drawing.
//
// The canvas (Fabric.js) handles one mouse well, and several fingers badly: while any other contact
// rests on the glass it ignores that a finger was lifted. So it never gets to see the real events.
// One contact is followed here, and handed to it as the mouse that it understands.

const [LIVE, FINAL] = [200, 400]; // pixels: the height of pictures sent while the pen moves, and after
const OFTEN = 80; // ms: at least this long, and three round trips, from one picture to the next
const REST = 150; // ms: a pen that did not move for so long rests, and words may change
const NEXT = 1e-4; // of the canvas's width: another point, but in the same place
const SLOP = 4; // px: a touch that moves less has not begun to draw
const MARGIN = 48; // px: a finger's width round the sheet
const TAP = 700; // ms: whoever touches the sheet for longer, without moving, makes no dot
const PALM = 2000; // ms: after a pen has been used, touches are the hand that holds it
const LATE = 400; // ms without an answer: the bars are marked as waiting, too
const SILENT = 5000; // ms without an answer: ask again
const LEAVING = 2000; // ms: for a link to another page
const APPEARS = 4000; // ms for the canvas to appear
const [STORE, HEALING] = ["digits-sheet", "digits-healing"]; // in the session storage

const root = document.documentElement;
const now = () => performance.now();
const task = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel(); // unlike a timeout of 0 never delayed
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(null);
  });
const frame = () => new Promise(requestAnimationFrame);

let speak = null; // sends to the server; null while the sheet is not on the page
let ask = null; // the same, for once
let settings = null; // from the server: {live: whether to send pictures while the pen moves; words}
let mounted = 0; // when
let canvas = null; // the parts of the canvas component that this script uses, see find

// ---------------------------------------------------------------- the canvas component

// Whatever of it this script needs, or null.
function find() {
  for (const element of document.querySelectorAll(".st-key-canvas *")) {
    const shadow = element.shadowRoot;
    const upper = shadow?.querySelector("canvas.upper-canvas"); // the stroke under way
    const lower = upper?.parentElement.querySelector("canvas.lower-canvas"); // the finished ones
    const undo = shadow?.querySelector("[aria-label=Undo]");
    const reset = shadow?.querySelector("[aria-label^=Reset]");
    const sheet = upper?.closest(".canvas-root"); // the part of the canvas that can be seen
    if (upper && lower && undo && reset) return { upper, lower, undo, reset, sheet };
  }
  return null;
}

// Finds the canvas when it appears, or anew when it was replaced; the drawing is put on it again.
function attach() {
  if (!speak || canvas?.upper.isConnected) return;
  canvas = find();
  if (canvas) {
    name();
    root.dataset.sheet = "ours";
    shown = [];
    hand = null;
    contacts.clear();
    if (history.length > 1 || number) go(); // loading an empty sheet, the canvas is done within this task
    mark();
  } else if (now() - mounted < APPEARS) {
    requestAnimationFrame(attach);
  } else {
    // Not as expected: the canvas's own events, toolbar and messages have to do.
    root.dataset.sheet = "plain";
    root.dataset.reader = "";
  }
}

function hand_over(type, { x, y }) {
  const box = canvas.upper.getBoundingClientRect();
  canvas.upper.dispatchEvent(
    new PointerEvent(type, {
      // unlike a MouseEvent it has fractions of pixels
      bubbles: true,
      composed: true,
      cancelable: true,
      isPrimary: true,
      buttons: type === "mouseup" ? 0 : 1,
      clientX: box.x + x * box.width,
      clientY: box.y + y * box.height,
    }),
  );
}

// ---------------------------------------------------------------- the hand

// Points of a stroke are parts of the canvas's size: {x, y}, 0 to 1.
let stroke = null; // the points of the stroke that is being drawn
let hand = null; // the pointerId that draws
let penSeen = -Infinity;
const contacts = new Map(); // pointerId: those that have not drawn yet

// Where a contact is, on the canvas as it was when the contact began: a stroke keeps its shape, even
// if the page around it changes meanwhile.
function place(event, box) {
  return { x: (event.clientX - box.x) / box.width, y: (event.clientY - box.y) / box.height };
}

// How far the sheet reaches to either side of its middle. Where it is narrower than the canvas, it
// shows only the canvas's middle.
function reach() {
  const [sheet, whole] = [canvas.sheet, canvas.upper].map(
    (one) => one.getBoundingClientRect().width,
  );
  return Math.min(1, sheet / whole) / 2;
}

const inside = ({ x, y }) => Math.abs(x - 0.5) <= reach() && y >= 0 && y <= 1;

// What is drawn beside the sheet is not drawn.
function within({ x, y }) {
  const most = reach() + settings.pen / canvas.lower.width / 2;
  return { x: Math.min(0.5 + most, Math.max(0.5 - most, x)), y };
}

// The leftmost and the rightmost ink of some strokes.
function extent(strokes) {
  const half = settings.pen / canvas.lower.width / 2;
  const all = strokes.flat().map(({ x }) => x);
  return [
    all.reduce((a, b) => Math.min(a, b), 0.5) - half,
    all.reduce((a, b) => Math.max(a, b), 0.5) + half,
  ];
}

// A sheet that became narrower, as of a phone that was turned, still shows all that is drawn.
function fit() {
  const [left, right] = extent(shown);
  const needed = Math.min(widest, 2 * Math.max(0.5 - left, right - 0.5));
  root.style.setProperty("--drawn", (needed * canvas.lower.width) / canvas.lower.height);
}

// Whether an event belongs to the sheet: on it, or beside it on nothing that can be pressed.
function ours(event, margin = MARGIN) {
  if (!canvas?.upper.isConnected) return false;
  const path = event.composedPath();
  if (path.includes(canvas.upper)) return true;
  if (
    path.some((one) =>
      one.matches?.("a, button, input, label, select, summary, textarea, [role=button]"),
    )
  )
    return false;
  const { clientX: x, clientY: y } = event.touches ? event.changedTouches[0] : event;
  const box = canvas.sheet.getBoundingClientRect();
  return (
    x > box.left - margin &&
    x < box.right + margin &&
    y > box.top - margin &&
    y < box.bottom + margin
  );
}

function down(event) {
  if (event.isTrusted) dispatchEvent(new CustomEvent("digits-person", { detail: event })); // see hand.js
  if (!canvas || !ours(event)) return;
  const { pointerType: type, pointerId: id } = event;
  if (type === "mouse" && event.button) return;
  if (type === "pen") {
    penSeen = now();
    if (hand !== null && contacts.get(hand)?.type === "touch") abandon(); // that was the palm
  }
  if (type === "touch" && now() - penSeen < PALM) return;
  if (hand !== null) return; // whoever began to draw draws
  const slop = type === "touch" ? Math.max(SLOP, Math.min(event.width, event.height) / 5) : 0;
  const box = canvas.upper.getBoundingClientRect();
  const point = place(event, box);
  contacts.set(id, {
    type,
    slop,
    box,
    points: [point],
    x: event.clientX,
    y: event.clientY,
    at: now(),
  });
  if (!slop && inside(point)) begin(id);
}

// A contact begins to draw, with all the points where it has been, from the first on the sheet on.
function begin(id) {
  if (changing) return; // an undo is under way; the next movement asks again
  const { points } = contacts.get(id);
  for (const other of contacts.keys()) if (other !== id) contacts.delete(other);
  hand = id;
  stroke = points.slice(Math.max(0, points.findIndex(inside))).map(within);
  try {
    canvas.upper.setPointerCapture(id); // and it draws on, outside the window, too
  } catch {} // gone already
  hand_over("mousedown", stroke[0]);
  for (const point of stroke.slice(1)) hand_over("mousemove", point);
  changed();
}

function move(event) {
  if (event.pointerType === "pen") penSeen = now();
  const contact = contacts.get(event.pointerId);
  if (!canvas || !contact) return;
  if (event.pointerType === "mouse" && !event.buttons) return up(event); // let go where none saw it
  const all = event.getCoalescedEvents?.() ?? [];
  const points = (all.length ? all : [event]).map((one) => place(one, contact.box));
  if (event.pointerId === hand) {
    for (const point of points.map(within)) {
      stroke.push(point);
      hand_over("mousemove", point);
    }
    changed();
  } else if (hand === null) {
    contact.points.push(...points);
    contact.moved ||=
      Math.hypot(event.clientX - contact.x, event.clientY - contact.y) >= contact.slop;
    if (contact.moved && contact.points.some(inside)) begin(event.pointerId);
  }
}

async function up(event) {
  const { pointerId: id, type } = event;
  const contact = contacts.get(id);
  if (!canvas || !contact) return;
  if (hand === null) {
    const tapped = type === "pointerup" && now() - contact.at < TAP;
    if ((contact.moved || tapped) && contact.points.some(inside)) {
      await changing;
      if (contacts.get(id) !== contact) return;
      if (hand === null) begin(id);
    }
  }
  contacts.delete(id);
  if (id === hand) finish();
}

function finish() {
  // Now the canvas shows the stroke; once it knows that the pen is lifted, it must paint first. Of a
  // pen that moves it shows no more than up to the middle between its last two points.
  const end = stroke.at(-1);
  hand_over("mousemove", { ...end, x: end.x + NEXT });
  const last = painting || changing ? null : picture([...shown, stroke], FINAL);
  lift();
  remember(shown);
  if (last) {
    changed();
    send(last, true);
  }
  hand_over("mouseup", end);
  if (!last) return finished();
  fit();
  paint();
}

function lift() {
  shown = [...shown, stroke];
  hand = stroke = null;
  widest = Math.max(widest, 2 * reach());
}

function abandon() {
  contacts.delete(hand);
  hand_over("mouseup", stroke.at(-1));
  lift();
  go();
}

// The canvas sees no real event of a button or finger, only what it is handed over.
function shield(event) {
  if (!event.isTrusted || !canvas) return;
  const starts = event.type === "mousedown" || event.type === "touchstart";
  if (event.type === "touchstart" && ours(event)) event.preventDefault(); // no scrolling, no reload
  if (starts ? event.composedPath().includes(canvas.upper) : hand !== null)
    event.stopImmediatePropagation();
}

// A browser makes no click of a tap while another finger rests on the glass.
function tap(event) {
  if (event.pointerType !== "touch" || event.isPrimary) return;
  const button = event
    .composedPath()
    .find((one) => one.matches?.("a, button, label, input, summary"));
  if (button && button.contains(document.elementFromPoint(event.clientX, event.clientY)))
    button.click();
}

// ---------------------------------------------------------------- undo, redo, clear

let history = [[]]; // the sheet's states, each a list of strokes
let at = 0; // the one that is shown
let shown = []; // the strokes on the canvas
let widest = 0; // of the sheets on which they were drawn, as a part of the canvas
let changing = null; // a promise, while the canvas is brought to another state

function remember(strokes) {
  history = [...history.slice(0, at + 1), strokes].slice(-200);
  at = history.length - 1;
}

// As for the first visitor: nothing to take back.
function start_afresh() {
  history = [[]];
  at = 0;
  if (canvas) go();
}

const commands = {
  undo: () => at > 0 && (at--, go()),
  redo: () => at < history.length - 1 && (at++, go()),
  clear: () => history[at].length && (remember([]), go()),
};

function command(name) {
  if (name in commands && canvas && hand === null) commands[name]();
}

// Brings the canvas to the state that is to be shown.
function go() {
  changed();
  changing ??= redraw().finally(() => {
    changing = null;
    finished();
  });
}

async function redraw() {
  while (shown !== history[at]) {
    const strokes = history[at];
    let same = 0;
    while (same < shown.length && shown[same] === strokes[same]) same++;
    for (let extra = shown.length - same; extra > 0; extra--) {
      if (canvas.undo.disabled) {
        // it remembers a hundred strokes
        canvas.reset.click();
        await task();
        same = 0;
        break;
      }
      canvas.undo.click();
      await task(); // until it has loaded what it went back to: it mixes up two loads at once
    }
    for (const points of strokes.slice(same)) await trace(points);
    shown = strokes;
  }
}

// Draws a stroke on the canvas, at once.
async function trace(points) {
  hand_over("mousedown", points[0]);
  for (const point of points.slice(1)) hand_over("mousemove", point);
  hand_over("mouseup", points.at(-1));
  await null; // the canvas notes each stroke for its own undo after the event
}

function keys(event) {
  if (!speak || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.composedPath()[0].matches?.("input, textarea, select, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  const name = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
  if (!name) return;
  event.preventDefault();
  command(name);
}

// A page that the browser or this script had to load anew gets its drawing back. One that a person
// reloads is empty.
function keep() {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(history[at]));
  } catch {} // full, or forbidden
}

function restore() {
  try {
    const strokes = JSON.parse(sessionStorage.getItem(STORE));
    const wanted = sessionStorage.getItem(HEALING) || document.wasDiscarded;
    [STORE, HEALING].forEach((key) => sessionStorage.removeItem(key));
    if (!wanted || !strokes) return;
    history = [[], ...strokes.map((_, last) => strokes.slice(0, last + 1))];
    at = strokes.length;
    widest = 1;
  } catch {}
}

// ---------------------------------------------------------------- pictures and answers

let number = 0; // of the last picture
let sent = null; // the picture under way: {number, at}
let wanted = 0; // the number whose answer is the one for the finished drawing; 0: none yet
let trip = 0; // ms: the last round trip
let touched = 0; // when the drawing last changed
let fresh = false; // it changed since the last picture
let told = true; // the words are for this drawing, or asked for
let timer = 0;

// The drawing changes: what was said is not said of it.
function changed() {
  touched = now();
  fresh = true;
  told = false;
  wanted = 0;
  mark();
  plan();
}

// While the pen moves: a picture when it is time for one, and the last one was answered.
function plan() {
  clearTimeout(timer);
  if (!stroke || !settings.live || sent || !speak) return;
  if (!fresh && told) return;
  const due = (number ? last + Math.max(OFTEN, 3 * trip) : 0) - now();
  const still = touched + REST - now();
  timer = setTimeout(live, Math.max(0, fresh ? due : Math.max(due, still)));
}

let last = 0; // when the last picture was sent
let left = -Infinity; // when a link to another page was pressed
let link = null; // the link, while a picture is under way
const small = document.createElement("canvas");
const pen = small.getContext("2d", { willReadFrequently: true });

// A picture of all strokes: a square from the middle of the sheet if they fit into it, or from
// where they are; wider only if they are.
function picture(strokes, height) {
  const { width: whole, height: side } = canvas.lower;
  const [left, right] = extent(strokes).map((x) =>
    Math.min(whole, Math.max(0, Math.round(x * whole))),
  );
  const wide = Math.max(side, right - left);
  const from = Math.min(left, Math.max(right - wide, (whole - wide) / 2));
  small.width = Math.round((wide * height) / side);
  small.height = height;
  for (const layer of [canvas.lower, canvas.upper])
    pen.drawImage(layer, from, 0, wide, side, 0, 0, small.width, height);
  return small.toDataURL("image/png");
}

function live() {
  if (!stroke || sent) return;
  const rests = now() - touched >= REST;
  send(picture([...shown, stroke], LIVE), rests);
}

let painting = null; // a promise, until all that was drawn is on the canvas

// The canvas paints in the next frame; its request came before this one.
function paint() {
  const painted = frame().then(() => {
    if (painting === painted) painting = null;
  });
  return (painting = painted);
}

// The canvas was brought to another state.
async function finished() {
  changed();
  if (canvas) fit();
  await paint();
  if (!stroke && !changing && canvas) send(shown.length ? picture(shown, FINAL) : null, true);
}

// Streamlit empties the next page if a picture reaches it: until this page is gone none is sent, and
// the link waits for the answer to the last one.
function leave(event) {
  const pressed = event.composedPath().find((one) => one.matches?.("a[href]"));
  if (!pressed || !speak) return;
  left = now();
  if (!sent) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  link = pressed;
  setTimeout(follow, LEAVING / 2);
}

function follow() {
  if (!link) return;
  const pressed = link;
  link = sent = null;
  pressed.click();
}

function send(picture, rests) {
  if (!speak || now() - left < LEAVING) return;
  clearTimeout(timer);
  number += 1;
  fresh = false;
  told = rests;
  if (rests) wanted = number;
  last = now();
  sent = { number, at: last };
  root.dataset.drawing = number;
  const shown = "attract" in root.dataset;
  at_once(() => speak("drawing", { number, picture, rests, lifted: !stroke, shown }));
  mark();
  setTimeout(mark, LATE + 1);
}

// Streamlit puts off what it sends by a timer of 0 ms, and the browser paints before it runs that:
// 20 ms on a small computer. Here it runs at once. If Streamlit changes that, nothing is lost.
function at_once(tell) {
  const { setTimeout } = window;
  const tasks = [];
  window.setTimeout = (task, delay, ...more) =>
    delay || typeof task !== "function"
      ? setTimeout(task, delay, ...more)
      : tasks.push(() => task(...more));
  try {
    tell();
  } finally {
    window.setTimeout = setTimeout;
  }
  for (const task of tasks) task();
}

// The page shows a reading: of which picture?
function answered() {
  const reading = Number(document.querySelector("[data-reading]")?.dataset.reading ?? 0);
  if (sent && reading >= sent.number) {
    trip = now() - sent.at;
    sent = null;
    follow();
  }
  mark(reading);
  plan();
}

// When the connection is back, Streamlit itself sends the last picture to the server again.
function connection() {
  if (sent && !root.dataset.connection) sent.at = now();
  mark();
}

// Marks the page by how things stand: “answered”, “waiting”, “late” or “gone”; and whether what it
// shows is for another drawing.
function mark() {
  if (root.dataset.sheet !== "ours") return;
  const reading = Number(document.querySelector("[data-reading]")?.dataset.reading ?? 0);
  const here = reading === number && (wanted === number || number === 0) && !fresh;
  const since = sent && now() - sent.at;
  root.toggleAttribute("data-stale", !here);
  const blank = !stroke && !shown.length && !changing;
  root.toggleAttribute("data-blank", blank);
  root.toggleAttribute("data-untouched", blank && history.length === 1); // before the first stroke
  const state = root.dataset.connection || (here ? "answered" : since > LATE ? "late" : "waiting");
  root.dataset.reader = state === "lost" ? "late" : state;
}

// A digit of a number was tapped in the answer.
function choose(event) {
  const symbol = event.target.closest?.("[data-symbol]");
  if (symbol && speak) ask("symbol", Number(symbol.dataset.symbol));
}

function watch() {
  if (!speak || document.hidden) return;
  attach();
  if (sent && now() - sent.at > SILENT && !stroke && !root.dataset.connection) finished();
  mark();
}

// ---------------------------------------------------------------- once for the page

// Sheet and buttons are called what they are in the visitor's language.
function name() {
  for (const element of document.querySelectorAll("[data-word]"))
    element.textContent = settings[element.dataset.word];
  canvas?.upper.closest(".canvas-root").setAttribute("aria-label", settings.sheet);
}

function start() {
  restore();
  const capture = { capture: true, passive: false };
  addEventListener("pointerdown", down, capture);
  addEventListener("pointermove", move, capture);
  addEventListener("pointerup", up, capture);
  addEventListener("pointerup", tap, capture);
  addEventListener("pointercancel", up, capture);
  for (const type of ["mousedown", "mousemove", "mouseup", "touchstart", "touchmove", "touchend"])
    addEventListener(type, shield, capture);
  addEventListener("keydown", keys);
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  addEventListener("click", (event) =>
    command(event.target.closest?.("[data-command]")?.dataset.command),
  );
  addEventListener("click", leave, true);
  addEventListener("click", choose);
  addEventListener("patched", answered);
  addEventListener("connection", connection);
  addEventListener("digits-fresh", start_afresh);
  addEventListener("healing", () => {
    keep();
    sessionStorage.setItem(HEALING, "1");
  });
  setInterval(watch, 1000);
}

export default function ({ data, setStateValue, setTriggerValue }) {
  if (!speak) {
    mounted = now();
    left = -Infinity;
    sent = null;
  }
  if (!settings) start();
  settings = data;
  speak = setStateValue;
  ask = setTriggerValue;
  name();
  attach();
  return () => {
    speak = canvas = hand = stroke = null;
    delete root.dataset.reader;
    delete root.dataset.blank;
    delete root.dataset.untouched;
    delete root.dataset.stale;
  };
}
