// @ts-check
// “Watch me learn”: trains a network in a worker while the visitor watches. The network learns from
// single images, then faster and faster, and takes a test. Then the visitor can try experiments.

import { cleanup } from "../core/cleanup.js";
import { Clock } from "./clock.js";
import { fill, paint } from "./pictures.js";
import { bytesOf, School } from "./school.js";
import { Score } from "./score.js";
import { Screen } from "./screen.js";

/** @import { Look } from "./network.js" */
/** @import { Reply } from "./school.js" */

/** @typedef {"whole" | "few" | "small" | "giant"} Kind of a run */

const WHOLE = { units: 512, rate: 0.02, examples: 6000 };
/** @type {Record<Kind, typeof WHOLE>} what differs between the runs */
const RUNS = {
  whole: WHOLE,
  few: { ...WHOLE, examples: 100 },
  small: { ...WHOLE, units: 6 },
  giant: { ...WHOLE, rate: 10 * WHOLE.rate },
};
const LOOKS = 12000; // images to learn from: each of the 6,000 twice
const [SLOWLY, SLOWLY_AGAIN] = [15, 3]; // images shown one by one, in the first run and later
const [LONGEST, SHORTEST, SHRINK] = [2600, 1000, 0.92]; // ms per image, each shorter than the last
const TICK = 350; // ms: no more than three changes a second (WCAG 2.3.1)
const GROWTH = 1.18; // of the images a tick: doubles about every 1.5 s
const [FIRST_TESTS, FASTER] = [10, 4]; // images a tick at the start of the test; factor of “Faster”
const DIP = 0.05; // below the best share of right answers so far: it got worse
const CLOSE = 30; // largest error of a good guess

/** Thrown in a run that was replaced by another one, or whose page was left. */
class Stopped extends Error {}

class Lesson {
  clock = new Clock();
  score = new Score();
  /** @type {Kind} */
  kind = "whole";
  runs = 0; // so far
  batch = 1; // images a tick
  slowly = SLOWLY; // images that remain to be shown one by one
  /** @type {Map<Kind, number>} */
  results = new Map(); // how many were right, in the latest test of each kind
  takeTest = () => {};
  isClosed = false;
  /** @type {School} */
  school = /** @type {any} */ (null); // until `open` is done

  /** @param {HTMLElement} root @param {any} data see lesson.py */
  constructor(root, data) {
    this.screen = new Screen(root, data.tests);
    this.drawing = bytesOf(data.drawing);
    this.tests = data.tests;
    this.reference = data.reference;
    /** @type {Record<string, () => void>} */
    this.actions = {
      start: () => this.begin("whole"),
      few: () => this.begin("few"),
      small: () => this.begin("small"),
      giant: () => this.begin("giant"),
      pause: () => this.pause(!this.clock.paused),
      step: () => this.step(),
      faster: () => this.faster(),
      test: () => this.takeTest(),
    };
    this.translate(data);
    this.show("ready");
    paint(this.screen.$(".mine canvas"), this.drawing);
    this.opened = this.open(data).catch(() => this.fail());
    root.onclick = ({ target }) => {
      const action = /** @type {HTMLElement} */ (target).dataset.do;
      if (action) this.opened.then(this.actions[action]);
    };
  }

  /** Writes everything in the visitor's language. @param {any} data */
  translate(data) {
    const { screen } = this;
    screen.translate(data);
    screen.showTitle(this.kind);
    screen.showPause(this.clock.paused);
    screen.showScore(this.score, LOOKS);
    screen.showResults(this.results, this.kind, this.reference);
  }

  /** @param {string} state */
  show(state) {
    this.screen.show(state, this.clock.paused);
  }

  /** @param {any} data */
  async open({ practice, source }) {
    this.school = await School.open(practice, this.tests, source, () => this.fail());
    if (this.isClosed) return this.close(); // the page was left meanwhile
    this.screen.showGuess(".mine", (await this.school.ask(this.settings())).drawing);
    this.screen.showPractice(this.school);
  }

  /** Shows that the browser lacks something, or that the worker failed. */
  fail() {
    this.runs += 1;
    this.screen.say(() => this.screen.words.broken);
    this.show("broken");
  }

  settings() {
    const { drawing, kind, runs } = this;
    return { begin: { ...RUNS[kind], seed: runs, drawing }, count: 0 };
  }

  /** @param {Kind} kind */
  async begin(kind) {
    const { screen } = this;
    this.runs += 1;
    this.kind = kind;
    this.score = new Score();
    this.slowly = this.results.size ? SLOWLY_AGAIN : SLOWLY;
    this.batch = 1;
    this.pause(false);
    screen.wall.clear();
    screen.showTitle(kind);
    screen.showScore(this.score, LOOKS);
    try {
      screen.showGuess(".mine", (await this.ask(this.settings())).drawing);
      while (this.score.count < LOOKS)
        if (this.slowly > 0 || this.clock.paused) await this.learnOne();
        else await this.learnMany();
      await this.waitForBet();
      await this.test();
    } catch (error) {
      if (!(error instanceof Stopped)) this.fail();
    }
  }

  /**
   * Resolves unless another run has begun meanwhile.
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  async unlessStopped(promise) {
    const run = this.runs;
    const result = await promise;
    if (run !== this.runs) throw new Stopped();
    return result;
  }

  /** @param {object} request */
  ask(request) {
    return this.unlessStopped(this.school.ask(request));
  }

  /** @param {number} duration in ms */
  sleep(duration) {
    return this.unlessStopped(this.clock.sleep(duration));
  }

  /** Learns from a single image, enlarged: question, guess, label, changed bars. */
  async learnOne() {
    const { school, screen } = this;
    const { looks, after, drawing } = await this.ask({ count: 1, again: true });
    const [look] = looks;
    const duration = Math.max(SHORTEST, LONGEST * SHRINK ** this.score.count);
    screen.showExample(school.image(look.place));
    screen.say(() => screen.words.question);
    this.show("looking");
    if (!this.score.count) screen.scrollIntoView();
    await this.sleep(0.3 * duration);
    screen.showGuess(".example", look.probabilities);
    await this.sleep(0.3 * duration);
    screen.showTruth(school.labelOf(look.place), school.isRight(look));
    screen.showBars(".example", after);
    this.note(looks, drawing);
    this.slowly -= 1;
    await this.sleep(0.4 * duration);
  }

  /** Learns from growing batches of images, until paused or done. */
  async learnMany() {
    const { score, screen } = this;
    this.show("streaming");
    screen.say(() => screen.words.streaming);
    while (score.count < LOOKS && !this.clock.paused) {
      const count = Math.min(this.batch, LOOKS - score.count);
      await this.takeBatch({ count }, ({ looks, drawing }) => {
        this.note(looks, drawing);
        const { share, peak } = score;
        screen.say(() => (share < peak - DIP ? screen.words.worse : screen.words.streaming));
      });
    }
  }

  /**
   * Sends a request, and enlarges the next batch; resolves after a tick.
   * @param {object} request
   * @param {(reply: Reply) => void} use the reply
   */
  async takeBatch(request, use) {
    const began = performance.now();
    const reply = await this.ask(request);
    this.batch *= GROWTH;
    this.screen.showLooks(reply.looks, this.school);
    use(reply);
    await this.sleep(Math.max(0, TICK - (performance.now() - began)));
  }

  /** @param {Look[]} looks @param {Float32Array} drawing */
  note(looks, drawing) {
    for (const look of looks) this.score.add(this.school.isRight(look));
    this.score.mark();
    this.screen.showScore(this.score, LOOKS);
    this.screen.showGuess(".mine", drawing);
  }

  async waitForBet() {
    this.screen.say(() => this.screen.words.before_test);
    this.show("bet");
    await this.unlessStopped(new Promise((resolve) => (this.takeTest = () => resolve(null))));
  }

  /** Takes the test, and shows its result. */
  async test() {
    const { screen, tests } = this;
    screen.wall.clear();
    screen.say(() => screen.words.testing);
    this.show("testing");
    /** @type {Look[]} */
    const mistakes = [];
    this.batch = FIRST_TESTS;
    let count = 0;
    while (count < tests) {
      const request = { test: count, count: Math.min(this.batch, tests - count) };
      await this.takeBatch(request, ({ looks }) => {
        count += looks.length;
        mistakes.push(...looks.filter((look) => !this.school.isRight(look)));
        screen.showTested(count - mistakes.length, count);
      });
    }
    const right = tests - mistakes.length;
    this.results.delete(this.kind);
    this.results.set(this.kind, right);
    const guess = screen.bet.valueAsNumber;
    screen.say(() => {
      const values = { right: screen.number(right), guess: screen.number(guess) };
      const verdict = Math.abs(right - guess) <= CLOSE ? "close" : guess < right ? "low" : "high";
      return fill(screen.words.results[this.kind][verdict], values);
    });
    screen.showResults(this.results, this.kind, this.reference);
    screen.showMistakes(mistakes, this.school);
    this.show("done");
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.clock.pause(paused);
    this.screen.showPause(paused);
  }

  step() {
    this.pause(true);
    this.clock.step();
  }

  faster() {
    this.slowly = 0;
    this.batch *= FASTER;
    if (this.clock.paused) this.pause(false);
    else this.clock.step();
  }

  close() {
    this.isClosed = true;
    this.runs += 1;
    this.school?.close();
  }
}

/** @type {WeakMap<Element, Lesson>} */
const lessons = new WeakMap();

/** @param {StreamlitComponent<any>} component */
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lesson");
  const existing = lessons.get(root);
  existing?.translate(data);
  const lesson = existing ?? new Lesson(root, data);
  lessons.set(root, lesson);
  return cleanup(lesson, () => lesson.close());
}
