// @ts-check

/** A timer for waits that can be paused, or ended by a step. */
export class Clock {
  paused = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #duration = 0;
  /** @type {(() => void) | null} ends the current wait */
  #end = null;
  #isStepped = false; // `step` was called after the last wait ended

  /**
   * @param {number} duration in ms
   * @returns {Promise<void>}
   */
  sleep(duration) {
    return new Promise((resolve) => {
      [this.#duration, this.#end] = [duration, resolve];
      if (this.#isStepped) this.step();
      else this.pause(this.paused);
    });
  }

  /** @param {boolean} paused when it continues, the current wait starts again */
  pause(paused) {
    this.paused = paused;
    clearTimeout(this.#timer);
    if (!paused && this.#end) this.#timer = setTimeout(() => this.step(), this.#duration);
  }

  /** Ends the current wait, or the next one if there is none. */
  step() {
    clearTimeout(this.#timer);
    this.#isStepped = !this.#end;
    this.#end?.();
    this.#end = null;
  }
}
