// @ts-check
// The network that visitors watch: the dense one of F. Chollet, “Deep Learning with Python”,
// chapter 2 (784-512-10; ReLU, softmax, cross-entropy), trained on one image at a time. It imports
// nothing: lesson.js starts a worker from this text.

export const PIXELS = 28 * 28;
const DIGITS = 10;

/**
 * Pseudo-random numbers in [0, 1): Mulberry32 by T. Ettinger (public domain).
 * @param {number} seed
 * @returns {() => number}
 */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The numbers 0 to count - 1 in random order (Fisher-Yates).
 * @param {number} count
 * @param {() => number} random
 */
function shuffled(count, random) {
  const order = Uint32Array.from({ length: count }, (_, place) => place);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

export class Network {
  /**
   * Weights uniform in ±√(6 / inputs) (He et al., 2015), biases 0.
   * @param {number} units in the hidden layer
   * @param {() => number} random
   */
  constructor(units, random) {
    /** @type {(inputs: number, outputs: number) => Float32Array} */
    const weights = (inputs, outputs) =>
      new Float32Array(inputs * outputs).map(() => (2 * random() - 1) * Math.sqrt(6 / inputs));
    this.weights1 = weights(PIXELS, units); // one row per pixel
    this.bias1 = new Float32Array(units);
    this.weights2 = weights(units, DIGITS); // one row per hidden unit
    this.bias2 = new Float32Array(DIGITS);
    this.hidden = new Float32Array(units); // activations of the latest prediction
  }

  /**
   * The probability of each digit.
   * @param {Uint8Array} image 784 grey levels, 0 background to 255 ink
   */
  predict(image) {
    const { weights1, weights2, hidden } = this;
    const units = hidden.length;
    hidden.set(this.bias1);
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      if (!image[pixel]) continue; // true of four out of five
      const value = image[pixel] / 255;
      for (let unit = 0, at = pixel * units; unit < units; unit++, at++)
        hidden[unit] += value * weights1[at];
    }
    const outputs = Float32Array.from(this.bias2);
    for (let unit = 0; unit < units; unit++) {
      hidden[unit] = Math.max(0, hidden[unit]);
      for (let digit = 0, at = unit * DIGITS; digit < DIGITS; digit++, at++)
        outputs[digit] += hidden[unit] * weights2[at];
    }
    const largest = Math.max(...outputs);
    const powers = outputs.map((output) => Math.exp(output - largest));
    const sum = powers.reduce((one, other) => one + other);
    return powers.map((power) => power / sum);
  }

  /**
   * One step of gradient descent on the cross-entropy of one image.
   * @param {Uint8Array} image
   * @param {number} label
   * @param {number} rate the learning rate
   * @returns {Float32Array} the probabilities before the step
   */
  learn(image, label, rate) {
    const { weights1, bias1, weights2, bias2, hidden } = this;
    const units = hidden.length;
    const probabilities = this.predict(image);
    const outputGradient = probabilities.map((share, digit) => share - Number(digit === label));
    const hiddenGradient = new Float32Array(units);
    for (let unit = 0; unit < units; unit++) {
      if (!hidden[unit]) continue; // ReLU passes no gradient
      for (let digit = 0, at = unit * DIGITS; digit < DIGITS; digit++, at++) {
        hiddenGradient[unit] += weights2[at] * outputGradient[digit];
        weights2[at] -= rate * hidden[unit] * outputGradient[digit];
      }
      bias1[unit] -= rate * hiddenGradient[unit];
    }
    for (let digit = 0; digit < DIGITS; digit++) bias2[digit] -= rate * outputGradient[digit];
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      if (!image[pixel]) continue;
      const step = (rate * image[pixel]) / 255;
      for (let unit = 0, at = pixel * units; unit < units; unit++, at++)
        weights1[at] -= step * hiddenGradient[unit];
    }
    return probabilities;
  }
}

/**
 * @typedef {{ images: Uint8Array, labels: Uint8Array, tests: number }} Practice the last `tests`
 *   images are for the test
 * @typedef {{ place: number, probabilities: Float32Array }} Look at an image, before learning from it
 */

/** @param {Practice} practice @param {number} place */
export const imageOf = ({ images }, place) => images.subarray(place * PIXELS, (place + 1) * PIXELS);

/** A network, its practice images and its progress, in the worker. */
export class Trainer {
  /**
   * @param {Practice} practice
   * @param {{ units: number, rate: number, examples: number, seed: number }} settings
   */
  constructor(practice, { units, rate, examples, seed }) {
    this.practice = practice;
    this.random = randomNumbers(seed);
    this.network = new Network(units, this.random);
    this.rate = rate;
    this.examples = examples;
    this.order = new Uint32Array();
    this.count = 0; // of images looked at
  }

  /** @param {number} place */
  predict(place) {
    return this.network.predict(imageOf(this.practice, place));
  }

  /**
   * Learns from the next image; after the last one it starts again in another order.
   * @returns {Look}
   */
  learn() {
    const next = this.count++ % this.examples;
    if (!next) this.order = shuffled(this.examples, this.random);
    const place = this.order[next];
    const label = this.practice.labels[place];
    return {
      place,
      probabilities: this.network.learn(imageOf(this.practice, place), label, this.rate),
    };
  }

  /**
   * Looks at a test image without learning from it.
   * @param {number} number 0 to tests - 1
   * @returns {Look}
   */
  test(number) {
    const place = this.practice.labels.length - this.practice.tests + number;
    return { place, probabilities: this.predict(place) };
  }
}

/**
 * Turns the script into a worker. The first message has the practice images, each later one is a
 * request: `begin` starts with a new network; `count` is how many images to look at, unless time
 * runs out; `test` is the first of them in a test, otherwise it learns from them; `again` asks for
 * another look at the first one afterwards. Each reply has the prediction for the visitor's drawing.
 * @param {{ onmessage: ((event: any) => void) | null, postMessage: (reply: object) => void }} worker
 * @param {number} limit ms of work before a reply, so that a slow device can be paused, too
 */
export function serve(worker, limit = 350) {
  /** @type {Practice} */
  let practice;
  /** @type {Trainer} */
  let trainer;
  /** @type {Uint8Array} */
  let drawing;
  worker.onmessage = ({ data }) => {
    if (data.practice) {
      practice = data.practice;
      return;
    }
    if (data.begin) {
      drawing = data.begin.drawing;
      trainer = new Trainer(practice, data.begin);
    }
    const looks = [];
    const end = performance.now() + limit;
    while (looks.length < data.count && (!looks.length || performance.now() < end))
      looks.push("test" in data ? trainer.test(data.test + looks.length) : trainer.learn());
    const after = data.again ? trainer.predict(looks[0].place) : null;
    worker.postMessage({ looks, after, drawing: trainer.network.predict(drawing) });
  };
}

/** @param {Float32Array} probabilities */
export const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));
