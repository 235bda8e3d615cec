// @ts-check
// Draws a digit when a visitor asks for one, and in kiosk mode while nobody is there. It moves a
// pointer over the canvas, so that everything else treats its strokes like a visitor's.

import { DIALOG, digitOf, hasModifier, isTyping, pressed } from "../core/keys.js";
import { findCanvas } from "./surface.js";

/** @typedef {[number, number]} Position x, y as fractions of a square in the middle of the canvas */

const SPEED = 1.1; // heights of the canvas a second
const LIFT = 180; // ms between two strokes
const POINTER = 1e6; // an id that no real pointer has

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const root = document.documentElement;
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** @type {() => Promise<number>} */
const frame = () => new Promise(requestAnimationFrame);

/** @type {Position[][][][] | null} */
let drawings = null; // by digit, variant and stroke
/** @type {{ lift: () => void } | null} */
let drawing = null; // what is being drawn
/** @type {number | null} */
let last = null; // the digit that was drawn last

/**
 * @param {"pointerdown" | "pointermove" | "pointerup"} type
 * @param {HTMLCanvasElement} canvas
 * @param {Position} position
 */
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

/** Draws a digit on an empty canvas, unless a visitor is drawing. */
async function draw(digit = anyOther()) {
  const canvas = findCanvas();
  if (!canvas || !drawings || !root.dataset.reader) return;
  stop();
  if (!dispatchEvent(new Event("digits-clear", { cancelable: true }))) return;
  const mine = (drawing = { lift: () => {} });
  canvas.closest(".canvas-root")?.scrollIntoView({ block: "nearest" });
  await sleep(LIFT);
  last = digit;
  const variants = drawings[digit];
  for (const stroke of variants[Math.floor(Math.random() * variants.length)]) {
    if (drawing !== mine) return;
    await trace(stroke, canvas, mine);
    await sleep(LIFT);
  }
  if (drawing !== mine) return;
  drawing = null;
  dispatchEvent(new Event("digits-drawn"));
}

/**
 * @param {Position[]} stroke
 * @param {HTMLCanvasElement} canvas
 * @param {{ lift: () => void }} mine
 */
async function trace(stroke, canvas, mine) {
  let at = stroke[0];
  let isLifted = false;
  mine.lift = () => {
    if (!isLifted) point("pointerup", canvas, at);
    isLifted = true;
  };
  point("pointerdown", canvas, at);
  let budget = 0; // distance that can be drawn in the time that has passed
  let before = performance.now();
  for (const next of stroke.slice(1)) {
    while (budget <= 0 && !reducedMotion.matches) {
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

function anyOther() {
  const others = [...Array(10).keys()].filter((digit) => digit !== last);
  return others[Math.floor(Math.random() * others.length)];
}

function stop() {
  const mine = drawing;
  drawing = null;
  mine?.lift();
}

/**
 * Stops when a visitor draws or presses a button.
 * @param {CustomEvent<PointerEvent>} event
 */
function person({ detail: event }) {
  if (drawing && pressed(event, ".canvas-buttons button, canvas.upper-canvas")) stop();
}

/** @param {KeyboardEvent} event */
function key(event) {
  if (hasModifier(event) || event.repeat || isTyping(event)) return;
  if (document.querySelector(DIALOG)) return;
  const digit = digitOf(event);
  if (digit !== null) draw(digit);
}

/** @param {MouseEvent} event */
function click(event) {
  if (pressed(event, "[data-draw]")) draw();
}

/** @param {StreamlitComponent<{ drawings: string }>} component */
export default function ({ data }) {
  if (!drawings) {
    addEventListener("digits-person", /** @type {any} */ (person));
    addEventListener("digits-draw", () => draw());
    addEventListener("digits-stop", stop);
    addEventListener("keydown", key);
    addEventListener("click", click);
  }
  drawings = JSON.parse(data.drawings);
}
