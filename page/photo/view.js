// @ts-check
// Uploads: translates Streamlit's error messages, and keeps the photograph to read it again after
// the server was restarted. Scrolls to what “Look inside” opens.

import { cleanup } from "../core/cleanup.js";
import { save, take } from "../core/storage.js";

/** @typedef {{ shown: boolean, large: string, failed: string }} Words */

const PHOTO = "digits-photo"; // in the session storage, while a script reloads the page
const FAILED = ".st-key-ways [data-testid=stFileChip][aria-invalid=true]";

/** @type {string | null | undefined} */
let picture = null; // what was shown when the connection was lost

let restore = () => {}; // sends the picture, if the latest run shows none

function note() {
  /** @type {HTMLImageElement | null} */
  const shown = document.querySelector(".st-key-photo_read .picture img");
  if (document.documentElement.dataset.connection) picture ??= shown?.src;
  else restore(); // the connection may have been lost before the server received it
}

function keep() {
  if (picture) save(PHOTO, picture);
}

/**
 * Replaces Streamlit's message, which is English and technical, by a sentence in the visitor's
 * language, and removes the file, so that the button is there again.
 * @param {Element} trouble
 * @param {Words} words
 */
function explain(trouble, { large, failed }) {
  const chip = document.querySelector(FAILED);
  if (!chip) return;
  const report = chip.querySelector("[role=alert]")?.textContent ?? "";
  trouble.textContent = report.includes("File must be") ? large : failed;
  chip.querySelector("button")?.click();
}

let report = () => {}; // in the words of the latest run
const failures = new MutationObserver(() => report());

let isOpening = false; // “Look inside” was pressed
const inside = () => document.querySelector(".st-key-photo_inside");

/** @param {MouseEvent} event */
function press({ target }) {
  if (target instanceof Element && target.closest(".st-key-photo_look")) isOpening = !inside();
}

function reveal() {
  const opened = inside();
  if (!isOpening || !opened?.querySelector(".looked img")) return; // too short to scroll
  isOpening = false;
  if (opened.getBoundingClientRect().top < 0.5 * innerHeight) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  opened.scrollIntoView({ behavior: still ? "auto" : "smooth" });
}

/** @param {StreamlitComponent<Words>} component */
export default function ({ data, parentElement, setTriggerValue }) {
  picture ??= take(PHOTO);
  restore = () => {
    if (picture && !data.shown) setTriggerValue("picture", picture);
  };
  restore();
  if (data.shown && !document.documentElement.dataset.connection) picture = null;
  const trouble = /** @type {Element} */ (parentElement.querySelector("[role=alert]"));
  trouble.textContent = "";
  report = () => explain(trouble, data);
  const page = /** @type {Element} */ (document.querySelector(".st-key-photo"));
  failures.observe(page, { childList: true, subtree: true });
  addEventListener("connection", note); // adding the same listener again has no effect
  addEventListener("healing", keep);
  addEventListener("click", press, true);
  addEventListener("patched", reveal);
  return cleanup(failures, () => {
    failures.disconnect();
    removeEventListener("connection", note);
    removeEventListener("healing", keep);
    removeEventListener("click", press, true);
    removeEventListener("patched", reveal);
    picture = null;
  });
}
