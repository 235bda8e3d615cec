// @ts-check
// What differs between the runs of a lesson, and what does not.

/** @typedef {"whole" | "few" | "small" | "giant"} Kind of a run */

const WHOLE = { units: 512, rate: 0.02, examples: 6000 };
/** @type {Record<Kind, typeof WHOLE>} */
export const RUNS = {
  whole: WHOLE,
  few: { ...WHOLE, examples: 100 },
  small: { ...WHOLE, units: 6 },
  giant: { ...WHOLE, rate: 10 * WHOLE.rate },
};
export const LOOKS = 12000; // images to learn from: each of the 6,000 twice
export const TESTS = 1000;
export const TICK = 350; // ms: no more than three changes a second (WCAG 2.3.1)
export const GROWTH = 1.18; // of the images a tick: doubles about every 1.5 s
export const WALL = 24; // images
export const MISTAKES = 18; // shown at the end, at most
export const CLOSE = 30; // a guess that is off by so many is a good one
export const DIP = 0.05; // of the share that is right, below the best so far
