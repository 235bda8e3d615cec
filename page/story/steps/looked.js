// @ts-check
// The evidence for the answer, and the evidence against the next guess.

import { ACCENT, NIGHT, PALE, clamp, squares } from "../pictures.js";

/** @import { Step } from "../scene.js" */

/** @type {Step} */
export const looked = {
  phases(scene) {
    const { w, h, wide } = scene.room;
    const { heats, maps } = scene.data;
    const label = clamp(Math.min(w, h) * 0.13, 32, 130);
    const places = squares(scene.room, heats.length, wide ? 1 : heats.length, label).map(
      (place, n) => [`heat${n}`, { ...place, label, from: `b${maps.length - 1}m0` }],
    );
    return [
      [0, Object.fromEntries(places.slice(0, 1))],
      [1500, Object.fromEntries(places)],
    ];
  },

  paint: {
    heat(scene, place, [n]) {
      const { pen } = scene;
      const { side, names } = scene.data.evidence;
      const heat = scene.data.heats[n];
      if (!heat) return;
      pen.fillStyle = NIGHT;
      pen.fillRect(place.x, place.y, place.w, place.h);
      pen.save();
      pen.beginPath();
      pen.rect(place.x, place.y, place.w, place.h);
      pen.clip();
      scene.image(heat.picture, place, true);
      pen.restore();
      pen.globalAlpha = place.a * 0.9;
      pen.globalCompositeOperation = "screen";
      scene.image(scene.data.dots, place);
      pen.globalCompositeOperation = "source-over";
      const cell = place.w / side;
      heat.values.forEach((/** @type {number} */ value, /** @type {number} */ at) => {
        const strength = Math.abs(value) / 127;
        if (strength < 0.15) return;
        const x = place.x + ((at % side) + 0.5) * cell;
        const y = place.y + (Math.floor(at / side) + 0.5) * cell;
        scene.mark(x, y, cell * (0.06 + 0.22 * strength), value > 0);
      });
      pen.globalAlpha = place.a;
      scene.outline(place, n ? "#f5f1e855" : ACCENT, n ? 2 : 5);
      const words = n ? `${names[n]}?` : names[n];
      const y = place.y + place.h + place.label * 0.55;
      scene.text(words, place.x + place.w / 2, y, place.label * 0.75, {
        colour: n ? PALE : ACCENT,
        weight: 700,
        most: place.w,
      });
    },
  },
};
