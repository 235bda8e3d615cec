// @ts-check
// Colours, small pictures made of numbers, and boxes.

/** @typedef {{ x: number, y: number, w: number, h: number }} Box */
/** @typedef {number[]} Colour red, green, blue and opacity, 0 to 255 */

export const SIDE = 28; // dots: of the picture that the network sees
export const NIGHT = "#0b1220"; // the screen, also in the light theme: activations glow on dark
export const PALE = "#f5f1e8";
export const MAP = "#101628"; // where the window has not been yet

const style = getComputedStyle(document.documentElement);
const property = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
export const ACCENT = property("--accent-on-dark");
export const ACCENT_ON_PAPER = property("--accent-on-light");
/** @param {string} name @returns {Colour} */
const channels = (name) => property(name).split(" ").map(Number);
export const FOR = channels("--for");
export const AGAINST = channels("--against");

export const clamp = (/** @type {number} */ x, low = 0, high = 1) =>
  Math.min(high, Math.max(low, x));
/** Slow at both ends. */
export const ease = (/** @type {number} */ t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);
/** @type {(a: number, b: number, t: number) => number} */
export const mix = (a, b, t) => a + (b - a) * t;
/** @type {(text: string) => Uint8Array} */
export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
/** @type {(x: number, y: number, side: number) => Box} */
export const square = (x, y, side) => ({ x, y, w: side, h: side });

/**
 * Squares in rows, as large as the room allows, in its middle.
 * @param {{ w: number, h: number, gap: number }} room
 * @param {number} count
 * @param {number} rows
 * @param {number} label the height of the room below each square
 */
export function squares({ w, h, gap }, count, rows, label = 0) {
  const columns = Math.ceil(count / rows);
  const side = Math.min((w - gap) / columns, (h - gap) / rows - label) - gap;
  const [across, down] = [side + gap, side + label + gap];
  return Array.from({ length: count }, (_, n) => {
    const row = Math.floor(n / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (w - inRow * across + gap) / 2;
    const top = (h - rows * down + gap) / 2;
    return square(left + (n % columns) * across, top + row * down, side);
  });
}

/**
 * Numbers as a small canvas.
 * @param {ArrayLike<number>} values row by row
 * @param {number} side
 * @param {(value: number) => Colour} colour
 */
export function picture(values, side, colour) {
  const canvas = new OffscreenCanvas(side, side);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = pen.createImageData(side, side);
  Array.from(values).forEach((value, place) => image.data.set(colour(value), 4 * place));
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** @type {(value: number) => Colour} */
export const grey = (value) => [
  mix(11, 255, value / 255),
  mix(18, 255, value / 255),
  mix(32, 255, value / 255),
  255,
];

const TURN = 150; // the value of the colour in the middle, as in inside.py
const GLOW = [
  [16, 22, 40],
  [255, 150, 50],
  [255, 255, 235],
];

/** From dark to orange to white, as in inside.py. @type {(value: number) => Colour} */
export function glow(value) {
  const [low, t] = value < TURN ? [0, value / TURN] : [1, (value - TURN) / (255 - TURN)];
  return [0, 1, 2].map((c) => mix(GLOW[low][c], GLOW[low + 1][c], t)).concat(255);
}

/** Evidence: orange for, blue against; opacity is strength. @type {(value: number) => Colour} */
export const heat = (value) => [...(value > 0 ? FOR : AGAINST), Math.abs(value) * 2];

/**
 * The ink of a drawing without its background: dark as it was drawn, and white as in the dots.
 * @param {HTMLImageElement} image
 */
export function inks(image) {
  const layers = [0, 1].map(() => new OffscreenCanvas(image.width, image.height));
  const pens = layers.map(
    (layer) =>
      /** @type {OffscreenCanvasRenderingContext2D} */ (
        layer.getContext("2d", { willReadFrequently: true })
      ),
  );
  pens[0].drawImage(image, 0, 0);
  const pixels = pens[0].getImageData(0, 0, image.width, image.height);
  const { data } = pixels;
  for (let place = 0; place < data.length; place += 4)
    data[place + 3] = (255 - data[place]) * (data[place + 3] / 255); // opacity from darkness
  pens[0].putImageData(pixels, 0, 0);
  for (let place = 0; place < data.length; place += 4) data.fill(255, place, place + 3);
  pens[1].putImageData(pixels, 0, 0);
  return layers;
}
