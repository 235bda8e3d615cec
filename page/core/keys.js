// @ts-check
// Pressed elements and keys; keyboard shortcuts on any keyboard layout, in any script.

/** Elements that take typed text. A checkbox or a button does not. */
const TEXT_ENTRY =
  "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button])";

/** An open dialog: “On your phone”, or one of Streamlit's. */
export const DIALOG = ":is(:popover-open, [role=dialog])";

/** A panel in place of the answer, which Escape closes. */
export const PANEL = ".st-key-story, .st-key-inside, .st-key-play";

/**
 * The innermost element that an event is for and that matches, in shadow roots, too.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | undefined}
 */
export function pressed(event, selector) {
  const path = /** @type {HTMLElement[]} */ (event.composedPath());
  return path.find((element) => element.matches?.(selector));
}

/** @param {Event} event */
export function isTyping(event) {
  return /** @type {Element} */ (event.composedPath()[0])?.matches?.(TEXT_ENTRY) ?? false;
}

/** @param {KeyboardEvent} event */
export function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/**
 * The Latin letter that a key types or, on a layout of another script, that the key in the same
 * position types on a US keyboard.
 * @param {KeyboardEvent} event
 * @returns {string} "a" to "z", or ""
 */
export function letterOf({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  if (!/^\p{L}$/u.test(key)) return "";
  return /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() ?? "";
}

/**
 * The value of a decimal digit in any script, or of a key in the digit row that types something else
 * without Shift, as on French and Czech keyboards.
 * @param {KeyboardEvent} event
 * @returns {number | null} 0 to 9
 */
export function digitOf({ key, code, shiftKey }) {
  if (isDigit(key)) {
    // Unicode encodes the digits of a script in ascending order.
    const codePoint = /** @type {number} */ (key.codePointAt(0));
    let value = 0;
    while (value < 9 && isDigit(String.fromCodePoint(codePoint - value - 1))) value++;
    return value;
  }
  const [, digit] = /^Digit([0-9])$/.exec(code) ?? [];
  return digit && !shiftKey && [...key].length === 1 ? Number(digit) : null;
}

/** @param {string} text */
const isDigit = (text) => /^\p{Nd}$/u.test(text);

/**
 * @param {KeyboardEvent} event
 * @returns {"undo" | "redo" | null}
 */
export function editCommandOf(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
  const letter = letterOf(event);
  if (letter === "z") return event.shiftKey ? "redo" : "undo";
  return letter === "y" ? "redo" : null;
}
