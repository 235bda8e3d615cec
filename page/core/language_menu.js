// @ts-check
// The language of the page: for screen readers, hyphenation and fonts, and its direction.

/**
 * @typedef {object} Settings
 * @property {string} label
 * @property {string} language a code
 * @property {string} direction "ltr" or "rtl"
 * @property {string} languages JSON: names by code
 */

const root = document.documentElement;

/** @param {StreamlitComponent<Settings>} component */
export default function ({ data, parentElement, setTriggerValue }) {
  root.lang = data.language;
  root.dir = data.direction;
  /** @type {HTMLSelectElement} */
  const select = parentElement.querySelector("select");
  parentElement.querySelector("span").textContent = data.label;
  select.replaceChildren(
    ...Object.entries(JSON.parse(data.languages)).map(([code, name]) => {
      const option = new Option(name, code);
      option.lang = code;
      return option;
    }),
  );
  select.value = data.language;
  select.onchange = () => setTriggerValue("chosen", select.value);
}
