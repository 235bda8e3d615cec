import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Clock } from "../../page/learned/clock.js";

/** Notes when a promise resolves. */
function noted(promise) {
  const note = { done: false };
  promise.then(() => (note.done = true));
  return note;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("waits can be paused, resumed and ended by a step", async (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const clock = new Clock();

  const first = noted(clock.sleep(100));
  mock.timers.tick(99);
  await settle();
  assert.equal(first.done, false);
  mock.timers.tick(1);
  await settle();
  assert.equal(first.done, true);

  const second = noted(clock.sleep(100));
  clock.pause(true);
  mock.timers.tick(1000);
  await settle();
  assert.equal(second.done, false);
  clock.pause(false);
  mock.timers.tick(100);
  await settle();
  assert.equal(second.done, true);

  clock.pause(true);
  const third = noted(clock.sleep(100));
  mock.timers.tick(1000);
  await settle();
  assert.equal(third.done, false);
  clock.step();
  await settle();
  assert.equal(third.done, true);
  assert.equal(clock.paused, true);
});

test("a step between two waits ends the next one", async () => {
  const clock = new Clock();
  clock.pause(true);
  clock.step();
  await clock.sleep(1e6);
  const next = noted(clock.sleep(1));
  await settle();
  assert.equal(next.done, false);
});
