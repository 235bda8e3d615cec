// @ts-check
// What “Watch me learn” shows, and its words. lesson.html defines what is visible in which state.

import { best } from "./network.js";
import {
  fill,
  formats,
  paint,
  showColumns,
  showCurve,
  showResults,
  urlOf,
  Wall,
} from "./pictures.js";

/** @import { Kind } from "./lesson.js" */
/** @import { Look } from "./network.js" */
/** @import { School } from "./school.js" */
/** @import { Score } from "./score.js" */

const WALL = 24; // images
const MISTAKES = 18; // shown at the end, at most
const BUSY = ["looking", "streaming", "testing"]; // states in which the network works

export class Screen {
  /** @type {any} sentences by name, from lesson.py */
  words = {};
  number = String; // see `formats`
  percent = String;
  sentence = () => this.words.intro;

  /** @param {HTMLElement} root @param {number} tests how many images are in the test */
  constructor(root, tests) {
    this.root = root;
    this.tests = tests;
    this.wall = new Wall(this.$(".wall"), WALL);
    this.bet = /** @type {HTMLInputElement} */ (this.$(".bet input"));
    this.bet.max = String(tests);
    this.bet.value = String(tests / 2);
    this.bet.oninput = () => this.showBet();
  }

  /** @param {string} selector */
  $(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  /** Writes what does not depend on the run in the visitor's language. @param {any} data */
  translate({ words, language }) {
    this.words = JSON.parse(words);
    Object.assign(this, formats(language));
    for (const element of this.root.querySelectorAll("[data-word]"))
      element.textContent = this.words[/** @type {HTMLElement} */ (element).dataset.word ?? ""];
    this.$(".mine canvas").setAttribute("aria-label", this.words.mine);
    this.$(".example canvas").setAttribute("aria-label", this.words.example);
    this.$(".area").replaceChildren();
    this.say(this.sentence);
    this.showBet();
  }

  /** @param {() => string} sentence called again when the language changes */
  say(sentence) {
    this.sentence = sentence;
    const text = sentence();
    if (this.$(".say").textContent !== text) this.$(".say").textContent = text;
  }

  /** @param {Kind} kind */
  showTitle(kind) {
    this.$("h2").textContent = kind === "whole" ? this.words.title : this.words.runs[kind];
  }

  /** @param {string} state @param {boolean} paused */
  show(state, paused) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const hadFocus = focused && this.root.contains(focused);
    this.root.dataset.state = state;
    /** @type {NodeListOf<HTMLElement>} */
    const parts = this.root.querySelectorAll("[data-when]");
    for (const part of parts) part.hidden = !part.dataset.when?.split(" ").includes(state);
    this.showPause(paused);
    if (!hadFocus || focused.checkVisibility()) return;
    const others = [this.bet, ...this.root.querySelectorAll("button")];
    others.find((other) => other.checkVisibility())?.focus({ preventScroll: true });
  }

  /** @param {boolean} paused */
  showPause(paused) {
    const isBusy = BUSY.includes(this.root.dataset.state ?? "");
    this.root.toggleAttribute("data-busy", isBusy && !paused); // see kiosk.js
    this.$("[data-do=pause]").textContent = paused ? this.words.go_on : this.words.pause;
  }

  showBet() {
    this.$(".bet output").textContent = this.number(this.bet.valueAsNumber);
  }

  /** On small screens, scrolls to the stage and the sentence about it. */
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

  /** An enlarged image, without its label. @param {Uint8Array} image */
  showExample(image) {
    this.$(".example").classList.remove("right", "wrong");
    paint(this.$(".example canvas"), image);
    this.$(".truth").textContent = "";
    this.showGuess(".example", null);
  }

  /** @param {number} label @param {boolean} right whether the guess was right */
  showTruth(label, right) {
    this.$(".example").classList.add(right ? "right" : "wrong");
    this.$(".truth").textContent = this.words.truths[label];
    this.say(() => (right ? this.words.right : this.words.wrong));
  }

  /** @param {Score} score @param {number} total images at the end of the curve */
  showScore(score, total) {
    const { words } = this;
    const rights = [0, 50, 100].map((right) => ({
      kind: "row",
      at: right / 100,
      text: this.number(right),
    }));
    const chance = { kind: "dashed", at: 0.1, text: words.chance };
    const counts = [10, 100, 1000, 10000].map((count) => ({
      kind: "column",
      at: score.place(count, total),
      text: this.number(count),
    }));
    showCurve(this.$(".area"), score.curve(total), [...rights, chance, ...counts]);
    const count = this.number(score.count);
    const right = this.number(Math.round(100 * score.share));
    this.$(".area").setAttribute("aria-label", fill(words.curve_spoken, { count, right }));
    this.$(".count").textContent = fill(words.count, { count });
  }

  /** Images to learn from, with their labels. @param {School} school */
  showPractice(school) {
    for (let place = 0; place < WALL; place++)
      this.wall.add(school.image(place), String(school.labelOf(place)), false);
  }

  /** The latest images, with the guesses. @param {Look[]} looks @param {School} school */
  showLooks(looks, school) {
    for (const look of looks.slice(-WALL)) {
      const right = school.isRight(look);
      const caption = `${best(look.probabilities)} ${right ? "✓" : "✗"}`;
      this.wall.add(school.image(look.place), caption, !right);
    }
  }

  /** @param {number} right @param {number} count */
  showTested(right, count) {
    const values = { right: this.number(right), count: this.number(count) };
    this.$(".so-far").textContent = fill(this.words.so_far, values);
  }

  /**
   * @param {Map<Kind, number>} results how many were right
   * @param {Kind} latest
   * @param {number} reference how many the network of the first page gets right; 0: unknown
   */
  showResults(results, latest, reference) {
    const { words } = this;
    const rows = [...results].map(([kind, right]) => ({
      text: words.runs[kind],
      right,
      latest: kind === latest,
    }));
    if (rows.length)
      rows.unshift({ text: words.your_guess, right: this.bet.valueAsNumber, latest: false });
    if (reference) rows.push({ text: words.reference, right: reference, latest: false });
    showResults(this.$(".results"), rows, this.tests, this.number);
  }

  /** @param {Look[]} mistakes @param {School} school */
  showMistakes(mistakes, school) {
    const { words } = this;
    const figures = mistakes
      .sort((one, other) => Math.max(...other.probabilities) - Math.max(...one.probabilities))
      .slice(0, MISTAKES)
      .map(({ place, probabilities }, number) => {
        const alt = fill(words.mistake, { number: number + 1 });
        const answer = fill(words.answer, {
          truth: words.truths[school.labelOf(place)],
          guess: best(probabilities),
          percent: this.percent(Math.max(...probabilities)),
        });
        const image = `<img src="${urlOf(school.image(place))}" alt="${alt}">`;
        return `<figure>${image}<figcaption>${answer}</figcaption></figure>`;
      });
    this.$(".mistakes div").innerHTML = `<div class="misread">${figures.join("")}</div>`;
  }
}
