// Kiosk mode. A page that nobody has touched for a while is loaded anew, from the address that it
// began with: whatever a visitor changed is as it was for the first one, in the browser and on the
// server. Then it draws digits by itself until somebody touches it. Nothing that a finger can do
// leads out of the page.

const LOOK = 2500; // ms: for reading the answer before the next digit is drawn
const SLOW = 8000; // ms to wait for an answer
const ROUNDS = 200; // digits drawn by itself before the page is loaded anew, to tidy up
const [ENTRY, ALONE] = ["digits-entry", "digits-alone"]; // in the session storage

const root = document.documentElement;
const now = () => performance.now();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let settings = null;
let line = null; // where it says something
let quiet = now(); // since when nobody has done anything
let used = false; // somebody has, since the page was loaded
let show = 0; // counts the times that it began to draw by itself; odd while it does
let leaving = false;

function someone({ detail }) {
  const event = detail ?? {};
  quiet = now();
  if (show % 2) {
    show += 1;
    delete root.dataset.attract;
    dispatchEvent(new Event("digits-stop"));
    dispatchEvent(new Event("digits-fresh"));
  }
  used = true;
  say();
}

function say() {
  if (!line) return;
  const left = settings.seconds - (now() - quiet) / 1000;
  const text =
    show % 2 ? settings.touch : used && !busy() && left < settings.warning ? settings.there : "";
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}

// Something goes on that a visitor watches without touching anything.
const busy = () => document.querySelector("[data-busy]") !== null;

async function look() {
  if (!settings || document.hidden) return;
  stay();
  if (busy()) quiet = Math.max(quiet, now() - (settings.seconds - settings.warning) * 1000);
  say();
  if (show % 2 || now() - quiet < settings.seconds * 1000) return;
  if (used) start_over();
  else attract();
}

// Loads the page anew, if there is a server to load it from.
async function start_over() {
  if (leaving) return;
  leaving = true;
  try {
    const answer = await fetch("_stcore/health", {
      cache: "no-store",
      signal: AbortSignal.timeout(2000),
    });
    if (answer.ok && (!used || now() - quiet >= settings.seconds * 1000)) {
      sessionStorage.setItem(ALONE, "1");
      location.replace(sessionStorage.getItem(ENTRY));
      return;
    }
  } catch {} // the next look tries again
  leaving = false;
}

async function attract() {
  if (root.dataset.sheet !== "ours") return;
  const mine = (show += 1);
  root.dataset.attract = "";
  say();
  for (let round = 0; show === mine; round++) {
    if (round === ROUNDS) await start_over();
    const drawn = new Promise((resolve) =>
      addEventListener("digits-drawn", resolve, { once: true }),
    );
    dispatchEvent(new CustomEvent("digits-draw", { detail: {} }));
    await Promise.race([drawn, sleep(SLOW)]);
    for (
      const end = now() + SLOW;
      show === mine && root.dataset.reader !== "answered" && now() < end;
    )
      await sleep(100);
    await sleep(LOOK);
    while (document.hidden) await sleep(1000);
  }
}

// ---------------------------------------------------------------- no way out

const never = (event) => event.preventDefault();

function links(event) {
  const link = event.composedPath().find((one) => one.matches?.("a[href]"));
  if (
    link &&
    (link.origin !== location.origin || link.target === "_blank" || link.hasAttribute("download"))
  )
    event.preventDefault();
}

function start() {
  const entry = new URL(location.href);
  entry.searchParams.set("kiosk", entry.searchParams.get("kiosk") ?? "");
  if (!sessionStorage.getItem(ENTRY)) sessionStorage.setItem(ENTRY, entry.href);
  if (sessionStorage.getItem(ALONE)) quiet = -Infinity;
  sessionStorage.removeItem(ALONE);
  root.dataset.kiosk = "";
  const first = { capture: true, passive: false };
  addEventListener("digits-person", someone);
  for (const type of ["pointerdown", "keydown", "wheel", "pointermove"])
    addEventListener(
      type,
      (event) => event.isTrusted && !(event.type === "pointermove" && show % 2) && someone({}),
      first,
    );
  for (const type of ["contextmenu", "dragstart", "selectstart", "gesturestart"])
    addEventListener(type, never, first);
  addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), first);
  addEventListener(
    "touchmove",
    (event) => event.touches.length > 1 && event.preventDefault(),
    first,
  );
  addEventListener("click", links, first);
  setInterval(look, 500);
}

// The address says that this is a kiosk, also after a link to another page or another server's start.
function stay() {
  const here = new URL(location.href);
  if (here.searchParams.has("kiosk")) return;
  here.searchParams.set("kiosk", "");
  history.replaceState(history.state, "", here);
}

export default function ({ data, parentElement }) {
  line = parentElement.querySelector(".kiosk-line");
  if (!settings) start();
  settings = data;
  say();
}
