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

test("values are kept in the session storage", () => {
  globalThis.sessionStorage = storage();
  assert.equal(load("key"), null);
  save("key", "value");
  assert.equal(load("key"), "value");
  assert.equal(take("key"), "value");
  assert.equal(take("key"), null);
});

for (const kind of ["no session storage", "a blocked one"])
  test(`nothing fails with ${kind}`, () => {
    const get = () => assert.fail("SecurityError");
    if (kind === "a blocked one")
      Object.defineProperty(globalThis, "sessionStorage", { get, configurable: true });
    save("key", "value");
    assert.equal(load("key"), null);
    assert.equal(take("key"), null);
  });
