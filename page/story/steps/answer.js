// @ts-check
// The answer, and how likely each digit is.

import { ACCENT, PALE, clamp, ease } from "../pictures.js";

/** @import { Step } from "../scene.js" */

/** @type {Step} */
export const answer = {
  phases(scene) {
    const { w, h, gap } = scene.room;
    const wide = w > 1.5 * h;
    const large = wide
      ? { x: gap, y: gap, w: w * 0.36, h: h - 2 * gap }
      : { x: gap, y: gap, w: w - 2 * gap, h: h * 0.42 };
    const rest = wide
      ? { x: w * 0.38, y: gap, w: w * 0.62 - gap, h: h - 2 * gap }
      : { x: gap, y: h * 0.45, w: w - 2 * gap, h: h * 0.55 - gap };
    const bars = { ...rest, from: "-" };
    return [
      [0, { bars }],
      [1400, { bars, answer: { ...large, from: "-" } }],
    ];
  },

  paint: {
    bars(scene, place, _, now) {
      const { shares, percents, names, best } = scene.data.bars;
      const { pen } = scene;
      const last = shares.length - 1; // “no digit”: a longer name needs more room
      const label = clamp(place.h * 0.13, 24, 110);
      const room = place.h - 2 * label;
      const pitch = place.w / (shares.length + 0.8);
      const base = place.y + place.h - label;
      const grown = ease(clamp(scene.age(now) / 1200));
      if (grown < 1) scene.still = false;
      shares.forEach((/** @type {number} */ share, /** @type {number} */ n) => {
        const middle = place.x + pitch * (n < last ? n + 0.5 : n + 0.9);
        const [wide, high] = [pitch * 0.76, Math.max(2, room * share * grown)];
        const colour = n === best ? ACCENT : PALE;
        const weight = n === best ? 700 : 500;
        pen.fillStyle = colour;
        pen.globalAlpha = place.a * (n === best ? 1 : 0.55);
        pen.beginPath();
        pen.roundRect(middle - wide / 2, base - high, wide, high, [pitch * 0.1, pitch * 0.1, 0, 0]);
        pen.fill();
        pen.globalAlpha = place.a;
        const words = n < last ? [names[n]] : names[n].split(" ");
        const size = words.length > 1 ? Math.max(11, label * 0.36) : label * 0.62;
        words.forEach((/** @type {string} */ word, /** @type {number} */ line) => {
          const y = base + label * 0.5 + (line - (words.length - 1) / 2) * size * 1.05;
          const most = pitch * (n < last ? 0.95 : 1.75);
          scene.text(word, middle, y, size, { colour, weight, most });
        });
        pen.globalAlpha = place.a * grown;
        const most = pitch * 1.5;
        const y = base - high - label * 0.3;
        if (percents[n])
          scene.text(percents[n], middle, y, Math.max(11, label * 0.4), { colour, most });
      });
      pen.globalAlpha = place.a;
    },

    answer(scene, place) {
      const size = Math.min(place.w * 1.1, place.h * 0.95) * (0.6 + 0.4 * place.a);
      const [x, y] = [place.x + place.w / 2, place.y + place.h * 0.53];
      scene.text(scene.data.answer, x, y, size, { colour: ACCENT, weight: 700 });
    },
  },
};
