// @ts-check
// Shows our own sentence while the connection is lost. Then reruns the page, because the server may
// have been restarted, and follows a link pressed meanwhile. Closes Streamlit's dialogs: of a lost
// connection, and of an address that is no page's, where Streamlit shows the first page.

import { isServing } from "./health.js";
import { pressed } from "./keys.js";

const GONE = 1000; // ms without a connection: say so
const EVERY = 1000; // ms from one look to the next
const FAILED = 2; // requests without an answer: there is no connection, whatever Streamlit says
// Load the page anew after this many requests that were answered, and yet
const STUCK = 10; // there is no connection,
const SILENT = 60; // or no answer to the drawing: a computer that slept keeps a dead connection

const root = document.documentElement;
/** @type {(() => void) | null} */
let back = null; // asks the server to run the page
/** @type {HTMLElement | null} */
let line = null; // shows
let words = ""; // these, while the connection is gone
let lost = 0; // since when there is no connection
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
  }
  back = () => setTriggerValue("back", true);
}
