// @ts-check
// Kiosk mode. After a while without a touch, the page is reloaded from its first address, so that
// nothing of the last visitor is left. Then it draws digits by itself until somebody touches it. No
// touch leads out of the page.

import { isServing } from "../core/health.js";
import { pressed } from "../core/keys.js";
import { load, save, take } from "../core/storage.js";

/** @typedef {{ seconds: number, warning: number, touch: string, there: string }} Settings */

const LOOK = 2500; // ms for reading the answer before the next digit is drawn
const SLOW = 8000; // ms to wait for a drawing or an answer
const ROUNDS = 200; // digits that it draws by itself before the page is reloaded, to tidy up
const HELD = 600_000; // ms: a contact that rests on the screen for longer is not a visitor
const ENTRY = "digits-entry"; // in the session storage: the address to start over from
const ALONE = "digits-alone"; // and whether it starts over because nobody is there

const root = document.documentElement;
const now = () => performance.now();
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @type {Settings | null} */
let settings = null;
/** @type {HTMLElement | null} */
let line = null; // where it shows a sentence
let quiet = now(); // when somebody last did something
let wasUsed = false; // somebody did something since the page was loaded
/** @type {object | null} */
let run = null; // while it draws by itself
let entry = ""; // the address to start over from
let isLeaving = false;
/** @type {Set<number>} */
const contacts = new Set(); // pointers that are down, by id
let touched = 0; // when the last one came

const isShowing = () => run !== null;

function someone() {
  quiet = now();
  if (isShowing()) {
    run = null;
    delete root.dataset.attract;
    dispatchEvent(new Event("digits-stop"));
    dispatchEvent(new Event("digits-fresh"));
  }
  wasUsed = true;
  updateLine();
}

function updateLine() {
  if (!line || !settings) return;
  const left = settings.seconds - (now() - quiet) / 1000;
  const isAsking = wasUsed && !isBusy() && left < settings.warning;
  const text = isShowing() ? settings.touch : isAsking ? settings.there : "";
  if (line.textContent !== text) line.textContent = text;
}

/** Whether something is shown that visitors watch without touching anything. */
const isBusy = () => document.querySelector("[data-busy]") !== null;

function look() {
  if (!settings || document.hidden) return;
  keepAddress();
  // A finger that rests on the screen is a visitor.
  if (contacts.size && now() - touched < HELD) quiet = now();
  if (isBusy()) quiet = Math.max(quiet, now() - (settings.seconds - settings.warning) * 1000);
  updateLine();
  if (isShowing() || !isQuiet()) return;
  if (wasUsed) startOver();
  else attract();
}

const isQuiet = () => settings && now() - quiet >= settings.seconds * 1000;

/** Reloads the page, if the server is running. */
async function startOver() {
  if (isLeaving) return;
  isLeaving = true;
  if ((await isServing()) && (!wasUsed || isQuiet())) {
    save(ALONE, "1");
    location.replace(entry);
  } else isLeaving = false; // the next `look` tries again
}

async function attract() {
  if (!root.dataset.reader) return; // no canvas
  const mine = (run = {});
  root.dataset.attract = "";
  updateLine();
  for (let round = 0; run === mine; round++) {
    if (round >= ROUNDS) await startOver(); // in each round, until the server is running
    const drawn = new Promise((resolve) =>
      addEventListener("digits-drawn", resolve, { once: true }),
    );
    dispatchEvent(new Event("digits-draw"));
    await Promise.race([drawn, sleep(SLOW)]);
    const end = now() + SLOW;
    while (run === mine && root.dataset.reader !== "answered" && now() < end) await sleep(100);
    await sleep(LOOK);
    while (document.hidden) await sleep(1000);
  }
}

// ---------------------------------------------------------------- no way out

/** @param {Event} event */
const prevent = (event) => event.preventDefault();

/** @param {MouseEvent} event */
function blockLink(event) {
  const link = /** @type {HTMLAnchorElement | null} */ (pressed(event, "a[href]"));
  if (!link) return;
  const leadsOut = link.origin !== location.origin || link.target === "_blank";
  if (leadsOut || link.hasAttribute("download")) event.preventDefault();
}

/** Keeps `?kiosk` in the address, also after a link to another page. */
function keepAddress() {
  const here = new URL(location.href);
  if (here.searchParams.has("kiosk")) return;
  here.searchParams.set("kiosk", "");
  history.replaceState(history.state, "", here);
}

/** @param {PointerEvent} event */
function trackContact({ type, pointerId, buttons, isTrusted }) {
  if (!isTrusted) return;
  if (type === "pointerdown") {
    contacts.add(pointerId);
    touched = now();
  } else if (type !== "pointermove" || !buttons) contacts.delete(pointerId);
}

/** @param {Event} event */
function notice(event) {
  if (event.isTrusted && !(event.type === "pointermove" && isShowing())) someone();
}

function start() {
  const here = new URL(location.href);
  here.searchParams.set("kiosk", here.searchParams.get("kiosk") ?? "");
  entry = load(ENTRY) ?? here.href;
  save(ENTRY, entry);
  if (take(ALONE)) quiet = -Infinity;
  root.dataset.kiosk = "";
  const first = { capture: true, passive: false };
  for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"])
    addEventListener(type, /** @type {any} */ (trackContact), first);
  addEventListener("digits-person", someone);
  for (const type of ["pointerdown", "pointermove", "pointerup", "keydown", "wheel"])
    addEventListener(type, notice, first);
  for (const type of ["contextmenu", "dragstart", "selectstart", "gesturestart"])
    addEventListener(type, prevent, first);
  addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), first);
  addEventListener(
    "touchmove",
    (event) => event.touches.length > 1 && event.preventDefault(),
    first,
  );
  addEventListener("click", blockLink, first);
  setInterval(look, 500);
}

/** @param {StreamlitComponent<Settings>} component */
export default function ({ data, parentElement }) {
  line = parentElement.querySelector(".kiosk-line");
  if (!settings) start();
  settings = data;
  updateLine();
}
