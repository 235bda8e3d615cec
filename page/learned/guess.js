// @ts-check
// The test images that the shipped network misread.

import { showTiles } from "./tiles.js";

const shown = new WeakMap(); // tiles by element

/** @param {{ data: any, parentElement: HTMLElement }} component */
export default function ({ data, parentElement }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".guesses"));
  if (shown.get(root) === data.tiles) return; // the server has run the script again
  shown.set(root, data.tiles);
  showTiles(root, JSON.parse(data.tiles), data);
}
