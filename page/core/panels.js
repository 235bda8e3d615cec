// @ts-check
// Opens the story with a presenter's remote, whose buttons are Page Up and Page Down, and closes
// the open panel with Escape. Then moves the focus to what replaces the panel.

import { cleanup } from "./cleanup.js";
import { DIALOG, PANEL, hasModifier, isTyping } from "./keys.js";

const IN_PANEL = ".st-key-home *:not(.st-key-canvas_column *, .st-key-reading *)";

let opened = ""; // the panel that is open
let closed = ""; // the one before it
/** @type {Element | null} */
let oldFocus = null; // the element in it that had the focus when it was closed
let close = () => {};

const observer = new MutationObserver(refocus);

/** @param {string} key @returns {HTMLElement | null} */
const buttonOf = (key) => document.querySelector(`.st-key-${key} button`);

/** Moves the focus. “All at once” is opened from the story, so the story's button stands for it. */
function refocus() {
  const { activeElement } = document;
  // While the story is still there, its script may run for the first time and take the focus.
  if (closed === "story" && document.querySelector(".story")) return;
  // The closed panel's elements stay until the server has sent all of what replaces them.
  if (activeElement && activeElement === oldFocus) return;
  const opener = `open_${closed === "inside" ? "story" : closed}`;
  const next = buttonOf(opened === "inside" ? "stepwise" : opener);
  if (activeElement === document.body) {
    if (!next?.checkVisibility()) return;
    next.focus({ preventScroll: true });
  }
  observer.disconnect();
}

/** @param {KeyboardEvent} event */
function key(event) {
  if (hasModifier(event) || isTyping(event) || document.querySelector(DIALOG)) return;
  const button = buttonOf("open_story");
  if (event.key === "Escape" && document.querySelector(PANEL)) close();
  else if (event.key === "PageDown" && opened !== "story" && button) button.click();
  else return;
  event.preventDefault();
}

/** @param {StreamlitComponent<{ opened: string }>} component */
export default function ({ data, setTriggerValue }) {
  close = () => setTriggerValue("close", true);
  if (data.opened !== opened) {
    [closed, opened] = [opened, data.opened];
    observer.disconnect();
    if (closed && ["", "inside"].includes(opened)) {
      oldFocus = document.activeElement?.matches(IN_PANEL) ? document.activeElement : null;
      observer.observe(document.body, { childList: true, subtree: true });
      refocus();
    }
  }
  addEventListener("keydown", key); // adding the same listener again has no effect
  return cleanup(observer, () => {
    observer.disconnect();
    removeEventListener("keydown", key);
  });
}
