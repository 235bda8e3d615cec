// @ts-check
// The story's canvas. Everything on it (the drawing, the 28×28 dots, a feature map, …) is an actor
// with a name. A step consists of phases, each of which defines where the actors are. An actor in
// two consecutive phases moves from one place to the other; a new actor starts at its origin
// (`from`), another actor or a place.

import {
  ACCENT,
  NIGHT,
  PALE,
  SIDE,
  bytes,
  clamp,
  ease,
  glow,
  grey,
  heat,
  inks,
  mix,
  picture,
} from "./pictures.js";

/** @import { Box } from "./pictures.js" */
/** @typedef {Box & { from?: string | Box, [detail: string]: any }} Place */
/** @typedef {[number, Record<string, Place>]} Phase when it begins, in ms, and its actors */
/** @typedef {(scene: Scene, place: any, numbers: number[], now: number) => void} Paint */
/** @typedef {{ phases: (scene: Scene) => Phase[], paint: Record<string, Paint> }} Step */
/** @typedef {{ from: any, to: any, since: number, gone?: boolean }} Actor */

export const MOVE = 700; // ms: an actor's movement from one phase to the next
const ORDER = ["whole", "drawing", "dots"]; // painted below all others

/** @param {Place} a @param {Place} b */
const isSameBox = (a, b) => a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h;

const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const root = document.documentElement;

/** Whether the answer is outdated. The new one has priority: nothing moves until it comes. */
const isHeld = () => "outdated" in root.dataset;

/**
 * Adds properties that are computed when they are first read.
 * @param {any} object
 * @param {Record<string, () => any>} parts
 */
function addLazily(object, parts) {
  for (const [name, make] of Object.entries(parts)) {
    /** @type {any} */
    let value;
    Object.defineProperty(object, name, { get: () => (value ??= make()) });
  }
  return object;
}

export class Scene {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Record<string, Step>} steps by name
   * @param {(still: boolean) => void} onStill called with whether nothing moves any more
   */
  constructor(canvas, steps, onStill) {
    this.canvas = canvas;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.steps = steps;
    this.painters = Object.assign({}, ...Object.values(steps).map((step) => step.paint));
    this.onStill = onStill;
    /** @type {Map<string, Actor>} */
    this.actors = new Map();
    /** @type {Map<string, HTMLImageElement>} those that are loaded, by URL */
    this.images = new Map();
    /** @type {any} the data from content.py, decoded; null while nothing is drawn */
    this.data = null;
    this.width = this.height = 0;
    this.step = "";
    this.phase = -1;
    this.began = 0; // when the step began
    this.still = false;
    this.jump = false;
    this.frame = 0;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(/** @type {Element} */ (canvas.parentElement));
    this.redraw = () => this.wake();
    reduced.addEventListener("change", this.redraw);
    this.release = new MutationObserver(() => isHeld() || this.wake());
    this.release.observe(root, { attributeFilter: ["data-outdated"] });
  }

  end() {
    this.ended = true;
    this.observer.disconnect();
    this.release.disconnect();
    reduced.removeEventListener("change", this.redraw);
    cancelAnimationFrame(this.frame);
  }

  /** Begins a step. @param {string} name */
  show(name) {
    this.step = name;
    this.began = performance.now();
    this.phase = -1;
    this.still = false;
    this.onStill(false);
    this.wake();
  }

  /** Shows another drawing. @param {any} data as from content.py */
  update(data) {
    this.phase = -1; // the actors may be other ones
    this.onStill(false);
    this.wake();
    if (!data.pixels) {
      this.data = null;
      this.images.clear();
      this.actors.clear();
      return;
    }
    const small = (/** @type {string} */ pixels) => picture(bytes(pixels), SIDE, grey);
    // A step paints only a few of these pictures, and while somebody draws, they change often.
    this.data = addLazily(
      { ...data },
      {
        values: () => bytes(data.pixels),
        dots: () => small(data.pixels),
        found: () => picture(bytes(data.map), SIDE, glow),
        firstRow: () => Math.floor(bytes(data.map).findIndex((value) => value > 60) / SIDE),
        maps: () =>
          data.blocks.map((/** @type {any} */ { side, maps }) =>
            maps.map((/** @type {string} */ map) => picture(bytes(map), side, glow)),
          ),
        heats: () =>
          data.evidence.maps.map((/** @type {string} */ map) => {
            const strengths = new Int8Array(bytes(map).buffer);
            return { values: strengths, picture: picture(strengths, data.evidence.side, heat) };
          }),
        near: () => data.neighbours.map((/** @type {any} */ { pixels }) => small(pixels)),
        inks: () => inks(/** @type {HTMLImageElement} */ (this.images.get(data.drawing))),
      },
    );
    this.load();
  }

  // Loads the drawing, and the tiles of a number. Meanwhile the previous ones stay.
  async load() {
    const { data } = this;
    const urls = [data.drawing];
    if (data.number)
      urls.push(data.number.drawing, ...data.number.tiles.map((/** @type {any} */ t) => t.picture));
    const images = await Promise.all(
      urls.map(async (url) => {
        const image = this.images.get(url) ?? Object.assign(new Image(), { src: url });
        await image.decode().catch(() => {});
        return image;
      }),
    );
    if (this.data !== data) return; // there is newer data
    this.images = new Map(urls.map((url, n) => [url, images[n]]));
    this.wake();
  }

  wake() {
    if (!this.frame && !this.ended) this.frame = requestAnimationFrame((now) => this.paint(now));
  }

  resize() {
    const { clientWidth: w, clientHeight: h } = /** @type {Element} */ (this.canvas.parentElement);
    const scale = devicePixelRatio || 1;
    const [wide, high] = [Math.round(w * scale), Math.round(h * scale)];
    if (this.ended || (this.canvas.width === wide && this.canvas.height === high)) return;
    [this.width, this.height] = [w, h];
    [this.canvas.width, this.canvas.height] = [wide, high]; // which empties it
    this.phase = -1;
    this.jump = this.still; // movement continues, as in a step whose sentence became longer
    cancelAnimationFrame(this.frame);
    this.paint(performance.now());
  }

  /** The screen's measures, and the largest square in its middle. */
  get room() {
    const { width: w, height: h } = this;
    const gap = Math.round(Math.min(w, h) * 0.03);
    const side = Math.min(w, h) - 2 * gap;
    return {
      w,
      h,
      gap,
      wide: w > h * 1.1,
      middle: { x: (w - side) / 2, y: (h - side) / 2, w: side, h: side },
    };
  }

  /** How long the step has been shown, in ms. @param {number} now */
  age(now) {
    return reduced.matches ? Infinity : now - this.began;
  }

  // Sends the actors to the places of the current phase. Returns when the next one begins, or 0.
  direct(/** @type {number} */ now) {
    const phases = this.steps[this.step].phases(this);
    const age = this.age(now);
    const phase = phases.findLastIndex(([at]) => at <= age);
    if (this.phase !== phase) {
      this.arrange(phases[phase][1], now);
      this.phase = phase;
    }
    for (const [name, actor] of this.actors)
      if (actor.gone && now - actor.since > MOVE) this.actors.delete(name);
    return phase + 1 < phases.length ? this.began + phases[phase + 1][0] : 0;
  }

  /** @param {Record<string, Place>} wanted @param {number} now */
  arrange(wanted, now) {
    const cut = reduced.matches || this.jump || isHeld();
    this.jump = false;
    const places = new Map([...this.actors].map(([name, actor]) => [name, this.at(actor, now)]));
    for (const [name, place] of Object.entries(wanted)) {
      const actor = this.actors.get(name);
      const to = { a: 1, ...place };
      if (actor && !actor.gone && isSameBox(actor.to, to)) {
        actor.to = to;
        continue;
      }
      const origin = typeof place.from === "object" ? { ...place.from, a: 1 } : null;
      const from = places.get(name) ??
        origin ?? { ...(places.get(/** @type {string} */ (place.from)) ?? place), a: 0 };
      this.actors.delete(name); // so that it is painted above the others
      this.actors.set(name, { from: cut ? to : from, to, since: cut ? -Infinity : now });
    }
    for (const [name, actor] of this.actors) {
      if (name in wanted || actor.gone) continue;
      const here = places.get(name);
      this.actors.set(name, { from: here, to: { ...here, a: 0 }, since: now, gone: true });
      if (cut) this.actors.delete(name);
    }
  }

  /** Where an actor is. @param {Actor} actor @param {number} now */
  at(actor, now) {
    const t = reduced.matches ? 1 : ease(clamp((now - actor.since) / MOVE));
    const place = { ...actor.to };
    for (const key of ["x", "y", "w", "h", "a"])
      place[key] = mix(actor.from[key], actor.to[key], t);
    return place;
  }

  /**
   * The name of the topmost actor of a kind at a point.
   * @param {string} kind
   * @param {number} x
   * @param {number} y
   */
  hit(kind, x, y) {
    return [...this.actors].findLast(
      ([name, { to, gone }]) =>
        !gone &&
        name.startsWith(kind) &&
        x >= to.x &&
        x <= to.x + to.w &&
        y >= to.y &&
        y <= to.y + to.h,
    )?.[0];
  }

  paint(/** @type {number} */ now) {
    this.frame = 0;
    const { pen, width, height } = this;
    if (!width || !height) return;
    const scale = this.canvas.width / width;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = NIGHT;
    pen.fillRect(0, 0, width, height);
    if (!this.data) {
      this.blank();
      return this.onStill(true);
    }
    const next = this.direct(now);
    this.still = this.phase >= 0; // not in a frame from before the step; painters may clear it
    const order = (/** @type {string} */ name) => ORDER.indexOf(name) + 1 || ORDER.length + 1;
    for (const [name, actor] of [...this.actors].sort(([a], [b]) => order(a) - order(b))) {
      if (now - actor.since < MOVE && !reduced.matches) this.still = false;
      const place = this.at(actor, now);
      const [, kind, numbers] = /** @type {RegExpMatchArray} */ (name.match(/^([a-z]+)(.*)$/));
      pen.save();
      pen.globalAlpha = place.a;
      this.painters[kind](this, place, numbers.split("m").map(Number), now);
      pen.restore();
    }
    this.onStill(this.still && !next);
    if (isHeld()) return;
    if (!this.still) this.wake();
    else if (next) setTimeout(() => this.wake(), Math.max(0, next - performance.now()));
  }

  // ---------------------------------------------------------------- tools of the painters

  blank() {
    const { pen, width: w, height: h } = this;
    const side = Math.min(w, h) * 0.7;
    pen.strokeStyle = PALE;
    pen.globalAlpha = 0.4;
    pen.lineWidth = 3;
    pen.setLineDash([12, 10]);
    pen.strokeRect((w - side) / 2, (h - side) / 2, side, side);
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  /** @param {CanvasImageSource} source @param {Box} place */
  image(source, { x, y, w, h }, smooth = false) {
    this.pen.imageSmoothingEnabled = smooth;
    this.pen.imageSmoothingQuality = "high";
    this.pen.drawImage(source, x, y, w, h);
  }

  /** White paper, and a drawing on it. @param {Box} place @param {CanvasImageSource} [drawing] */
  paper(place, drawing) {
    this.pen.fillStyle = "#fff";
    this.pen.beginPath();
    this.pen.roundRect(place.x, place.y, place.w, place.h, Math.min(place.w, place.h) * 0.03);
    this.pen.fill();
    if (drawing) this.image(drawing, place, true);
  }

  /**
   * @param {string} text
   * @param {number} x its middle
   * @param {number} y its middle
   * @param {number} size in px; smaller where it is wider than `most`
   */
  text(text, x, y, size, { colour = PALE, weight = 600, most = Infinity } = {}) {
    const { pen } = this;
    pen.font = `${weight} ${size}px "Source Sans", system-ui, sans-serif`;
    const wide = pen.measureText(text).width;
    if (wide > most) pen.font = pen.font.replace(/[\d.]+px/, `${(size * most) / wide}px`);
    pen.fillStyle = colour;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x, y);
  }

  /** @param {Box} place */
  outline(place, colour = ACCENT, width = 3) {
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = width;
    this.pen.strokeRect(place.x, place.y, place.w, place.h);
  }

  /**
   * + or −, for people who can't tell the colours apart.
   * @param {number} x
   * @param {number} y
   * @param {number} arm from the middle to an end
   * @param {boolean} plus
   */
  mark(x, y, arm, plus) {
    if (arm < 1.5) return;
    const { pen } = this;
    const thick = Math.max(1.5, arm * 0.3);
    for (const [colour, rim] of /** @type {[string, number][]} */ ([
      [NIGHT, Math.max(1, thick * 0.35)],
      ["#fff", 0],
    ])) {
      pen.fillStyle = colour;
      pen.fillRect(x - arm - rim, y - thick / 2 - rim, 2 * (arm + rim), thick + 2 * rim);
      if (plus) pen.fillRect(x - thick / 2 - rim, y - arm - rim, thick + 2 * rim, 2 * (arm + rim));
    }
  }
}
