// @ts-check

import { best, imageOf, PIXELS } from "./network.js";

/** @import { Look, Practice } from "./network.js" */
/** @typedef {{ looks: Look[], after: Float32Array | null, drawing: Float32Array }} Reply */

/** The practice images, and a worker with a network that learns from them. */
export class School {
  /** @type {((reply: Reply) => void)[]} */
  #waiting = [];

  /**
   * @param {Practice} practice
   * @param {string} source network.js
   * @param {() => void} fail called when the worker can't go on
   */
  constructor(practice, source, fail) {
    this.practice = practice;
    const script = new Blob([source, "\nserve(self);"], { type: "text/javascript" });
    const address = URL.createObjectURL(script);
    this.worker = new Worker(address, { type: "module" });
    this.worker.onmessage = ({ data }) => this.#waiting.shift()?.(data);
    this.worker.onerror = fail;
    this.worker.postMessage({ practice });
  }

  /**
   * @param {string} packed base64 of gzip of all images, 784 grey levels each, and then all labels
   * @param {number} tests how many of them, the last ones, are for the test
   * @param {string} source
   * @param {() => void} fail
   */
  static async open(packed, tests, source, fail) {
    const stream = new Blob([bytesOf(packed)]).stream();
    const response = new Response(stream.pipeThrough(new DecompressionStream("gzip")));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const count = bytes.length / (PIXELS + 1);
    const images = bytes.subarray(0, count * PIXELS);
    const labels = bytes.subarray(count * PIXELS);
    return new School({ images, labels, tests }, source, fail);
  }

  /**
   * The worker's replies come in the order of the requests.
   * @param {object} request see `serve` in network.js
   * @returns {Promise<Reply>}
   */
  ask(request) {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.worker.postMessage(request);
    });
  }

  close() {
    this.worker.terminate();
  }

  /** @param {number} place */
  image(place) {
    return imageOf(this.practice, place);
  }

  /** @param {number} place */
  labelOf(place) {
    return this.practice.labels[place];
  }

  /** @param {Look} look */
  isRight({ place, probabilities }) {
    return best(probabilities) === this.labelOf(place);
  }
}

/** @param {string} text in base64 */
export const bytesOf = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
