// @ts-check
// Shows HTML in place: what stays the same keeps its element, so that bars can move, pictures keep
// the focus, and a screen reader hears only the words that changed.

import { hasModifier } from "./keys.js";

/**
 * @param {Element} element
 * @param {Element} wanted
 */
function patch(element, wanted) {
  for (const { name } of [...element.attributes])
    if (!wanted.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (name === "tabindex" && element.hasAttribute(name))
      continue; // as the arrow keys left it
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  const old = [...element.childNodes];
  const children = [...wanted.childNodes]; // copied, because moving a child removes it from `wanted`
  for (const [place, child] of children.entries()) {
    const before = old[place];
    if (!before) element.append(child);
    else if (before.nodeName !== child.nodeName) before.replaceWith(child);
    else if (before instanceof Element) patch(before, /** @type {Element} */ (child));
    else if (before.nodeValue !== child.nodeValue) before.nodeValue = child.nodeValue;
  }
  for (const extra of old.slice(children.length)) extra.remove();
}

/** @param {Event} event @param {string} selector @returns {HTMLElement | null} */
const closest = ({ target }, selector) =>
  target instanceof Element ? target.closest(selector) : null;

/**
 * One Tab stop; arrow keys move within [data-arrows].
 * @param {KeyboardEvent} event
 */
function arrows(event) {
  const here = closest(event, "[data-arrows] [tabindex]");
  if (!here || hasModifier(event)) return;
  const table = /** @type {Element} */ (here.closest("[data-arrows]"));
  const rows = [...table.children].map(
    (row) => /** @type {HTMLElement[]} */ ([...row.querySelectorAll("[tabindex]")]),
  );
  const row = rows.findIndex((one) => one.includes(here));
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
  const template = document.createElement("template");
  template.innerHTML = `<div class="patched">${data.html}</div>`;
  const focused = shown.contains(document.activeElement);
  patch(shown, /** @type {Element} */ (template.content.firstChild));
  if (focused && !shown.contains(document.activeElement))
    /** @type {HTMLElement | null} */ (shown.querySelector("[tabindex]"))?.focus({
      preventScroll: true,
    });
  shown.dispatchEvent(new Event("patched", { bubbles: true }));
}
