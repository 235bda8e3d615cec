// @ts-check
// Shows our own sentence while the connection is lost. Then reruns the page, because the server may
// have been restarted, and follows a link that was pressed meanwhile. Closes Streamlit's dialogs
// about a lost connection, and about unknown addresses, at which it shows the first page.

import { isServing } from "./health.js";
import { pressed } from "./keys.js";

const GONE = 1000; // ms without a connection until the sentence appears
const EVERY = 1000; // ms between two checks
const FAILED = 2; // failed requests that mean a lost connection, whatever Streamlit reports
// Reload the page after this many successful requests in a row, while
const STUCK = 10; // the connection stays lost,
const SILENT = 60; // or the drawing stays unanswered: a computer that slept keeps a dead connection

const root = document.documentElement;
/** @type {(() => void) | null} */
let back = null; // asks the server to run the page
/** @type {HTMLElement | null} */
let line = null; // shows the sentence
let words = ""; // the sentence
let lost = 0; // when the connection was lost; 0: it is there
let failed = 0;
let stuck = 0;
/** @type {HTMLElement | null} */
let link = null; // to another page, pressed without a connection: Streamlit would forget it

/** @param {string} selector @returns {HTMLElement | null} */
const find = (selector) => document.querySelector(selector);

function look() {
  const state = find("[data-testid=stApp]")?.dataset.testConnectionState;
  const away = (state !== undefined && state !== "CONNECTED") || failed >= FAILED;
  if (away && !lost) {
    lost = performance.now();
    stuck = 0;
    setTimeout(look, GONE + 1);
  } else if (!away && lost) {
    lost = stuck = 0;
    if (link?.isConnected) link.click();
    else back?.();
    link = null;
  }
  const now = !lost ? "" : performance.now() - lost > GONE ? "gone" : "lost";
  if (root.dataset.connection !== now) {
    root.dataset.connection = now;
    if (line) line.textContent = now === "gone" ? words : "";
    dispatchEvent(new Event("connection"));
  }
  find("[data-testid=stDialog] button[aria-label=Close]")?.click();
}

async function ask() {
  const { reader } = root.dataset;
  if (!lost && reader !== "late" && reader !== "waiting") stuck = 0;
  if (document.hidden || !(lost || reader === "late")) return;
  failed = (await isServing()) ? 0 : failed + 1;
  look();
  stuck = failed ? 0 : stuck + 1;
  if (stuck < (lost ? STUCK : SILENT)) return;
  stuck = 0;
  dispatchEvent(new Event("healing")); // the last chance to keep something
  location.reload();
}

/** @param {MouseEvent} event */
function hold(event) {
  const held = pressed(event, "[data-testid=stPageLink] a");
  if (!lost || !held) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  link = held;
}

/** @param {StreamlitComponent<{ gone: string }>} component */
export default function ({ data, parentElement, setTriggerValue }) {
  line = parentElement.querySelector("p");
  words = data.gone;
  if (!back) {
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      attributeFilter: ["data-test-connection-state"],
    });
    setInterval(ask, EVERY);
    addEventListener("click", hold, true);
    look();
  }
  back = () => setTriggerValue("back", true);
}
