import assert from "node:assert/strict";
import { test } from "node:test";

import { Score } from "../../page/learned/score.js";

const add = (score, count, right) => {
  for (let place = 0; place < count; place++) score.add(right);
};

test("nothing is right before the first image", () => {
  const score = new Score();
  assert.deepEqual([score.count, score.right, score.share], [0, 0, 0]);
  score.mark();
  assert.deepEqual(score.points, []);
});

test("the share is of the latest images only: 100, later the last fifth", () => {
  const score = new Score();
  add(score, 50, false);
  add(score, 50, true);
  assert.equal(score.share, 0.5);
  add(score, 50, true);
  assert.equal(score.share, 1);
  add(score, 850, true);
  assert.equal(score.count, 1000);
  add(score, 100, false);
  assert.equal(score.right, 950);
  assert.ok(Math.abs(score.share - 120 / 220) < 1e-9);
});

test("the curve starts at the tenth image and ends at its right edge", () => {
  const score = new Score();
  add(score, 9, true);
  score.mark();
  add(score, 1, true);
  score.mark();
  add(score, 990, false);
  score.mark();
  assert.deepEqual(score.curve(1000), [
    [0, 1],
    [1, 0],
  ]);
});

test("the best share counts once there are enough images", () => {
  const score = new Score();
  add(score, 20, true);
  score.mark();
  assert.equal(score.peak, 0);
  add(score, 80, false);
  score.mark();
  assert.equal(score.peak, 0.2);
  add(score, 100, false);
  score.mark();
  assert.equal(score.peak, 0.2);
});
