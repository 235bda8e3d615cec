// @ts-check

/** @type {WeakMap<Element, () => void>} */
const newest = new WeakMap(); // of each component

/**
 * What a component's function returns, to be called when the component is taken off the page.
 *
 * Streamlit also calls it for a call of that function that newer data overtook while the script was
 * loading, and only after the newer call: then nothing must end.
 * @param {Element} parent of the component
 * @param {() => void} end
 */
export function cleanup(parent, end) {
  newest.set(parent, end);
  return () => {
    if (newest.get(parent) === end) end();
  };
}
