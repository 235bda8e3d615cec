// @ts-check
// Clears the canvas after an example was kept, and for another challenge.

/** @type {number | null} */
let known = null;

/** @param {StreamlitComponent<{ changes: number }>} component */
export default function ({ data }) {
  /** @type {HTMLElement | null} */
  const clear = document.querySelector("[data-command=clear]");
  if (known !== null && data.changes > known) clear?.click();
  known = data.changes;
}
