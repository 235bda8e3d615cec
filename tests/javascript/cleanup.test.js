import assert from "node:assert/strict";
import { test } from "node:test";

import { cleanup } from "../../page/core/cleanup.js";

test("a call that newer data overtook ends nothing", () => {
  const parent = {};
  const ended = [];
  const overtaken = cleanup(parent, () => ended.push("overtaken"));
  const newest = cleanup(parent, () => ended.push("newest"));
  const other = cleanup({}, () => ended.push("another component"));
  overtaken();
  assert.deepEqual(ended, []);
  newest();
  other();
  assert.deepEqual(ended, ["newest", "another component"]);
});
