// @ts-check
// The canvas's own script, beside the canvas component. It connects the contacts that draw, the
// undo history, the component that shows the strokes, and the server that reads them.

import { cleanup } from "../core/cleanup.js";
import { editCommandOf, isTyping, pressed } from "../core/keys.js";
import { save, take } from "../core/storage.js";
import { Contacts } from "./contacts.js";
import { History } from "./history.js";
import { erase, neededWidth, pack } from "./strokes.js";
import { Surface } from "./surface.js";
import { Updates } from "./updates.js";

/** @import { Stroke } from "./strokes.js" */
/** @typedef {Record<string, any> & { live: boolean, pen: number }} Settings from canvas.py */

const DRAWING = "digits-drawing"; // in the session storage: the strokes
const RELOADING = "digits-reloading"; // and whether a script reloads the page

const root = document.documentElement;

/** @type {Settings | null} */
let settings = null;
let widest = 0; // fraction of the canvas's width that was visible while something was drawn

const history = new History();
const surface = new Surface();
const contacts = new Contacts(surface, {
  onStroke: () => updates.changed(),
  onFinish(stroke) {
    history.push([...history.strokes, stroke]);
    updates.finished();
    lift(stroke);
    fit();
    updates.mark();
  },
  onAbandon(stroke) {
    lift(stroke);
    show();
  },
  onErase(from, to) {
    const remaining = erase(history.strokes, from, to, surface.size);
    if (remaining.length === history.strokes.length) return;
    history.push(remaining);
    show();
  },
});
const updates = new Updates(() => {
  if (!surface.isReady) return null;
  const { stroke, isDrawing } = contacts;
  const strokes = stroke ? [...history.strokes, stroke] : history.strokes;
  const isEmpty = !isDrawing && surface.isEmpty;
  return {
    get strokes() {
      return strokes.map((each) => pack(each, surface.size)); // slow: only when they are sent
    },
    isDrawing,
    isEmpty,
    isUntouched: isEmpty && history.isPristine,
  };
});

/** @param {Stroke} stroke */
function lift(stroke) {
  surface.lift(stroke);
  widest = Math.max(widest, 2 * surface.reach);
}

/** Brings the canvas to the state in the history, and sends that. */
function show() {
  updates.changed();
  surface.show(
    () => history.strokes,
    () => {
      if (!surface.isReady) return;
      fit();
      if (!contacts.isDrawing) updates.finished();
    },
  );
}

/** Shows the whole drawing, even if the canvas became narrower, as on a phone that was turned. */
function fit() {
  const { width, height } = surface.size;
  const needed = Math.min(widest, neededWidth(history.strokes, surface.size));
  root.style.setProperty("--drawn", String((needed * width) / height));
}

/** Waits until the canvas appears, or appears again, and puts the drawing on it. */
function attach() {
  if (!updates.send || surface.isReady) return;
  if (!surface.attach()) return void requestAnimationFrame(attach);
  label();
  contacts.forget();
  if (!history.isPristine || updates.hasSent) show();
  updates.mark();
}

/** @type {Record<string, () => boolean>} */
const commands = {
  undo: () => history.undo(),
  redo: () => history.redo(),
  clear: () => history.clear(),
};

/** @param {string | null | undefined} name */
function run(name) {
  if (name && name in commands && surface.isReady && !contacts.isDrawing)
    if (commands[name]()) show();
}

// ---------------------------------------------------------------- events

/** @param {PointerEvent} event */
function down(event) {
  // Before the stroke begins: demo_drawing.js stops its own stroke, kiosk.js empties the canvas.
  if (event.isTrusted) dispatchEvent(new CustomEvent("digits-person", { detail: event }));
  contacts.down(event);
}

/**
 * Keeps real events away from the component: see surface.js.
 * @param {MouseEvent | TouchEvent} event
 */
function shield(event) {
  if (!event.isTrusted || !surface.isReady) return;
  if (event.type === "touchstart" && surface.claims(event)) event.preventDefault(); // scrolling
  const begins = event.type === "mousedown" || event.type === "touchstart";
  if (begins ? surface.contains(event) : contacts.isDrawing) event.stopImmediatePropagation();
}

/**
 * Clicks what a second finger taps: browsers only do so for the first finger on the screen.
 * @param {PointerEvent} event
 */
function tap(event) {
  if (event.pointerType !== "touch" || event.isPrimary) return;
  const button = pressed(event, "a, button, label, input, summary");
  if (button?.contains(document.elementFromPoint(event.clientX, event.clientY))) button.click();
}

/**
 * Refuses dropped files: a browser would open them in place of the page.
 * @param {DragEvent} event
 */
function keepPage(event) {
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
}

/** @param {KeyboardEvent} event */
function key(event) {
  const command = updates.send && !isTyping(event) && editCommandOf(event);
  if (!command) return;
  event.preventDefault();
  run(command);
}

/** @param {MouseEvent} event */
const click = (event) => run(pressed(event, "[data-command]")?.dataset.command);

// ---------------------------------------------------------------- reloads

/**
 * A page that the browser or a script reloads, or that a visitor comes back to, gets its drawing
 * back. One that a visitor reloads is empty.
 */
function restore() {
  const saved = take(DRAWING);
  const wasReloaded = take(RELOADING) || ("wasDiscarded" in document && document.wasDiscarded);
  const [navigation] = performance.getEntriesByType("navigation");
  const isBack = /** @type {PerformanceNavigationTiming} */ (navigation)?.type === "back_forward";
  if (!saved || !(wasReloaded || isBack)) return;
  history.reset(JSON.parse(saved));
  widest = 1;
}

const keep = () => save(DRAWING, JSON.stringify(history.strokes));

// ---------------------------------------------------------------- start

/** Names the canvas and its buttons in the visitor's language. */
function label() {
  /** @type {NodeListOf<HTMLElement>} */
  const elements = document.querySelectorAll("[data-word]");
  for (const element of elements) element.textContent = settings?.[element.dataset.word ?? ""];
  surface.setLabel(settings?.canvas);
}

function start() {
  restore();
  const first = { capture: true, passive: false };
  addEventListener("pointerdown", down, first);
  addEventListener("pointermove", (event) => contacts.move(event), first);
  addEventListener("pointerup", (event) => contacts.up(event), first);
  addEventListener("pointerup", tap, first);
  addEventListener("pointercancel", (event) => contacts.up(event), first);
  for (const type of ["mousedown", "mousemove", "mouseup", "touchstart", "touchmove", "touchend"])
    addEventListener(type, /** @type {any} */ (shield), first);
  addEventListener("contextmenu", (event) => {
    if (surface.contains(event) || contacts.isDrawing) event.preventDefault();
  });
  addEventListener("dragstart", (event) => surface.claims(event) && event.preventDefault());
  for (const type of ["dragover", "drop"]) addEventListener(type, /** @type {any} */ (keepPage));
  addEventListener("keydown", key);
  addEventListener("click", click);
  addEventListener("click", (event) => updates.leave(event), true);
  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  addEventListener("patched", () => updates.answered());
  addEventListener("connection", () => updates.reconnected());
  addEventListener("digits-clear", (event) => {
    if (contacts.isDrawing) event.preventDefault();
    else run("clear");
  });
  addEventListener("digits-fresh", () => {
    history.reset();
    if (surface.isReady) show();
  });
  addEventListener("healing", () => save(RELOADING, "1"));
  setInterval(() => {
    if (!updates.send || document.hidden) return;
    attach();
    updates.retry();
  }, 1000);
}

/** @param {StreamlitComponent<Settings>} component */
export default function ({ data, setStateValue }) {
  if (!updates.send) updates.enter();
  if (!settings) start();
  settings = data;
  Object.assign(surface, { pen: data.pen });
  Object.assign(updates, { send: setStateValue, live: data.live });
  label();
  attach();
  return cleanup(updates, () => {
    updates.send = null;
    surface.detach();
    contacts.forget();
    for (const name of ["reader", "blank", "untouched", "outdated"]) delete root.dataset[name];
  });
}
