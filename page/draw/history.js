// @ts-check
// Undo and redo. A state is an immutable list of finished strokes. `undo`, `redo` and `clear`
// return whether the current state changed.

/** @import { Stroke } from "./strokes.js" */

const MAX_STATES = 200;

export class History {
  /** @type {Stroke[][]} */
  #states = [[]];
  #current = 0;

  get strokes() {
    return this.#states[this.#current];
  }

  get isPristine() {
    return this.#states.length === 1;
  }

  /** @param {Stroke[]} strokes */
  push(strokes) {
    this.#states = [...this.#states.slice(0, this.#current + 1), strokes].slice(-MAX_STATES);
    this.#current = this.#states.length - 1;
  }

  undo() {
    if (this.#current === 0) return false;
    this.#current--;
    return true;
  }

  redo() {
    if (this.#current === this.#states.length - 1) return false;
    this.#current++;
    return true;
  }

  clear() {
    if (!this.strokes.length) return false;
    this.push([]);
    return true;
  }

  /**
   * Starts over with these strokes, which can be undone one by one.
   * @param {Stroke[]} strokes
   */
  reset(strokes = []) {
    this.#states = [[], ...strokes.map((_, last) => strokes.slice(0, last + 1))];
    this.#current = strokes.length;
  }
}
