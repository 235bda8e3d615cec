// @ts-check
// The drawing among the training images that are most like it.

import { ACCENT, square, squares } from "../pictures.js";

/** @import { Scene, Step } from "../scene.js" */

// Cells of a 3×3 grid: the drawing is in the middle, the nearest images are beside it, and the
// others in the corners.
const CELLS = [4, 1, 5, 7, 3, 2, 8, 6, 0];

/** The drawing large, and the others in two rows beside it. @param {Scene["room"]} room */
function beside({ w, h, gap }) {
  const each = Math.min((h - 3 * gap) / 2, (w - 9 * gap) / 6);
  const large = 2 * each + gap;
  const [left, top] = [(w - large - 4 * each - 5 * gap) / 2, (h - large) / 2];
  const others = Array.from({ length: 8 }, (_, n) => {
    const x = left + large + 2 * gap + (n % 4) * (each + gap);
    return square(x, top + Math.floor(n / 4) * (each + gap), each);
  });
  return [square(left, top, large), ...others];
}

/** The others around the drawing. @param {Scene["room"]} room */
function around(room) {
  const grid = squares(room, 9, 3);
  return CELLS.map((cell) => grid[cell]);
}

/** @type {Step} */
export const nearest = {
  phases(scene) {
    const { room, data } = scene;
    const [dots, ...others] = (room.w > 1.5 * room.h ? beside : around)(room);
    const all = data.near.map((/** @type {unknown} */ _, /** @type {number} */ n) => [
      `near${n}`,
      { ...others[n], from: "dots" },
    ]);
    return [
      [0, { dots: { ...dots, from: "answer" } }],
      [900, { dots, ...Object.fromEntries(all) }],
    ];
  },

  paint: {
    near(scene, place, [n]) {
      const image = scene.data.near[n];
      if (!image) return;
      const { pen } = scene;
      scene.image(image, place);
      const size = place.w * 0.26;
      const [x, y] = [place.x + place.w - size * 0.62, place.y + place.h - size * 0.62];
      pen.fillStyle = ACCENT;
      pen.beginPath();
      pen.arc(x, y, size * 0.5, 0, 7);
      pen.fill();
      scene.text(scene.data.neighbours[n].label, x, y + size * 0.04, size * 0.72, {
        colour: "#1b1203",
        weight: 700,
      });
    },
  },
};
