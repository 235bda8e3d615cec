// @ts-check
// “Watch me learn”: a network is trained in a worker while the visitor watches. First it learns
// from one image after the other, then faster and faster; then it takes a test, and the visitor
// tries what happens if something is different. lesson.html says what is shown in which state.

import { Clock } from "./clock.js";
import { best } from "./network.js";
import { formats, paint, showColumns, showCurve, showResults, urlOf, Wall } from "./pictures.js";
import { CLOSE, DIP, GROWTH, LOOKS, MISTAKES, RUNS, TESTS, TICK, WALL } from "./runs.js";
import { bytesOf, School } from "./school.js";
import { Score } from "./score.js";
import { fill } from "./tiles.js";

/** @import { Look } from "./network.js" */
/** @import { Kind } from "./runs.js" */
/** @import { Reply } from "./school.js" */

const [SLOWLY, SLOWLY_AGAIN] = [15, 3]; // images shown one by one, in the first run and later
const [LONGEST, SHORTEST, SHRINK] = [2600, 1000, 0.92]; // ms each, every one shorter than the last
const [FIRST_TESTS, FASTER] = [10, 4]; // images a tick in the test; times as many by “Faster”

/** The run was ended, by another one or by leaving the page. */
class Stopped extends Error {}

class Lesson {
  clock = new Clock();
  score = new Score();
  /** @type {Kind} */
  kind = "whole";
  runs = 0; // so far
  batch = 1; // images a tick
  slowly = SLOWLY; // images still to be shown one by one
  /** @type {Map<Kind, number>} */
  results = new Map(); // how many were right, in the latest test of each kind
  number = String; // see `formats`
  percent = String;
  sentence = () => this.words.intro;
  takeTest = () => {};
  isClosed = false;
  /** @type {School} */
  school = /** @type {any} */ (null); // until `open` is done

  /** @param {HTMLElement} root @param {any} data see lesson.py */
  constructor(root, data) {
    this.root = root;
    this.drawing = bytesOf(data.drawing);
    this.reference = data.reference;
    this.bet = /** @type {HTMLInputElement} */ (this.$(".bet input"));
    this.wall = new Wall(this.$(".wall"), WALL);
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
    paint(this.$(".mine canvas"), this.drawing);
    this.opened = this.open(data).catch(() => this.fail());
    this.bet.oninput = () => this.showBet();
    root.onclick = ({ target }) => {
      const action = /** @type {HTMLElement} */ (target).dataset.do;
      if (action) this.opened.then(this.actions[action]);
    };
  }

  /** @param {string} selector */
  $(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** Writes everything in the visitor's language. @param {any} data */
  translate({ words, language }) {
    this.words = JSON.parse(words);
    Object.assign(this, formats(language));
    for (const element of this.root.querySelectorAll("[data-word]"))
      element.textContent = this.words[/** @type {HTMLElement} */ (element).dataset.word ?? ""];
    this.$(".mine canvas").setAttribute("aria-label", this.words.mine);
    this.$(".example canvas").setAttribute("aria-label", this.words.example);
    this.$(".area").replaceChildren();
    this.say(this.sentence);
    this.showTitle();
    this.showPause();
    this.showBet();
    this.showScore();
    this.showResults();
  }

  /** @param {() => string} sentence called again when the language changes */
  say(sentence) {
    this.sentence = sentence;
    const text = sentence();
    if (this.$(".say").textContent !== text) this.$(".say").textContent = text;
  }

  // What is to be seen

  showTitle() {
    const { kind, words } = this;
    this.$("h2").textContent = kind === "whole" ? words.title : words.runs[kind];
  }

  /** @param {string} state */
  show(state) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const had = focused && this.root.contains(focused);
    this.root.dataset.state = state;
    for (const one of this.root.querySelectorAll("[data-when]")) {
      const part = /** @type {HTMLElement} */ (one);
      part.hidden = !part.dataset.when?.split(" ").includes(state);
    }
    this.showPause();
    if (!had || focused.checkVisibility()) return;
    const others = [this.bet, ...this.root.querySelectorAll("button")];
    others.find((one) => one.checkVisibility())?.focus({ preventScroll: true });
  }

  showPause() {
    const runs = ["looking", "streaming", "testing"].includes(this.root.dataset.state ?? "");
    this.root.toggleAttribute("data-busy", runs && !this.clock.paused); // see kiosk.js
    const button = this.$("[data-do=pause]");
    button.textContent = this.clock.paused ? this.words.go_on : this.words.pause;
  }

  showBet() {
    this.$(".bet output").textContent = this.number(this.bet.valueAsNumber);
  }

  /** Where not all of it fits, the stage and what is said of it. */
  scrollIntoView() {
    for (const part of [".curve", ".controls", ".say"])
      this.$(part).scrollIntoView({ block: "nearest" });
  }

  /** @param {string} place @param {Float32Array | null} probabilities */
  showBars(place, probabilities) {
    showColumns(this.$(`${place} .columns`), probabilities, this.percent);
  }

  /** @param {string} place @param {Float32Array | null} probabilities */
  showGuess(place, probabilities) {
    this.showBars(place, probabilities);
    const digit = probabilities && best(probabilities);
    this.$(`${place} .guess`).textContent =
      digit === null ? "" : fill(this.words.guess, { digit: String(digit) });
  }

  showScore() {
    const { score, words } = this;
    const ticks = [0, 50, 100].map((right) => ({ bottom: right / 100, text: this.number(right) }));
    const chance = { bottom: 0.1, text: words.chance, dashed: true };
    const counts = [10, 100, 1000, 10000].map((count) => ({
      left: score.place(count, LOOKS),
      text: this.number(count),
    }));
    showCurve(this.$(".area"), score.curve(LOOKS), [...ticks, chance, ...counts]);
    const count = this.number(score.count);
    const right = this.number(Math.round(100 * score.share));
    this.$(".area").setAttribute("aria-label", fill(words.curve_spoken, { count, right }));
    this.$(".count").textContent = fill(words.count, { count });
  }

  /** @param {Look[]} looks that are to be seen on the wall */
  showLooks(looks) {
    for (const look of looks.slice(-WALL)) {
      const right = this.isRight(look);
      const caption = `${best(look.probabilities)} ${right ? "✓" : "✗"}`;
      this.wall.add(this.school.image(look.place), caption, !right);
    }
  }

  showResults() {
    const { words, results } = this;
    const rows = [...results].map(([kind, right]) => ({
      text: words.runs[kind],
      right,
      latest: kind === this.kind,
    }));
    if (rows.length)
      rows.unshift({ text: words.your_guess, right: this.bet.valueAsNumber, latest: false });
    if (this.reference) rows.push({ text: words.reference, right: this.reference, latest: false });
    showResults(this.$(".results"), rows, TESTS, this.number);
  }

  /** @param {any} data */
  async open({ practice, source }) {
    this.school = await School.open(practice, TESTS, source, () => this.fail());
    if (this.isClosed) return this.close(); // the page was left meanwhile
    this.showGuess(".mine", (await this.school.ask(this.settings())).drawing);
    for (let place = 0; place < WALL; place++)
      this.wall.add(this.school.image(place), String(this.school.labelOf(place)), false);
  }

  /** Something that the browser lacks, or that the worker failed at. */
  fail() {
    this.runs += 1;
    this.say(() => this.words.broken);
    this.show("broken");
  }

  settings() {
    const { drawing, kind, runs } = this;
    return { begin: { ...RUNS[kind], seed: runs, drawing }, count: 0 };
  }

  /** @param {Look} look */
  isRight({ place, probabilities }) {
    return best(probabilities) === this.school.labelOf(place);
  }

  /** @param {Kind} kind */
  async begin(kind) {
    this.runs += 1;
    this.kind = kind;
    this.score = new Score();
    this.slowly = this.results.size ? SLOWLY_AGAIN : SLOWLY;
    this.batch = 1;
    this.pause(false);
    this.wall.clear();
    this.showTitle();
    this.showScore();
    try {
      this.showGuess(".mine", (await this.ask(this.settings())).drawing);
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

  /** One image in large: a look, a guess, the truth, a change. */
  async learnOne() {
    const { looks, after, drawing } = await this.ask({ count: 1, again: true });
    const [{ place, probabilities }] = looks;
    const right = this.isRight(looks[0]);
    const duration = Math.max(SHORTEST, LONGEST * SHRINK ** this.score.count);
    const example = this.$(".example");
    example.classList.remove("right", "wrong");
    paint(this.$(".example canvas"), this.school.image(place));
    this.$(".truth").textContent = "";
    this.showGuess(".example", null);
    this.say(() => this.words.question);
    this.show("looking");
    if (!this.score.count) this.scrollIntoView();
    await this.sleep(0.3 * duration);
    this.showGuess(".example", probabilities);
    await this.sleep(0.3 * duration);
    example.classList.add(right ? "right" : "wrong");
    this.$(".truth").textContent = this.words.truths[this.school.labelOf(place)];
    this.say(() => (right ? this.words.right : this.words.wrong));
    this.showBars(".example", after);
    this.note(looks, drawing);
    this.slowly -= 1;
    await this.sleep(0.4 * duration);
  }

  /** Batches of images on the wall, each larger than the last one, until paused or done. */
  async learnMany() {
    this.show("streaming");
    this.say(() => this.words.streaming);
    while (this.score.count < LOOKS && !this.clock.paused) {
      const count = Math.min(this.batch, LOOKS - this.score.count);
      await this.takeBatch({ count }, ({ looks, drawing }) => {
        this.note(looks, drawing);
        const { share, peak } = this.score;
        this.say(() => (share < peak - DIP ? this.words.worse : this.words.streaming));
      });
    }
  }

  /**
   * More images each time; returns after a tick.
   * @param {object} request
   * @param {(reply: Reply) => void} use the reply
   */
  async takeBatch(request, use) {
    const began = performance.now();
    const reply = await this.ask(request);
    this.batch *= GROWTH;
    this.showLooks(reply.looks);
    use(reply);
    await this.sleep(Math.max(0, TICK - (performance.now() - began)));
  }

  /** @param {Look[]} looks @param {Float32Array} drawing */
  note(looks, drawing) {
    for (const look of looks) this.score.add(this.isRight(look));
    this.score.mark();
    this.showScore();
    this.showGuess(".mine", drawing);
  }

  async waitForBet() {
    this.say(() => this.words.before_test);
    this.show("bet");
    await this.unlessStopped(new Promise((resolve) => (this.takeTest = () => resolve(null))));
  }

  /** The test, and what came of it. */
  async test() {
    this.wall.clear();
    this.say(() => this.words.testing);
    this.show("testing");
    /** @type {Look[]} */
    const mistakes = [];
    this.batch = FIRST_TESTS;
    let count = 0;
    while (count < TESTS) {
      const request = { test: count, count: Math.min(this.batch, TESTS - count) };
      await this.takeBatch(request, ({ looks }) => {
        count += looks.length;
        mistakes.push(...looks.filter((look) => !this.isRight(look)));
        const values = { right: this.number(count - mistakes.length), count: this.number(count) };
        this.$(".so-far").textContent = fill(this.words.so_far, values);
      });
    }
    const right = TESTS - mistakes.length;
    this.results.delete(this.kind);
    this.results.set(this.kind, right);
    const guess = this.bet.valueAsNumber;
    this.say(() => {
      const result = { right: this.number(right), guess: this.number(guess) };
      const { verdicts, lessons } = this.words;
      const verdict = Math.abs(right - guess) <= CLOSE ? "close" : guess < right ? "low" : "high";
      return `${fill(this.words.result, result)} ${verdicts[verdict]} ${lessons[this.kind]}`;
    });
    this.showResults();
    this.showMistakes(mistakes);
    this.show("done");
  }

  /** @param {Look[]} mistakes */
  showMistakes(mistakes) {
    const { words } = this;
    const figures = mistakes
      .sort((one, other) => Math.max(...other.probabilities) - Math.max(...one.probabilities))
      .slice(0, MISTAKES)
      .map(({ place, probabilities }, number) => {
        const alt = fill(words.mistake, { number: number + 1 });
        const answer = fill(words.answer, {
          truth: words.truths[this.school.labelOf(place)],
          guess: best(probabilities),
          percent: this.percent(Math.max(...probabilities)),
        });
        const image = `<img src="${urlOf(this.school.image(place))}" alt="${alt}">`;
        return `<figure>${image}<figcaption>${answer}</figcaption></figure>`;
      });
    this.$(".mistakes div").innerHTML = `<div class="misread">${figures.join("")}</div>`;
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.clock.pause(paused);
    this.showPause();
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
  const known = lessons.get(root);
  known?.translate(data);
  const lesson = known ?? new Lesson(root, data);
  lessons.set(root, lesson);
  return () => lesson.close();
}
