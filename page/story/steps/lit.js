// @ts-check
// The activations: a column (on an upright screen a row) for each block, one after the other.

import { PALE, clamp, square } from "../pictures.js";

/** @import { Phase, Place, Step } from "../scene.js" */

/** Splits words into two lines, both as short as possible. @param {string} words */
function halves(words) {
  const parts = words.split(" ");
  const longer = (/** @type {string[]} */ lines) => Math.max(...lines.map((one) => one.length));
  return parts
    .map((_, at) => [parts.slice(0, at).join(" "), parts.slice(at).join(" ")])
    .reduce((best, cut) => (longer(cut) < longer(best) ? cut : best))
    .filter(Boolean);
}

/** @type {Step} */
export const lit = {
  phases(scene) {
    const { w, h, gap, wide } = scene.room;
    const { maps } = scene.data;
    const line = clamp(Math.min(w, h) * 0.08, 20, 52);
    const caption = wide && w / maps.length < 5.5 * line ? 2 * line : line;
    const [long, short] = wide ? [w, h - caption] : [h - maps.length * caption, w];
    const pitch = (long - gap) / maps.length;
    const rows = clamp(Math.ceil((short - gap) / pitch - 0.4), 1, maps[0].length);
    const each = Math.min(pitch, (short - gap) / rows) - gap;
    const step = wide ? pitch : each + gap + caption; // from block to block
    const start = ((wide ? w : h) - maps.length * step + gap) / 2;
    const first = (short - rows * (each + gap) + gap) / 2;
    /** @type {Phase[]} */
    const phases = [];
    /** @type {Record<string, Place>} */
    let all = {};
    for (let block = 0; block < maps.length; block++) {
      const along = start + block * step;
      const middle = along + (step - gap - each) / 2;
      const words = wide
        ? { x: along - gap / 2, y: first, w: step, h: caption }
        : { x: first, y: along, w: rows * (each + gap) - gap, h: caption };
      all = { ...all, [`caption${block}`]: { ...words, line, from: "-" } };
      for (let row = 0; row < rows; row++) {
        const across = first + row * (each + gap);
        const place = wide
          ? square(middle, across + caption, each)
          : square(across, along + caption, each);
        all[`b${block}m${row}`] = { ...place, from: block ? `b${block - 1}m${row}` : "map" };
      }
      phases.push([block * 1000, all]);
    }
    return phases;
  },

  paint: {
    b(scene, place, [block, map]) {
      const source = scene.data.maps[block]?.[map];
      if (!source) return;
      scene.image(source, place);
      scene.outline(place, "#f5f1e833", 1);
    },

    caption(scene, { x, y, w, h, line }, [block]) {
      const words = scene.data.blocks[block]?.caption ?? "";
      const lines = h > line ? halves(words) : [words];
      lines.forEach((text, n) => {
        const low = y + h - (lines.length - n - 0.42) * line;
        scene.text(text, x + w / 2, low, line * 0.62, { colour: PALE, most: w - line / 2 });
      });
    },
  },
};
