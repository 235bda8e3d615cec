// @ts-check
// A small window over the dots: first where it fits best, then at every place.

import { ACCENT, AGAINST, FOR, MAP, SIDE, clamp, grey, square } from "../pictures.js";
import { MOVE } from "../scene.js";

/** @import { Box } from "../pictures.js" */
/** @import { Scene, Step } from "../scene.js" */

const STRONG = 0.4; // as in content.py: only weights that the sentence counts get a mark
const REST = 5000; // ms for visitors to compare the window with its pattern
// It slides slowly over the first rows with responses, so that visitors can follow it.
const [SLOW_ROWS, SLOW, QUICK] = [3, 1300, 90]; // rows; ms for a slow row and for any other
const ALL = SIDE * SIDE;

/**
 * How many of the 28×28 places the window has slid over; -1 before it slides.
 * @param {Scene} scene
 * @param {number} now
 */
function slid(scene, now) {
  let age = scene.age(now) - MOVE - REST;
  if (age < 0) return -1;
  const { firstRow } = scene.data;
  for (let row = 0; row < SIDE; row++) {
    const takes = row >= firstRow && row < firstRow + SLOW_ROWS ? SLOW : QUICK;
    if (age < takes) return Math.floor(clamp(row + age / takes, 0, SIDE) * SIDE);
    age -= takes;
  }
  return ALL;
}

/**
 * Row and column of the window's middle: where it fits best, before and after it slides.
 * @param {Scene} scene
 * @param {number} now
 */
function middle(scene, now) {
  const been = slid(scene, now);
  return been < 0 || been >= ALL ? scene.data.best : [Math.floor(been / SIDE), been % SIDE];
}

/** The window on the dots. @param {Scene} scene @param {Box} place @param {number} now */
export function paintWindow(scene, place, now) {
  const { pen } = scene;
  const { kernel } = scene.data;
  if (slid(scene, now) < ALL) scene.still = false;
  const cell = place.w / SIDE;
  const half = Math.floor(kernel.length / 2);
  const [row, column] = middle(scene, now);
  const at = square(
    place.x + (column - half) * cell,
    place.y + (row - half) * cell,
    kernel.length * cell,
  );
  const { globalAlpha } = pen;
  pen.fillStyle = ACCENT;
  pen.globalAlpha = globalAlpha * 0.2;
  pen.fillRect(at.x, at.y, at.w, at.h);
  pen.globalAlpha = globalAlpha;
  scene.outline(at, ACCENT, Math.max(3, cell * 0.2));
}

/** @type {Step} */
export const sliding = {
  // In a row, in a column, or with the window below the two pictures: whichever is largest.
  phases(scene) {
    const { w, h, gap } = scene.room;
    const row = Math.min(h - 2 * gap, (w - 6 * gap) / 2.6);
    const column = Math.min((h - 3 * gap) / 2, w * 0.62);
    const pair = Math.min((w - 3 * gap) / 2, (h - 3 * gap) * 0.62);
    const each = Math.max(row, column, pair);
    let places;
    if (each === pair) {
      const large = Math.min(each, h - each - 3 * gap);
      const top = (h - each - gap - large) / 2;
      places = [
        square((w - gap) / 2 - each, top, each),
        square((w + gap) / 2, top, each),
        square((w - large) / 2, top + each + gap, large),
      ];
    } else if (each === row) {
      const large = each * 0.6;
      const left = (w - 2 * each - large - 2 * gap) / 2;
      places = [
        square(left, (h - each) / 2, each),
        square(left + each + large + 2 * gap, (h - each) / 2, each),
        square(left + each + gap, (h - large) / 2, large),
      ];
    } else {
      const large = Math.min(each / 2, w - each - 3 * gap);
      places = [
        square(gap, gap, each),
        square(gap, 2 * gap + each, each),
        square(w - gap - large, (h - large) / 2, large),
      ];
    }
    const [dots, map, kernel] = places;
    return [[0, { dots, map: { ...map, from: "dots" }, kernel: { ...kernel, from: "dots" } }]];
  },

  paint: {
    // The dots under the window, each in a frame: orange means bright, blue means dark.
    kernel(scene, place, _, now) {
      const { pen } = scene;
      const { kernel, values } = scene.data;
      const size = kernel.length;
      const half = Math.floor(size / 2);
      const most = Math.max(...kernel.flat().map(Math.abs));
      const cell = place.w / size;
      const [atRow, atColumn] = middle(scene, now);
      kernel.forEach((/** @type {number[]} */ weights, /** @type {number} */ row) =>
        weights.forEach((weight, column) => {
          const strength = Math.abs(weight) / most;
          const [r, g, b] = weight > 0 ? FOR : AGAINST;
          const [x, y] = [place.x + column * cell, place.y + row * cell];
          pen.fillStyle = `rgb(${r} ${g} ${b} / ${strength})`;
          pen.fillRect(x, y, cell + 0.5, cell + 0.5);
          const [dotRow, dotColumn] = [atRow + row - half, atColumn + column - half];
          const inside = Math.min(dotRow, dotColumn) >= 0 && Math.max(dotRow, dotColumn) < SIDE;
          const value = inside ? values[dotRow * SIDE + dotColumn] : 0;
          pen.fillStyle = `rgb(${grey(value).slice(0, 3).join(" ")})`;
          pen.fillRect(x + cell * 0.17, y + cell * 0.17, cell * 0.66, cell * 0.66);
          if (strength >= STRONG)
            scene.mark(x + cell / 2, y + cell / 2, cell * 0.26 * strength, weight > 0);
        }),
      );
      scene.outline(place, ACCENT, Math.max(3, place.w * 0.02));
    },

    map(scene, place, _, now) {
      const { pen } = scene;
      const been = scene.step === "window" ? slid(scene, now) : ALL;
      if (been < ALL) scene.still = false;
      const cell = place.w / SIDE;
      pen.fillStyle = MAP;
      pen.fillRect(place.x, place.y, place.w, place.h);
      pen.save();
      pen.beginPath();
      const [row, column] = middle(scene, now);
      if (been < 0) pen.rect(place.x + column * cell, place.y + row * cell, cell, cell);
      else {
        const rows = Math.floor(been / SIDE);
        pen.rect(place.x, place.y, place.w, rows * cell);
        pen.rect(place.x, place.y + rows * cell, (been % SIDE) * cell, cell);
      }
      pen.clip();
      scene.image(scene.data.found, place);
      pen.restore();
      const at = square(place.x + column * cell, place.y + row * cell, cell);
      if (scene.step === "window") scene.outline(at, ACCENT, Math.max(3, cell * 0.2));
      scene.outline(place, "#f5f1e855", 2);
    },
  },
};
