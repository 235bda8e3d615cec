// @ts-check

const [MIN_WINDOW, SHARE] = [100, 1 / 5];
const FIRST_POINT = 10; // images before the curve starts

/** How many of the latest images were right: the last fifth, and at least 100 of them. */
export class Score {
  peak = 0;
  /** @type {[number, number][]} */
  points = []; // images so far, and the share of the latest ones that were right
  #sums = [0];

  /** Images so far. */
  get count() {
    return this.#sums.length - 1;
  }

  /** How many of them were right. */
  get right() {
    return this.#sums[this.count];
  }

  /** @param {boolean} right */
  add(right) {
    this.#sums.push(this.right + Number(right));
  }

  /** The share of the latest images that were right; 0 before the first one. */
  get share() {
    const window = Math.min(this.count, Math.max(MIN_WINDOW, Math.round(SHARE * this.count)));
    return window && (this.right - this.#sums[this.count - window]) / window;
  }

  /** Adds a point to the curve. */
  mark() {
    if (this.count < FIRST_POINT) return;
    this.points.push([this.count, this.share]);
    if (this.count >= MIN_WINDOW) this.peak = Math.max(this.peak, this.share);
  }

  /**
   * Where a number of images is on the curve's axis, 0 to 1. It is logarithmic, so that the first
   * ones, where most happens, have as much room as the last ones.
   * @param {number} count
   * @param {number} total images at the end of the axis
   */
  place(count, total) {
    return Math.log(count / FIRST_POINT) / Math.log(total / FIRST_POINT);
  }

  /** The points as fractions of width and height. @param {number} total */
  curve(total) {
    return this.points.map(
      ([count, share]) => /** @type {[number, number]} */ ([this.place(count, total), share]),
    );
  }
}
