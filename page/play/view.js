// @ts-check
// Clears the canvas after an example was kept, and for another challenge.

/** @type {number | null} */
let previous = null;

/** @param {StreamlitComponent<{ changes: number }>} component */
export default function ({ data }) {
  /** @type {HTMLElement | null} */
  const clear = document.querySelector("[data-command=clear]");
  if (previous !== null && data.changes > previous) clear?.click();
  previous = data.changes;
}
