// @ts-check
// Test images whose labels stay hidden until the visitor guesses.

import { fill } from "./pictures.js";

/**
 * @typedef {{ pixels: string, alt: string, label: number, answer: string }} Tile `pixels` is an
 *   image's URL, `answer` HTML
 * @typedef {{ tiles: string, question: string, yours: string, score: string }} Data `tiles` is JSON
 */

/**
 * Shows the tiles in an element, in place of what is there.
 * @param {HTMLElement} root
 * @param {Data} data
 */
function show(root, { tiles: json, question, yours, score }) {
  /** @type {Tile[]} */
  const tiles = JSON.parse(json);
  const figures = tiles.map(
    ({ pixels, alt }, tile) =>
      `<figure data-tile="${tile}"><button type="button" aria-expanded="false">` +
      `<img src="${pixels}" alt="${alt}"><span>${question}</span></button>` +
      '<figcaption tabindex="-1"></figcaption></figure>',
  );
  const digits = [..."0123456789"].map((digit) => `<button type="button">${digit}</button>`);
  root.innerHTML =
    `<p class="score" role="status"></p><div class="misread">${figures.join("")}` +
    `<div class="pad" role="group" aria-label="${question}" hidden>${digits.join("")}</div></div>`;
  const pad = /** @type {HTMLElement} */ (root.querySelector(".pad"));
  /** @type {HTMLElement | null} */
  let chosen = null;
  let [right, count] = [0, 0];

  /** @param {HTMLElement | null} figure */
  function choose(figure) {
    chosen?.querySelector("button")?.setAttribute("aria-expanded", "false");
    figure?.querySelector("button")?.setAttribute("aria-expanded", "true");
    figure?.after(pad);
    pad.hidden = !figure;
    chosen = figure;
  }

  /** @param {HTMLElement} figure @param {number} digit */
  function reveal(figure, digit) {
    const { label, answer } = tiles[Number(figure.dataset.tile)];
    count += 1;
    right += Number(digit === label);
    const [button, image, caption] = ["button", "img", "figcaption"].map(
      (name) => /** @type {HTMLElement} */ (figure.querySelector(name)),
    );
    button.replaceWith(image);
    caption.innerHTML =
      `<span class="${digit === label ? "right" : "wrong"}">${fill(yours, { digit })}</span>` +
      `<br>${answer}`;
    const words = fill(score, { right, count });
    /** @type {HTMLElement} */ (root.querySelector(".score")).textContent = words;
    choose(null);
    caption.focus({ preventScroll: true }); // the button that had the focus is gone
  }

  root.onclick = ({ target }) => {
    const button = /** @type {HTMLElement} */ (target).closest("button");
    if (!button) return;
    const figure = button.parentElement;
    if (figure !== pad) choose(figure === chosen ? null : figure);
    else if (chosen) reveal(chosen, Number(button.textContent));
  };
}

const shown = new WeakMap(); // tiles by element

/** @param {StreamlitComponent<Data>} component */
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".guesses");
  if (shown.get(root) === data.tiles) return; // a rerun
  shown.set(root, data.tiles);
  show(root, data);
}
