// @ts-check
// After an example was kept, the canvas is empty for the next one.

/** @type {number | null} */
let kept = null;

/** @param {StreamlitComponent<{ kept: number }>} component */
export default function ({ data }) {
  /** @type {HTMLElement | null} */
  const clear = document.querySelector("[data-command=clear]");
  if (kept !== null && data.kept > kept) clear?.click();
  kept = data.kept;
}
