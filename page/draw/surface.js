// @ts-check
// Adapter for the canvas component (Fabric.js). The component handles one mouse well and several
// fingers badly: while another contact rests on the screen, it misses that a finger was lifted. So it
// gets only synthetic events, of a single mouse.

import { pressed } from "../core/keys.js";

/** @import { Point, Stroke, Size } from "./strokes.js" */

/**
 * The parts of the component that are used.
 * @typedef {object} Parts
 * @property {HTMLCanvasElement} upper the stroke being drawn
 * @property {HTMLCanvasElement} lower the finished strokes
 * @property {HTMLButtonElement} undo
 * @property {HTMLButtonElement} reset
 * @property {HTMLElement} frame the visible part; narrower than the canvas on a narrow screen
 */

const NEARBY = 1e-4; // of the width: a different point that looks the same
const MAX_UNDOS = 10; // to clear the canvas; with more strokes it is reset, which costs a round trip
const MARGIN = 48; // px around the canvas, about the width of a finger

/** A macrotask; unlike a timeout of 0 it is never delayed. */
const task = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });

/** @returns {HTMLCanvasElement | null} the canvas that takes what is drawn */
export function findCanvas() {
  for (const { shadowRoot } of document.querySelectorAll(".st-key-canvas *")) {
    /** @type {HTMLCanvasElement | null | undefined} */
    const canvas = shadowRoot?.querySelector("canvas.upper-canvas");
    if (canvas) return canvas;
  }
  return null;
}

/** @returns {Parts | null} */
function find() {
  const upper = findCanvas();
  const root = /** @type {ShadowRoot | undefined} */ (upper?.getRootNode());
  const part = (/** @type {string} */ name) => /** @type {any} */ (root?.querySelector(name));
  const lower = part("canvas.lower-canvas");
  const [undo, reset] = [part("[aria-label=Undo]"), part("[aria-label^=Reset]")];
  const frame = /** @type {HTMLElement | null | undefined} */ (upper?.closest(".canvas-root"));
  return upper && lower && undo && reset && frame ? { upper, lower, undo, reset, frame } : null;
}

export class Surface {
  /** @type {Parts | null} */
  #parts = null;
  /** @type {Stroke[]} */
  #shown = [];
  /** @type {Promise<void> | null} pending while the canvas is brought to another state */
  changing = null;
  pen = 0; // canvas pixels

  /**
   * Finds the canvas when it appears, or again after it was replaced.
   * @returns {boolean} whether it is there
   */
  attach() {
    this.#parts = find();
    this.#shown = [];
    return this.#parts !== null;
  }

  detach() {
    this.#parts = null;
  }

  get isReady() {
    return this.#parts?.upper.isConnected ?? false;
  }

  get #canvas() {
    return /** @type {Parts} */ (this.#parts);
  }

  /** @returns {Size} */
  get size() {
    const { width, height } = this.#canvas.lower;
    return { width, height, pen: this.pen };
  }

  /** Its bounding box, in CSS pixels. */
  get box() {
    return this.#canvas.upper.getBoundingClientRect();
  }

  /** How far the visible part extends to either side of the middle, as a fraction of the width. */
  get reach() {
    return Math.min(1, this.#canvas.frame.getBoundingClientRect().width / this.box.width) / 2;
  }

  /** @param {Point} point */
  shows({ x, y }) {
    return Math.abs(x - 0.5) <= this.reach && y >= 0 && y <= 1;
  }

  /**
   * The nearest point where ink still touches the visible part, horizontally.
   * @param {Point} point
   * @returns {Point}
   */
  clamp({ x, y }) {
    const most = this.reach + this.pen / this.size.width / 2;
    return { x: Math.min(0.5 + most, Math.max(0.5 - most, x)), y };
  }

  /** @param {Event} event */
  contains(event) {
    return this.isReady && event.composedPath().includes(this.#canvas.upper);
  }

  /**
   * Whether an event is on the canvas, or beside it on nothing that can be pressed.
   * @param {PointerEvent | MouseEvent | TouchEvent} event
   */
  claims(event) {
    if (!this.isReady) return false;
    if (this.contains(event)) return true;
    if (pressed(event, "a, button, input, label, select, summary, textarea, [role=button]"))
      return false;
    const { clientX: x, clientY: y } = "changedTouches" in event ? event.changedTouches[0] : event;
    const box = this.#canvas.frame.getBoundingClientRect();
    return (
      x > box.left - MARGIN &&
      x < box.right + MARGIN &&
      y > box.top - MARGIN &&
      y < box.bottom + MARGIN
    );
  }

  /** @param {number} pointerId */
  capture(pointerId) {
    try {
      this.#canvas.upper.setPointerCapture(pointerId); // a stroke continues outside the window
    } catch {
      // lifted already
    }
  }

  /** @param {string} label */
  setLabel(label) {
    this.#parts?.frame.setAttribute("aria-label", label);
  }

  /**
   * @param {"mousedown" | "mousemove" | "mouseup"} type
   * @param {Point} point
   */
  send(type, { x, y }) {
    const box = this.box;
    const event = new PointerEvent(type, {
      // Unlike a MouseEvent, it has fractions of pixels.
      bubbles: true,
      composed: true,
      cancelable: true,
      isPrimary: true,
      buttons: type === "mouseup" ? 0 : 1,
      clientX: box.x + x * box.width,
      clientY: box.y + y * box.height,
    });
    this.#canvas.upper.dispatchEvent(event);
  }

  /**
   * Releases the synthetic mouse at the end of a stroke.
   * @param {Stroke} stroke
   */
  lift(stroke) {
    this.#end(stroke);
    this.#shown = [...this.#shown, stroke];
  }

  /** @param {Stroke} stroke */
  #end(stroke) {
    // When a stroke ends, the component drops the point before its last one.
    const { x, y } = stroke[stroke.length - 1];
    this.send("mousemove", { x: x + NEARBY, y });
    this.send("mouseup", { x: x + NEARBY, y });
  }

  // ---------------------------------------------------------------- showing another state

  get isEmpty() {
    return !this.#shown.length && !this.changing;
  }

  /**
   * Brings the canvas to another state, which may change again meanwhile.
   * @param {() => Stroke[]} wanted the strokes to be shown
   * @param {() => void} done
   */
  show(wanted, done) {
    this.changing ??= this.#redraw(wanted).finally(() => {
      this.changing = null;
      done();
    });
  }

  /** @param {() => Stroke[]} wanted */
  async #redraw(wanted) {
    while (this.#parts && !isSame(this.#shown, wanted())) {
      const strokes = wanted();
      let same = 0;
      while (same < this.#shown.length && this.#shown[same] === strokes[same]) same++;
      for (let extra = this.#shown.length - same; extra > 0; extra--) {
        if (this.#canvas.undo.disabled || (!same && extra > MAX_UNDOS)) {
          // The component can undo a hundred strokes, and each undo reloads all remaining ones.
          this.#canvas.reset.click();
          await task();
          same = 0;
          break;
        }
        this.#canvas.undo.click();
        await task(); // until it has loaded that state: it mixes up concurrent loads
      }
      for (const stroke of strokes.slice(same)) {
        this.send("mousedown", stroke[0]);
        for (const point of stroke.slice(1)) this.send("mousemove", point);
        this.#end(stroke);
        await null; // the component saves each stroke for its own undo after the event
      }
      this.#shown = strokes;
    }
  }
}

/**
 * @param {Stroke[]} a
 * @param {Stroke[]} b
 */
const isSame = (a, b) => a.length === b.length && a.every((stroke, index) => stroke === b[index]);
