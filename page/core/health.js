// @ts-check

const TIMEOUT = 2000; // ms

/** Whether the server answers. */
export async function isServing() {
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    return (await fetch("_stcore/health", { cache: "no-store", signal })).ok;
  } catch {
    return false;
  }
}
