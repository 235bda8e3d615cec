// The stage: full screen, without menus, and with everything twice as large (see kiosk.css). A
// button, the key F or ?stage in the address opens it; Escape, F or the button close it.

const root = document.documentElement;
let button = null;
let waiting = false; // asked for by the address: full screen takes a person's first touch

const open = () => "stage" in root.dataset;

function mark(on) {
  root.toggleAttribute("data-stage", on);
  button?.setAttribute("aria-pressed", on);
  const here = new URL(location.href);
  if (here.searchParams.has("stage") === on) return;
  if (on) here.searchParams.set("stage", "");
  else here.searchParams.delete("stage");
  history.replaceState(history.state, "", here);
}

// Where a browser has no full screen, or refuses it, the rest is as good.
async function fill() {
  waiting = false;
  try {
    if (!document.fullscreenElement) await root.requestFullscreen({ navigationUI: "hide" });
  } catch {}
}

function toggle() {
  mark(!open());
  waiting = false;
  if (open()) fill();
  else if (document.fullscreenElement) document.exitFullscreen();
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (
    event
      .composedPath()[0]
      .matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]")
  )
    return;
  if (document.querySelector("dialog[open], [role=dialog]")) return;
  if (event.key.toLowerCase() === "f") toggle();
  else if (event.key === "Escape" && open() && !document.querySelector(".st-key-story")) toggle();
}

function start() {
  addEventListener("keydown", key);
  addEventListener("pointerup", () => waiting && fill(), true);
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || mark(false));
  waiting = new URL(location.href).searchParams.has("stage");
  if (waiting) mark(true);
}

export default function ({ data, parentElement }) {
  const first = !button;
  button = parentElement.querySelector(".stage-button");
  button.title = data.label;
  button.setAttribute("aria-label", data.label);
  button.onclick = toggle;
  if (first) start();
  button.setAttribute("aria-pressed", open());
}
