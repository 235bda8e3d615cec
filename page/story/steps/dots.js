// @ts-check
// From the drawing to 28 by 28 dots, enlarged until their numbers can be read.

import { ACCENT, ACCENT_ON_PAPER, NIGHT, PALE, SIDE, clamp, square } from "../pictures.js";
import { paintWindow } from "./window.js";

/** @import { Scene, Step } from "../scene.js" */

const DIM = "#7c8798"; // the number 0

/** @type {Step} */
export const drawing = {
  phases: (scene) => [[0, { drawing: scene.room.middle }]],

  paint: {
    drawing(scene, place) {
      scene.paper(place, scene.images.get(scene.data.drawing));
    },
  },
};

/** @type {Step} */
export const dots = {
  phases(scene) {
    const { middle } = scene.room;
    const { box, place } = scene.data;
    const [left, top, wide, high] = box.map((/** @type {number} */ part) => part * middle.w);
    const ink = { x: middle.x + left, y: middle.y + top, w: wide, h: high };
    const [x, y, dx, dy] = place.map((/** @type {number} */ dot) => (dot * middle.w) / SIDE);
    const there = { x: middle.x + x, y: middle.y + y, w: dx, h: dy };
    const near = zoom(scene);
    return [
      [0, { drawing: middle, ink: { ...ink, from: "drawing" } }],
      [1100, { dots: { ...middle, from: "-" }, ink: there }],
      [2600, { dots: middle }],
      [3800, { dots: near.place, inset: { ...near.inset, from: "dots" } }],
    ];
  },

  paint: {
    // The ink on its way into the dots; before that, a frame on the paper around it.
    ink(scene, place) {
      const { pen } = scene;
      const drawing = scene.images.get(scene.data.drawing);
      const actor = scene.actors.get("ink");
      if (!drawing?.width || !actor) return;
      const [left, top, wide, high] = scene.data.box;
      const { width, height } = drawing;
      const { from, to } = actor;
      const way =
        scene.phase > 0 && from.w !== to.w
          ? clamp((place.w - from.w) / (to.w - from.w))
          : scene.phase;
      pen.imageSmoothingEnabled = true;
      scene.data.inks.forEach((/** @type {OffscreenCanvas} */ ink, /** @type {number} */ light) => {
        pen.globalAlpha = place.a * clamp(light ? way : 1 - way);
        pen.drawImage(
          ink,
          left * width,
          top * height,
          wide * width,
          high * height,
          place.x,
          place.y,
          place.w,
          place.h,
        );
      });
      pen.globalAlpha = place.a;
      pen.setLineDash([10, 8]);
      scene.outline(place, scene.phase > 0 ? ACCENT : ACCENT_ON_PAPER, 4);
      pen.setLineDash([]);
    },

    dots(scene, place, _, now) {
      scene.image(scene.data.dots, place);
      grid(scene, place);
      numbers(scene, place);
      if (scene.step === "window") paintWindow(scene, place, now);
      if (scene.step === "nearest") scene.outline(place, ACCENT, Math.max(4, place.w * 0.02));
    },

    // A small picture that marks the part which is enlarged.
    inset(scene, place) {
      const { pen } = scene;
      const [x, y, wide, high] = place.seen.map(
        (/** @type {number} */ dots) => (dots * place.w) / SIDE,
      );
      scene.image(scene.data.dots, place);
      scene.outline(place, PALE, 3);
      pen.save();
      pen.beginPath();
      pen.rect(place.x, place.y, place.w, place.h);
      pen.clip();
      const [w, h] = [Math.min(wide, place.w - x), Math.min(high, place.h - y)];
      scene.outline({ x: place.x + x, y: place.y + y, w, h }, ACCENT, 4);
      pen.restore();
    },
  },
};

/** @param {Scene} scene @param {any} place */
function grid({ pen }, place) {
  const cell = place.w / SIDE;
  const lines = clamp((cell - 8) / 12) * 0.25;
  if (!lines) return;
  pen.globalAlpha = place.a * lines;
  pen.strokeStyle = PALE;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let n = 0; n <= SIDE; n++) {
    pen.moveTo(place.x + n * cell, place.y);
    pen.lineTo(place.x + n * cell, place.y + place.h);
    pen.moveTo(place.x, place.y + n * cell);
    pen.lineTo(place.x + place.w, place.y + n * cell);
  }
  pen.stroke();
  pen.globalAlpha = place.a;
}

/** @param {Scene} scene @param {any} place */
function numbers(scene, place) {
  const { pen } = scene;
  const cell = place.w / SIDE;
  const shown = clamp((cell - 30) / 15);
  if (!shown) return;
  pen.globalAlpha = place.a * shown;
  for (let row = 0; row < SIDE; row++)
    for (let column = 0; column < SIDE; column++) {
      const [x, y] = [place.x + (column + 0.5) * cell, place.y + (row + 0.5) * cell];
      if (x < -cell || y < -cell || x > scene.width + cell || y > scene.height + cell) continue;
      const value = scene.data.values[row * SIDE + column];
      const colour = value > 120 ? NIGHT : value ? PALE : DIM;
      scene.text(String(value), x, y, cell * 0.36, { colour });
    }
  pen.globalAlpha = place.a;
}

/**
 * The place of the dots when their numbers can be read, where the ink has most shades, and the
 * corner with the least ink, for the inset.
 * @param {Scene} scene
 */
function zoom(scene) {
  const { w, h } = scene.room;
  const { values } = scene.data;
  const cell = clamp(Math.min(w, h) / 8, 40, 110);
  const [columns, rows] = [w / cell, h / cell];
  const [spanX, spanY] = [Math.min(SIDE, Math.floor(columns)), Math.min(SIDE, Math.floor(rows))];
  const sum = (
    /** @type {number} */ left,
    /** @type {number} */ top,
    /** @type {number} */ wide,
    /** @type {number} */ high,
    /** @type {(value: number) => number} */ worth,
  ) => {
    let total = 0;
    for (let y = top; y < top + high; y++)
      for (let x = left; x < left + wide; x++) total += worth(values[y * SIDE + x] ?? 0);
    return total;
  };
  let [best, left, top] = [-1, 0, 0];
  for (let y = 0; y + spanY <= SIDE; y++)
    for (let x = 0; x + spanX <= SIDE; x++) {
      const shades = sum(x, y, spanX, spanY, (value) => value * (255 - value) + value);
      if (shades > best) [best, left, top] = [shades, x, y];
    }
  const x = columns > SIDE ? (w - SIDE * cell) / 2 : -left * cell;
  const y = rows > SIDE ? (h - SIDE * cell) / 2 : -top * cell;
  const inset = Math.min(w, h) * 0.3;
  const seen = [clamp(-x / cell, 0, SIDE), clamp(-y / cell, 0, SIDE), columns, rows];
  const span = Math.ceil(inset / cell);
  const corners = [0, 1].flatMap((right) =>
    [0, 1].map((low) => {
      const from = [
        right ? seen[0] + columns - span : seen[0],
        low ? seen[1] + rows - span : seen[1],
      ];
      const [column, row] = from.map(Math.floor);
      return { right, low, ink: sum(column, row, span, span, (value) => value) };
    }),
  );
  const { right, low } = corners.reduce((a, b) => (b.ink < a.ink ? b : a));
  const margin = Math.min(w, h) * 0.03;
  const corner = square(
    right ? w - inset - margin : margin,
    low ? h - inset - margin : margin,
    inset,
  );
  return { place: square(x, y, SIDE * cell), inset: { ...corner, seen } };
}
