// @ts-check
// The tab's session storage. Where the browser blocks it, values last until the page is reloaded.

/** @type {Map<string, string>} */
const memory = new Map();

/**
 * @param {string} key
 * @returns {string | null}
 */
export function load(key) {
  try {
    return sessionStorage.getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function save(key, value) {
  memory.set(key, value);
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // blocked or full
  }
}

/**
 * Loads a value and removes it.
 * @param {string} key
 * @returns {string | null}
 */
export function take(key) {
  const value = load(key);
  memory.delete(key);
  try {
    sessionStorage.removeItem(key);
  } catch {
    // blocked
  }
  return value;
}
