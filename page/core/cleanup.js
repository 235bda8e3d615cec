// @ts-check

/** @type {WeakMap<object, () => void>} */
const newest = new WeakMap();

/**
 * What a component's function returns, to be called when the component is taken off the page.
 *
 * Streamlit also calls it for a component, or for data, that newer ones replaced while the script
 * was loading, and only after the function was called with the newer ones. Then nothing must end.
 * @param {object} used by the function, and no longer after `end`
 * @param {() => void} end
 */
export function cleanup(used, end) {
  newest.set(used, end);
  return () => {
    if (newest.get(used) === end) end();
  };
}
