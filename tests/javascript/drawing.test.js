import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../page/draw/history.js";
import { erase, neededWidth, pack } from "../../page/draw/strokes.js";

const SIZE = { width: 1760, height: 800, pen: 52 };
const line = (from, to, points = 50) =>
  Array.from({ length: points }, (_, place) => {
    const part = place / (points - 1);
    return { x: from[0] + (to[0] - from[0]) * part, y: from[1] + (to[1] - from[1]) * part };
  });

test("the needed width includes the width of the pen", () => {
  const needed = (...strokes) => (neededWidth(strokes, SIZE) * SIZE.width).toFixed(6);
  assert.equal(needed(line([0.2, 0], [0.6, 1])), (0.6 * SIZE.width + 52).toFixed(6));
  assert.equal(needed(line([0.5, 0], [0.9, 1])), (0.8 * SIZE.width + 52).toFixed(6));
  assert.equal(needed(), (52).toFixed(6));
});

test("a stroke is sent in whole pixels, with both ends and without idle points", () => {
  const stroke = [...line([0.1, 0.1], [0.5, 0.9]), { x: 0.5, y: 0.9 }];
  const packed = pack(stroke, SIZE);
  assert.deepEqual(packed.slice(0, 2), [176, 80]);
  assert.deepEqual(packed.slice(-2), [880, 720]);
  assert.ok(packed.every(Number.isInteger));
  const slow = pack(line([0.1, 0.1], [0.5, 0.9], 10_000), SIZE);
  assert.ok(slow.length < 400, `${slow.length} numbers`);
  assert.deepEqual(pack([{ x: 0.5, y: 0.5 }], SIZE), [880, 400]);
});

test("an eraser removes the strokes it touches, however fast it moves", () => {
  const strokes = [line([0.3, 0.1], [0.3, 0.9], 2), line([0.6, 0.1], [0.6, 0.9], 2)];
  const [first, second] = strokes;
  const at = (from, to) => erase(strokes, { x: from[0], y: from[1] }, { x: to[0], y: to[1] }, SIZE);
  assert.deepEqual(at([0.1, 0.5], [0.2, 0.5]), strokes);
  assert.deepEqual(at([0.1, 0.5], [0.45, 0.5]), [second]);
  assert.deepEqual(at([0.1, 0.5], [0.9, 0.5]), []);
  assert.deepEqual(at([0.6, 0.5], [0.6, 0.5]), [first]);
  assert.deepEqual(at([0.3 + 40 / 1760, 0.5], [0.3 + 40 / 1760, 0.5]), strokes);
});

test("undo goes back through every state, redo forward again", () => {
  const history = new History();
  const [a, b] = [line([0, 0], [1, 1]), line([0, 1], [1, 0])];
  assert.equal(history.undo(), false);
  assert.equal(history.clear(), false);
  assert.ok(history.isPristine);
  history.push([a]);
  history.push([a, b]);
  assert.ok(history.clear());
  assert.deepEqual(history.strokes, []);
  assert.ok(history.undo());
  assert.deepEqual(history.strokes, [a, b]);
  assert.ok(history.undo() && history.undo());
  assert.equal(history.undo(), false);
  assert.ok(history.redo());
  assert.deepEqual(history.strokes, [a]);
  history.push([b]);
  assert.equal(history.redo(), false);
  assert.ok(history.undo());
  assert.deepEqual(history.strokes, [a]);
});

test("a restored drawing can be undone stroke by stroke", () => {
  const history = new History();
  const [a, b] = [line([0, 0], [1, 1]), line([0, 1], [1, 0])];
  history.reset([a, b]);
  assert.deepEqual(history.strokes, [a, b]);
  assert.ok(history.undo());
  assert.deepEqual(history.strokes, [a]);
  history.reset();
  assert.ok(history.isPristine);
});
