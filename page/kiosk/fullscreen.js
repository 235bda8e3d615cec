// @ts-check
// Full screen, without menus and with everything larger (see kiosk.css). A button, the key F or
// ?stage in the address opens it; Escape, F or the button close it.

import { DIALOG, PANEL, hasModifier, isTyping, letterOf } from "../core/keys.js";

const root = document.documentElement;
/** @type {HTMLButtonElement | null} */
let button = null;
let isWaiting = false; // requested by the address: browsers require a visitor's touch first

const isOpen = () => "fullscreen" in root.dataset;

/** @param {boolean} on */
function mark(on) {
  root.toggleAttribute("data-fullscreen", on);
  button?.setAttribute("aria-pressed", String(on));
  const here = new URL(location.href);
  if (here.searchParams.has("stage") === on) return;
  if (on) here.searchParams.set("stage", "");
  else here.searchParams.delete("stage");
  history.replaceState(history.state, "", here);
}

async function fill() {
  isWaiting = false;
  try {
    if (!document.fullscreenElement) await root.requestFullscreen({ navigationUI: "hide" });
  } catch {
    // Without the browser's full screen, the page still shows the enlarged layout.
  }
}

function toggle() {
  mark(!isOpen());
  isWaiting = false;
  if (isOpen()) fill();
  else if (document.fullscreenElement) document.exitFullscreen();
}

/** @param {KeyboardEvent} event */
function key(event) {
  if (hasModifier(event) || event.repeat || isTyping(event)) return;
  if (document.querySelector(DIALOG)) return;
  if (letterOf(event) === "f") toggle();
  else if (event.key === "Escape" && isOpen() && !document.querySelector(PANEL)) toggle();
}

/** @param {PointerEvent} event */
function touched(event) {
  const isOnButton = button && event.composedPath().includes(button);
  if (isWaiting && !isOnButton) fill();
}

function start() {
  addEventListener("keydown", key);
  addEventListener("pointerup", touched, true);
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || mark(false));
  isWaiting = new URL(location.href).searchParams.has("stage");
  if (isWaiting) mark(true);
}

/** @param {StreamlitComponent<{ label: string }>} component */
export default function ({ data, parentElement }) {
  const isFirst = !button;
  button = /** @type {HTMLButtonElement} */ (parentElement.querySelector(".fullscreen-button"));
  button.title = data.label;
  button.setAttribute("aria-label", data.label);
  button.onclick = toggle;
  if (isFirst) start();
  button.setAttribute("aria-pressed", String(isOpen()));
}
