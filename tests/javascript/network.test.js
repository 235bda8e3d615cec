import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { best, Network, randomNumbers, serve, Trainer } from "../../page/learned/network.js";

const PIXELS = 28 * 28;
const bytes = gunzipSync(readFileSync(new URL("../../page/learned/practice.gz", import.meta.url)));
const count = bytes.length / (PIXELS + 1);
const practice = {
  images: new Uint8Array(bytes.subarray(0, count * PIXELS)),
  labels: new Uint8Array(bytes.subarray(count * PIXELS)),
  tests: 1000,
};
const image = (place) => practice.images.subarray(place * PIXELS, (place + 1) * PIXELS);

const times = (count, make) => Array.from({ length: count }, (_, number) => make(number));
const learn = (trainer, count) => times(count, () => trainer.learn());
const tests = (trainer) => times(1000, (number) => trainer.test(number));

function accuracy(trainer) {
  const looks = tests(trainer);
  const right = looks.filter(
    ({ place, probabilities }) => best(probabilities) === practice.labels[place],
  );
  return right.length / looks.length;
}

test("the practice images are 6,000 to learn from and 1,000 to test, of every digit", () => {
  assert.equal(count, 7000);
  for (const part of [practice.labels.subarray(0, 6000), practice.labels.subarray(6000)])
    for (let digit = 0; digit < 10; digit++)
      assert.ok(part.filter((label) => label === digit).length > part.length / 15);
  assert.ok(practice.labels.every((label) => label < 10));
});

test("probabilities are positive and add up to 1, also for a blank image", () => {
  const network = new Network(32, randomNumbers(1));
  for (const pixels of [image(0), new Uint8Array(PIXELS)]) {
    const probabilities = network.predict(pixels);
    assert.equal(probabilities.length, 10);
    assert.ok(probabilities.every((share) => share > 0));
    assert.ok(Math.abs(probabilities.reduce((one, other) => one + other) - 1) < 1e-5);
  }
});

test("the gradients agree with finite differences", () => {
  const label = practice.labels[0];
  const fresh = () => {
    const network = new Network(12, randomNumbers(3));
    network.bias1.fill(0.1);
    return network;
  };
  const loss = (network) => -Math.log(network.predict(image(0))[label]);
  const learned = fresh();
  learned.learn(image(0), label, 1); // a rate of 1 subtracts the gradient itself
  const pixel = image(0).findIndex((value) => value > 200);
  const places = {
    weights1: [...Array(12).keys()].map((unit) => pixel * 12 + unit),
    bias1: [...Array(12).keys()],
    weights2: [...Array(120).keys()],
    bias2: [...Array(10).keys()],
  };
  for (const [name, some] of Object.entries(places)) {
    let largest = 0;
    for (const place of some) {
      const gradient = fresh()[name][place] - learned[name][place];
      const [above, below] = [0.01, -0.01].map((change) => {
        const network = fresh();
        network[name][place] += change;
        return loss(network);
      });
      assert.ok(Math.abs(gradient - (above - below) / 0.02) < 0.005, `${name}[${place}]`);
      largest = Math.max(largest, Math.abs(gradient));
    }
    assert.ok(largest > 0.02, `${name} has a gradient worth comparing`);
  }
});

test("a step makes the right answer likelier, and returns the guess from before", () => {
  const network = new Network(512, randomNumbers(1));
  for (let place = 0; place < 20; place++) {
    const label = practice.labels[place];
    const before = network.predict(image(place));
    assert.deepEqual(network.learn(image(place), label, 0.02), before);
    assert.ok(network.predict(image(place))[label] > before[label]);
  }
});

test("the same seed gives the same run, another one another", () => {
  const settings = { units: 8, rate: 0.02, examples: 50 };
  const run = (seed) => learn(new Trainer(practice, { ...settings, seed }), 60);
  assert.deepEqual(run(1), run(1));
  assert.notDeepEqual(run(1), run(2));
});

test("every image comes once before any comes again, and none of the test", () => {
  const trainer = new Trainer(practice, { units: 2, rate: 0.02, examples: 50, seed: 1 });
  for (let round = 0; round < 2; round++) {
    const places = learn(trainer, 50).map(({ place }) => place);
    assert.deepEqual(
      places.toSorted((one, other) => one - other),
      [...Array(50).keys()],
    );
  }
  const places = tests(trainer).map(({ place }) => place);
  assert.deepEqual([places[0], places[999]], [6000, 6999]);
});

test("it learns: from guessing to nine of ten new images, and each experiment does worse", () => {
  const run = (changes, looks) => {
    const settings = { units: 64, rate: 0.02, examples: 6000, seed: 1, ...changes };
    const trainer = new Trainer(practice, settings);
    learn(trainer, looks);
    return accuracy(trainer);
  };
  assert.ok(run({}, 0) < 0.25);
  const whole = run({}, 6000);
  assert.ok(whole > 0.88, String(whole));
  for (const changes of [{ examples: 100 }, { units: 6 }, { rate: 0.2 }]) {
    const accuracy = run(changes, 6000);
    assert.ok(accuracy > 0.05 && accuracy < whole - 0.05, JSON.stringify([changes, accuracy]));
  }
});

test("the worker replies to each request, with the prediction for the drawing", () => {
  const replies = [];
  const worker = { postMessage: (reply) => replies.push(reply) };
  serve(worker, Infinity);
  const drawing = image(6000);
  const settings = { units: 64, rate: 0.02, examples: 6000, seed: 1, drawing };
  for (const data of [
    { practice },
    { begin: settings, count: 0 },
    { count: 1, again: true },
    { count: 3000 },
    { test: 10, count: 20 },
  ])
    worker.onmessage({ data });
  const [begun, one, many, tested] = replies;
  assert.equal(replies.length, 4);
  assert.deepEqual(begun.looks, []);
  const label = practice.labels[one.looks[0].place];
  assert.ok(one.after[label] > one.looks[0].probabilities[label]);
  assert.equal(many.looks.length, 3000);
  assert.equal(best(many.drawing), practice.labels[6000]);
  assert.notDeepEqual(many.drawing, begun.drawing);
  assert.deepEqual(tested.drawing, many.drawing, "a test teaches nothing");
  assert.deepEqual(
    tested.looks.map(({ place }) => place),
    [...Array(20).keys()].map((place) => 6010 + place),
  );
});

test("the worker replies in time, however large the request", () => {
  const replies = [];
  const worker = { postMessage: (reply) => replies.push(reply) };
  serve(worker, 0);
  const settings = { units: 2, rate: 0.02, examples: 6000, seed: 1, drawing: image(0) };
  for (const data of [{ practice }, { begin: settings, count: 0 }, { count: 1000 }])
    worker.onmessage({ data });
  assert.equal(replies[1].looks.length, 1, "one at least: otherwise it would never end");
});
