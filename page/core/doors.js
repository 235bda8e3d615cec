// @ts-check
// Opens the story with a presenter's remote, whose buttons are Page Up and Page Down; and gives the
// keyboard's focus back to a door that was closed.

import { hasModifier } from "./keys.js";

const PANEL = ".st-key-story, .st-key-inside, .st-key-panel";
const WAIT = 5000; // ms for a panel to go away

/** @param {string} door @returns {HTMLElement | null} */
const buttonOf = (door) => document.querySelector(`.st-key-ask_${door} button`);

/** @param {KeyboardEvent} event */
function key(event) {
  if (event.key !== "PageDown" || hasModifier(event)) return;
  const button = buttonOf("story");
  if (!button || document.querySelector(".st-key-story")) return;
  event.preventDefault();
  button.click();
}

/** @param {MouseEvent} event */
async function click({ target }) {
  if (!(target instanceof Element)) return;
  const [, closed] =
    /st-key-close_(\w+)/.exec(target.closest("[class*=st-key-close_]")?.className ?? "") ?? [];
  if (!closed) return;
  for (const end = performance.now() + WAIT; document.querySelector(PANEL);)
    if (performance.now() > end) return;
    else await new Promise(requestAnimationFrame);
  buttonOf(closed === "inside" ? "story" : closed)?.focus({ preventScroll: true });
}

export default function () {
  addEventListener("keydown", key); // the same function twice is heard once
  addEventListener("click", click);
  return () => {
    removeEventListener("keydown", key);
    removeEventListener("click", click);
  };
}
