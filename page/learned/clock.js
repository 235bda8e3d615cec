// @ts-check

/** Waits that can be paused, and ended by a single step. */
export class Clock {
  paused = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #duration = 0;
  #resolve = () => {};

  /**
   * @param {number} duration in ms
   * @returns {Promise<void>}
   */
  sleep(duration) {
    return new Promise((resolve) => {
      [this.#duration, this.#resolve] = [duration, resolve];
      this.pause(this.paused);
    });
  }

  /** @param {boolean} paused; what was left of a wait starts anew afterwards */
  pause(paused) {
    this.paused = paused;
    clearTimeout(this.#timer);
    if (!paused) this.#timer = setTimeout(() => this.step(), this.#duration);
  }

  /** Ends the current wait. */
  step() {
    clearTimeout(this.#timer);
    this.#resolve();
  }
}
