import assert from "node:assert/strict";
import { test } from "node:test";

import { Contacts } from "../../page/draw/contacts.js";

const BOX = { x: 0, y: 0, width: 100, height: 100 };

/** A canvas that may be busy showing another state, and the strokes that were finished on it. */
function canvas() {
  const surface = {
    box: BOX,
    isReady: true,
    changing: null,
    claims: () => true,
    shows: ({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1,
    clamp: (point) => point,
    capture() {},
    send() {},
  };
  const finished = [];
  const ignore = () => {};
  const contacts = new Contacts(surface, {
    onStroke: ignore,
    onFinish: (stroke) => finished.push(stroke.map(({ x, y }) => [100 * x, 100 * y])),
    onAbandon: ignore,
    onErase: ignore,
  });
  return { surface, contacts, finished };
}

/** The events of one contact. */
function hand(contacts, pointerType, pointerId, isPrimary = false) {
  const event = (type, clientX, clientY) => ({
    ...{ type, pointerType, pointerId, clientX, clientY },
    ...{ button: 0, buttons: type === "pointerup" ? 0 : 1, width: 1, height: 1, isPrimary },
  });
  return {
    down: (x, y) => contacts.down(event("pointerdown", x, y)),
    move: (x, y) => contacts.move(event("pointermove", x, y)),
    up: (x, y) => contacts.up(event("pointerup", x, y)),
  };
}

for (const type of ["mouse", "touch", "pen"])
  test(`strokes by ${type} wait, in order, until the canvas shows the wanted state`, async () => {
    const { surface, contacts, finished } = canvas();
    const pen = hand(contacts, type, 1);
    let change;
    surface.changing = new Promise((resolve) => (change = resolve)).then(
      () => (surface.changing = null),
    );
    pen.down(10, 10);
    pen.move(20, 20);
    const first = pen.up(20, 20);
    pen.down(50, 50);
    pen.move(60, 60);
    const second = pen.up(60, 60);
    pen.down(70, 70);
    pen.move(80, 80);
    assert.deepEqual(finished, []);
    change();
    await Promise.all([first, second]);
    pen.move(90, 90);
    await pen.up(90, 90);
    assert.deepEqual(finished, [
      [
        [10, 10],
        [20, 20],
      ],
      [
        [50, 50],
        [60, 60],
      ],
      [
        [70, 70],
        [80, 80],
        [90, 90],
      ],
    ]);
  });

test("only the first finger draws, resting contacts never do", async () => {
  const { contacts, finished } = canvas();
  const [palm, finger] = [hand(contacts, "touch", 1), hand(contacts, "touch", 2)];
  palm.down(80, 80);
  finger.down(10, 10);
  finger.move(20, 20);
  palm.move(90, 90);
  await finger.up(20, 20);
  palm.move(70, 70);
  await palm.up(70, 70);
  assert.equal(finished.length, 1);
  palm.down(80, 80);
  finger.down(30, 30);
  await finger.up(30, 30); // a tap: a dot
  palm.move(60, 60);
  await palm.up(60, 60);
  assert.deepEqual(finished.slice(1), [[[30, 30]]]);
});

test("a pen takes over from the palm that came before it", async () => {
  const { contacts, finished } = canvas();
  const [palm, pen] = [hand(contacts, "touch", 1), hand(contacts, "pen", 2)];
  palm.down(80, 80);
  palm.move(90, 90);
  pen.down(10, 10);
  palm.move(70, 70);
  pen.move(20, 20);
  await pen.up(20, 20);
  await palm.up(70, 70);
  assert.deepEqual(finished, [
    [
      [10, 10],
      [20, 20],
    ],
  ]);
});

test("a touch whose end was lost ends when the next first finger comes", async () => {
  const { contacts, finished } = canvas();
  const lost = hand(contacts, "touch", 1, true);
  lost.down(10, 10);
  lost.move(20, 20);
  const next = hand(contacts, "touch", 2, true);
  next.down(50, 50);
  assert.ok(!contacts.isDrawing);
  next.move(60, 60);
  await next.up(60, 60);
  assert.deepEqual(finished, [
    [
      [10, 10],
      [20, 20],
    ],
    [
      [50, 50],
      [60, 60],
    ],
  ]);
});

test("a second finger ends nothing", async () => {
  const { contacts, finished } = canvas();
  const first = hand(contacts, "touch", 1, true);
  const second = hand(contacts, "touch", 2);
  first.down(10, 10);
  first.move(20, 20);
  second.down(50, 50);
  second.move(60, 60);
  first.move(30, 30);
  await second.up(60, 60);
  await first.up(30, 30);
  assert.deepEqual(finished, [
    [
      [10, 10],
      [20, 20],
      [30, 30],
    ],
  ]);
});
