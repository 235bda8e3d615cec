// @ts-check
// Decides which contact draws. A mouse and a pen draw at once, a finger once it moves or taps.
// Palms, second fingers and other mouse buttons don't draw. A pen's eraser removes strokes.

/** @import { Point, Stroke } from "./strokes.js" */
/** @import { Surface } from "./surface.js" */

/**
 * @typedef {object} Contact
 * @property {string} type "mouse", "touch", "pen" or "eraser"
 * @property {number} slop px that it must move before it draws
 * @property {DOMRect} box where the canvas was at first: a stroke keeps its shape if the page moves
 * @property {Point[]} points
 * @property {number} x px
 * @property {number} y px
 * @property {number} since ms
 * @property {boolean} moved
 */

/**
 * @typedef {object} Listener
 * @property {() => void} onStroke the stroke began or continues
 * @property {(stroke: Stroke) => void} onFinish the stroke is complete
 * @property {(stroke: Stroke) => void} onAbandon the stroke was a palm
 * @property {(from: Point, to: Point) => void} onErase
 */

const SLOP = 4; // px: a touch that moves less does not draw yet
const TAP = 700; // ms: a longer touch that does not move makes no dot
const PALM = 2000; // ms after a pen was used, in which touches are those of the hand that holds it
const [LEFT, ERASER] = [1, 32]; // PointerEvent.buttons
const ERASER_BUTTON = 5; // PointerEvent.button

const now = () => performance.now();

/**
 * @param {PointerEvent} event
 * @param {DOMRect} box
 * @returns {Point}
 */
const pointOf = (event, box) => ({
  x: (event.clientX - box.x) / box.width,
  y: (event.clientY - box.y) / box.height,
});

export class Contacts {
  /** @type {Map<number, Contact>} by pointerId */
  #contacts = new Map();
  /** @type {number | null} pointerId */
  #drawing = null;
  /** @type {Stroke} */
  #stroke = [];
  #penSeen = -Infinity;

  /**
   * @param {Surface} surface
   * @param {Listener} listener
   */
  constructor(surface, listener) {
    this.surface = surface;
    this.listener = listener;
  }

  /** @returns {Stroke | null} the unfinished stroke */
  get stroke() {
    return this.#drawing === null ? null : this.#stroke;
  }

  get isDrawing() {
    return this.#drawing !== null;
  }

  forget() {
    this.#contacts.clear();
    this.#drawing = null;
  }

  /** @param {PointerEvent} event */
  down(event) {
    const { pointerType, pointerId, button } = event;
    if (pointerType === "touch" && event.isPrimary) this.#endTouches();
    if (!this.surface.claims(event)) return;
    const isEraser = pointerType === "pen" && button === ERASER_BUTTON;
    if (button && !isEraser) return; // another mouse button, or a pen's barrel button
    if (pointerType === "pen") {
      this.#penSeen = now();
      if (this.#typeOfDrawing === "touch") this.#abandon(); // that was the palm
    }
    if (pointerType === "touch" && now() - this.#penSeen < PALM) return;
    if (this.isDrawing) return; // the first contact draws
    const isTouch = pointerType === "touch";
    const { box } = this.surface;
    const point = pointOf(event, box);
    const contact = {
      type: isEraser ? "eraser" : pointerType,
      slop: isTouch ? Math.max(SLOP, Math.min(event.width, event.height) / 5) : 0,
      box,
      points: [point],
      x: event.clientX,
      y: event.clientY,
      since: now(),
      moved: false,
    };
    this.#contacts.set(pointerId, contact);
    if (isEraser) this.listener.onErase(point, point);
    else if (!isTouch && this.surface.shows(point)) this.#start(pointerId, contact);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerType === "pen") this.#penSeen = now();
    const contact = this.#contacts.get(event.pointerId);
    if (!contact || !this.surface.isReady) return;
    // No pointerup comes if a button is released outside the window or while another one is held.
    const held = contact.type === "eraser" ? ERASER : LEFT;
    if (contact.type !== "touch" && !(event.buttons & held)) return void this.up(event);
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = (coalesced.length ? coalesced : [event]).map((each) =>
      pointOf(each, contact.box),
    );
    if (contact.type === "eraser") {
      for (const point of points) {
        this.listener.onErase(/** @type {Point} */ (contact.points.at(-1)), point);
        contact.points = [point];
      }
    } else if (event.pointerId === this.#drawing) {
      this.#extend(points);
      this.listener.onStroke();
    } else if (!this.isDrawing) {
      contact.points.push(...points);
      contact.moved ||=
        Math.hypot(event.clientX - contact.x, event.clientY - contact.y) >= contact.slop;
      if (contact.moved && this.#wasOnCanvas(contact)) this.#start(event.pointerId, contact);
    }
  }

  /** Ends touches whose end was lost: no other finger is down when a primary touch begins. */
  #endTouches() {
    for (const [pointerId, { type }] of [...this.#contacts])
      if (type === "touch") this.up({ pointerId, type: "pointercancel" });
  }

  /**
   * @param {{ pointerId: number, type: string }} event pointerup, pointercancel, or a move without
   *   the button
   */
  async up({ pointerId, type }) {
    const contact = this.#contacts.get(pointerId);
    if (!contact || !this.surface.isReady) return;
    this.#contacts.delete(pointerId);
    if (pointerId !== this.#drawing) {
      const isTap = type === "pointerup" && now() - contact.since < TAP;
      const isShort = (contact.moved || isTap) && this.#wasOnCanvas(contact);
      if (this.isDrawing || !isShort || contact.type === "eraser") return;
      this.#contacts.clear(); // resting fingers don't draw
      await this.surface.changing; // the next strokes may begin meanwhile
      if (!this.surface.isReady) return;
      this.#begin(pointerId, contact);
    }
    this.#drawing = null;
    this.listener.onFinish(this.#stroke);
  }

  /**
   * Lets a contact draw, and no other one that rests on the screen.
   * @param {number} pointerId
   * @param {Contact} contact
   */
  #start(pointerId, contact) {
    if (this.surface.changing) return; // the next movement tries again
    this.#contacts.clear();
    this.#contacts.set(pointerId, contact);
    this.#begin(pointerId, contact);
  }

  /**
   * Begins the stroke, with all points of a contact since it reached the canvas.
   * @param {number} pointerId
   * @param {Contact} contact
   */
  #begin(pointerId, contact) {
    this.#drawing = pointerId;
    this.#stroke = [];
    this.surface.capture(pointerId);
    const { points } = contact;
    const first = points.findIndex((point) => this.surface.shows(point));
    this.#extend(points.slice(Math.max(0, first)));
    this.listener.onStroke();
  }

  /** @param {Point[]} points */
  #extend(points) {
    for (const point of points.map((each) => this.surface.clamp(each))) {
      this.surface.send(this.#stroke.length ? "mousemove" : "mousedown", point);
      this.#stroke.push(point);
    }
  }

  #abandon() {
    this.#contacts.delete(/** @type {number} */ (this.#drawing));
    this.#drawing = null;
    this.listener.onAbandon(this.#stroke);
  }

  get #typeOfDrawing() {
    return this.#drawing === null ? null : this.#contacts.get(this.#drawing)?.type;
  }

  /** @param {Contact} contact */
  #wasOnCanvas({ points }) {
    return points.some((point) => this.surface.shows(point));
  }
}
