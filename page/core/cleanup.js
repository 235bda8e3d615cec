// @ts-check

/** @type {WeakMap<object, () => void>} */
const latest = new WeakMap();

/**
 * The function that a component's script returns, and that Streamlit calls to remove the component.
 *
 * Streamlit also calls it for a component or data that was replaced while the script was loading,
 * after it called the component's function for the replacement. That call must be ignored.
 * @param {object} resource in use until `end`
 * @param {() => void} end
 */
export function cleanup(resource, end) {
  latest.set(resource, end);
  return () => {
    if (latest.get(resource) === end) end();
  };
}
