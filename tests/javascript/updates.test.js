import assert from "node:assert/strict";
import { test } from "node:test";

const page = { dataset: {}, toggleAttribute() {} };
const answer = { dataset: { reading: "0" } };
globalThis.document = { documentElement: page, querySelector: () => answer };
globalThis.window = globalThis;
const { Updates } = await import("../../page/draw/updates.js");

/** The updates of a canvas that was not answered yet; `now` is the time in ms. */
function updatesOf(t, isDrawing, now) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", now);
  answer.dataset.reading = "0";
  return new Updates(() => ({ strokes: [], isDrawing, isEmpty: false, isUntouched: false }));
}

test("a drawing that was never sent is sent after a while", (t) => {
  let now = 0;
  const sent = [];
  const updates = updatesOf(t, false, () => now);
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
  // A server that is just back gets the same time to answer.
  page.dataset.connection = "gone";
  updates.changed();
  now = 90_000;
  page.dataset.connection = "";
  updates.reconnected();
  updates.retry();
  assert.deepEqual(sent, [1]);
  now = 96_000;
  updates.retry();
  assert.deepEqual(sent, [1, 2]);
});

test("while the pen moves, an update is sent every 80 ms at most, and after an answer", (t) => {
  let now = 0;
  const { timers } = t.mock;
  const sent = [];
  const updates = updatesOf(t, true, () => now);
  updates.send = (_, { number }) => sent.push([number, now]);
  const move = (/** @type {number} */ until) => {
    for (; now < until; now += 10) {
      updates.changed();
      timers.tick(10);
    }
  };
  move(200);
  assert.equal(sent.length, 1, "the first is not answered yet");
  answer.dataset.reading = "1";
  const [[, first]] = sent;
  now = first + 20; // a quick answer
  updates.answered();
  move(first + 70);
  assert.equal(sent.length, 1);
  move(first + 100);
  assert.equal(sent.length, 2);
});
