// @ts-check
// The tab's session storage, if the browser allows it.

/**
 * @param {string} key
 * @returns {string | null}
 */
export function load(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null; // blocked
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function save(key, value) {
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
  try {
    sessionStorage.removeItem(key);
  } catch {
    // blocked
  }
  return value;
}
