import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { load, save, take } from "../../page/core/storage.js";

afterEach(() => delete globalThis.sessionStorage);

const storage = () => {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
};

const blocked = { get: () => assert.fail("SecurityError"), configurable: true };

for (const kind of ["a session storage", "no session storage", "a blocked one"])
  test(`values are kept with ${kind}`, () => {
    if (kind === "a session storage") globalThis.sessionStorage = storage();
    if (kind === "a blocked one") Object.defineProperty(globalThis, "sessionStorage", blocked);
    assert.equal(load("key"), null);
    save("key", "value");
    assert.equal(load("key"), "value");
    assert.equal(take("key"), "value");
    assert.equal(take("key"), null);
  });
