import assert from "node:assert/strict";
import { test } from "node:test";

import { cleanup } from "../../page/core/cleanup.js";

test("a call for a component that was replaced ends nothing", () => {
  const used = {};
  const ended = [];
  const overtaken = cleanup(used, () => ended.push("overtaken"));
  const newest = cleanup(used, () => ended.push("newest"));
  const other = cleanup({}, () => ended.push("another"));
  overtaken();
  assert.deepEqual(ended, []);
  newest();
  other();
  assert.deepEqual(ended, ["newest", "another"]);
});
