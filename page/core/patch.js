// @ts-check
// Shows HTML, reports taps on [data-symbol], and moves the focus by arrow keys.

import { setHtml } from "./html.js";
import { hasModifier } from "./keys.js";

/** @param {Event} event @param {string} selector @returns {HTMLElement | null} */
const closest = ({ target }, selector) =>
  target instanceof Element ? target.closest(selector) : null;

/**
 * Moves the focus within [data-arrows], which is a single Tab stop.
 * @param {KeyboardEvent} event
 */
function arrows(event) {
  const here = closest(event, "[data-arrows] [tabindex]");
  if (!here || hasModifier(event)) return;
  const table = /** @type {Element} */ (here.closest("[data-arrows]"));
  const rows = [...table.children].map(
    (row) => /** @type {HTMLElement[]} */ ([...row.querySelectorAll("[tabindex]")]),
  );
  const row = rows.findIndex((each) => each.includes(here));
  const all = rows.flat();
  const place = rows[row].indexOf(here);
  const step = getComputedStyle(here).direction === "rtl" ? -1 : 1;
  /** @type {Record<string, HTMLElement | undefined>} */
  const there = {
    ArrowRight: rows[row][place + step],
    ArrowLeft: rows[row][place - step],
    ArrowDown: rows[row + 1]?.[place],
    ArrowUp: rows[row - 1]?.[place],
    Home: all[0],
    End: all.at(-1),
  };
  if (!(event.key in there)) return;
  event.preventDefault(); // it would scroll
  const next = there[event.key];
  if (!next) return;
  here.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

/** @param {StreamlitComponent<{ html: string }>} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const shown = /** @type {HTMLElement} */ (parentElement.querySelector(".patched"));
  shown.onkeydown = arrows;
  shown.onclick = (event) => {
    const symbol = closest(event, "[data-symbol]");
    if (symbol) setTriggerValue("symbol", Number(symbol.dataset.symbol));
  };
  const focused = shown.contains(document.activeElement);
  setHtml(shown, data.html);
  if (focused && !shown.contains(document.activeElement))
    /** @type {HTMLElement | null} */ (shown.querySelector("[tabindex]"))?.focus({
      preventScroll: true,
    });
  shown.dispatchEvent(new Event("patched", { bubbles: true }));
}
