import assert from "node:assert/strict";
import { test } from "node:test";

const page = { dataset: {}, toggleAttribute() {} };
const answer = { dataset: { reading: "0" } };
globalThis.document = { documentElement: page, querySelector: () => answer };
globalThis.window = globalThis;
const { Updates } = await import("../../page/draw/updates.js");

test("a drawing that was never sent is sent after a while", (t) => {
  let now = 0;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => now);
  const sent = [];
  const canvas = { strokes: [], isDrawing: false, isEmpty: false, isUntouched: false };
  const updates = new Updates(() => canvas);
  updates.send = (_, { number }) => sent.push(number);
  updates.changed(); // and what should have followed did not
  now = 1000;
  updates.retry();
  assert.deepEqual(sent, []);
  assert.equal(page.dataset.reader, "waiting");
  now = 6000;
  updates.retry();
  assert.deepEqual(sent, [1]);
  answer.dataset.reading = "1";
  updates.answered();
  assert.equal(page.dataset.reader, "answered");
  now = 60_000;
  updates.retry();
  assert.deepEqual(sent, [1]);
});
