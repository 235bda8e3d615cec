// @ts-check
// A number: first the drawing is cut into one tile per digit, at the end they form the number.

import { ACCENT, ACCENT_ON_PAPER, square, squares } from "../pictures.js";

/** @import { Phase, Place, Scene, Step } from "../scene.js" */

/**
 * The tiles, in the number of rows (one to three) that shows them largest.
 * @param {Scene} scene
 * @param {number} label the room for a label, as a fraction of a tile
 */
function apart(scene, label) {
  const { w, h, gap } = scene.room;
  const count = scene.data.number.tiles.length;
  const side = (/** @type {number} */ rows) =>
    Math.min((w - gap) / Math.ceil(count / rows) - gap, ((h - gap) / rows - gap) / (1 + label));
  const rows = [1, 2, 3].reduce((best, next) => (side(next) > side(best) ? next : best));
  return squares(scene.room, count, rows, label * side(rows));
}

/** @type {Step} */
export const cut = {
  phases(scene) {
    const { w, h, gap } = scene.room;
    const { ratio, tiles } = scene.data.number;
    const wide = Math.min(w - 2 * gap, (h - 2 * gap) * ratio);
    const whole = { x: (w - wide) / 2, y: (h - wide / ratio) / 2, w: wide, h: wide / ratio };
    const places = apart(scene, 0);
    const flown = places.map((/** @type {Place} */ place, /** @type {number} */ n) => {
      const { x, y, side } = tiles[n];
      const was = side * whole.h;
      const from = square(whole.x + x * whole.w - was / 2, whole.y + y * whole.h - was / 2, was);
      return [`tile${n}`, { ...place, from }];
    });
    return [
      [0, { whole }],
      [900, Object.fromEntries(flown)],
    ];
  },

  paint: {
    whole(scene, place) {
      scene.paper(place, scene.images.get(scene.data.number?.drawing));
    },

    tile(scene, place, [n]) {
      const tile = scene.data.number?.tiles[n];
      if (!tile) return;
      scene.paper(place, scene.images.get(tile.picture));
      const { pen } = scene;
      if (n === scene.data.number.chosen) {
        pen.lineWidth = Math.max(4, place.w * 0.03);
        pen.strokeStyle = place.label ? ACCENT : ACCENT_ON_PAPER;
        pen.stroke(); // round the paper
      }
      if (!place.label) return;
      const size = place.label * place.w;
      scene.text(tile.label, place.x + place.w / 2, place.y + place.h + size * 0.55, size * 0.95, {
        colour: ACCENT,
        weight: 700,
      });
    },
  },
};

/** @type {Step} */
export const number = {
  phases(scene) {
    const label = 0.6;
    const places = apart(scene, label);
    return places.map((/** @type {Place} */ _, /** @type {number} */ last) => [
      400 * last,
      Object.fromEntries(
        places
          .slice(0, last + 1)
          .map((/** @type {Place} */ place, /** @type {number} */ n) => [
            `tile${n}`,
            { ...place, label, from: "-" },
          ]),
      ),
    ]);
  },
  paint: {},
};
