// @ts-check
// Sends the drawing and marks whether the answer shown belongs to it.

import { pressed } from "../core/keys.js";

/**
 * What there is to send.
 * @typedef {object} Snapshot
 * @property {number[][]} strokes see `pack` in strokes.js
 * @property {boolean} isDrawing
 * @property {boolean} isEmpty whether the canvas shows nothing
 * @property {boolean} isUntouched whether nothing was drawn yet
 */

const MIN_INTERVAL = 80; // ms between two updates; and at least three round trips
const REST = 150; // ms: after this long without movement, words may change
const LATE = 400; // ms without an answer: the bars are marked as waiting, too
const SILENT = 5000; // ms without an answer: the drawing is sent again
const LEAVING = 2000; // ms after a link to another page was pressed, in which nothing is sent

const root = document.documentElement;
const now = () => performance.now();
const shownReading = () =>
  Number(
    /** @type {HTMLElement | null} */ (document.querySelector("[data-reading]"))?.dataset.reading ??
      0,
  );

export class Updates {
  /** @type {((name: string, value: unknown) => void) | null} sends; null while not on the page */
  send = null;
  live = true; // whether to send while the pen moves

  #number = 0; // of the last update
  #sentAt = -Infinity; // or when the connection came back: Streamlit sends it again
  #isPending = false; // it is not answered yet
  #trip = 0; // ms: the last round trip
  #touched = 0; // when the drawing last changed
  #fresh = false; // it changed since the last update
  #settled = true; // the last update is for this drawing, and asks for words
  #timer = 0;
  #left = -Infinity; // when a link to another page was pressed
  /** @type {HTMLElement | null} */
  #link = null; // the link, while an update is pending

  /** @param {() => Snapshot | null} snapshot null while there is no canvas */
  constructor(snapshot) {
    this.snapshot = snapshot;
  }

  get hasSent() {
    return this.#number > 0;
  }

  /** Call this when the page is entered. */
  enter() {
    this.#left = -Infinity;
    this.#isPending = false;
  }

  /** Call this when the drawing changed: the answer shown is for another one. */
  changed() {
    this.#touched = now();
    this.#fresh = true;
    this.#settled = false;
    this.mark();
    this.#plan();
  }

  /** While the pen moves: an update when one is due and the last one was answered. */
  #plan() {
    clearTimeout(this.#timer);
    if (!this.live || this.#isPending || this.#settled || !this.snapshot()?.isDrawing) return;
    const due = this.#sentAt + Math.max(MIN_INTERVAL, 3 * this.#trip);
    const rests = this.#touched + REST;
    const at = this.#fresh ? due : Math.max(due, rests);
    const post = () => this.#post(now() - this.#touched >= REST);
    this.#timer = setTimeout(post, Math.max(0, at - now()));
  }

  /** Sends the finished drawing. */
  finished() {
    this.changed();
    this.#post(true);
  }

  /** @param {boolean} rests whether it is time for an answer in words */
  #post(rests) {
    const snapshot = this.snapshot();
    const { send } = this;
    if (!send || !snapshot || now() - this.#left < LEAVING) return;
    clearTimeout(this.#timer);
    this.#number += 1;
    this.#fresh = false;
    this.#settled = rests;
    this.#sentAt = now();
    this.#isPending = true;
    root.dataset.drawing = String(this.#number);
    const message = {
      number: this.#number,
      strokes: snapshot.strokes,
      rests,
      lifted: !snapshot.isDrawing,
      attract: "attract" in root.dataset,
    };
    atOnce(() => send("drawing", message));
    this.mark();
    setTimeout(() => this.mark(), LATE + 1);
  }

  /** Call this when the page shows another answer. */
  answered() {
    if (this.#isPending && shownReading() === this.#number) {
      this.#trip = now() - this.#sentAt;
      this.#isPending = false;
      this.#follow();
    }
    this.mark();
    this.#plan();
  }

  /** Call this when the connection was lost or is back. */
  reconnected() {
    if (!root.dataset.connection) this.#sentAt = now();
    this.mark();
  }

  /** Asks again for an answer that did not come. */
  retry() {
    this.mark();
    const snapshot = this.snapshot();
    if (this.#isAnswered || root.dataset.connection || !snapshot || snapshot.isDrawing) return;
    if (now() - Math.max(this.#touched, this.#sentAt) > SILENT) this.finished();
  }

  /**
   * Marks the page: “answered”, “waiting”, “late” or “gone”, whether its answer is for another
   * drawing, and whether the canvas is blank.
   */
  mark() {
    const snapshot = this.snapshot();
    if (!snapshot) return;
    const isAnswered = this.#isAnswered;
    const isLate = this.#isPending && now() - this.#sentAt > LATE;
    root.toggleAttribute("data-outdated", !isAnswered);
    root.toggleAttribute("data-blank", snapshot.isEmpty);
    root.toggleAttribute("data-untouched", snapshot.isUntouched);
    const state =
      root.dataset.connection || (isAnswered ? "answered" : isLate ? "late" : "waiting");
    root.dataset.reader = state === "lost" ? "late" : state;
  }

  get #isAnswered() {
    return this.#settled && shownReading() === this.#number;
  }

  /**
   * Call this when something was pressed. If it is a link to another page, no update is sent until
   * this page is gone, and the link waits for the answer to the last update: one that reaches the
   * next page would empty it.
   * @param {Event} event
   */
  leave(event) {
    const link = pressed(event, "a[href]");
    if (!link || !this.send) return;
    this.#left = now();
    if (!this.#isPending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#link = link;
    setTimeout(() => this.#follow(), LEAVING / 2);
  }

  #follow() {
    const link = this.#link;
    if (!link) return;
    this.#link = null;
    this.#isPending = false;
    link.click();
  }
}

/**
 * Sends without Streamlit's delay: a timer of 0 ms, before which the browser paints. That takes
 * 20 ms on a small computer. Here the timer's handler runs at once. If Streamlit uses no such timer
 * any more, nothing changes.
 * @param {() => void} send
 */
function atOnce(send) {
  const { setTimeout } = window;
  /** @type {(() => void)[]} */
  const tasks = [];
  const collect = (
    /** @type {TimerHandler} */ handler,
    /** @type {number} */ delay,
    /** @type {any[]} */ ...more
  ) =>
    delay || typeof handler !== "function"
      ? setTimeout(handler, delay, ...more)
      : tasks.push(() => handler(...more));
  window.setTimeout = /** @type {any} */ (collect);
  try {
    send();
  } finally {
    window.setTimeout = setTimeout;
  }
  for (const task of tasks) task();
}
