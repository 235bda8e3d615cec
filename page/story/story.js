// @ts-check
// The story: from the visitor's drawing to the answer, step by step, on one canvas (scene.js). The
// steps and their words arrive as an event whenever the drawing changes (feed.js).

import { cleanup } from "../core/cleanup.js";
import { setHtml } from "../core/html.js";
import { hasModifier, isTyping } from "../core/keys.js";
import { Scene } from "./scene.js";
import { answer } from "./steps/answer.js";
import { cut, number } from "./steps/cut.js";
import { dots, drawing } from "./steps/dots.js";
import { lit } from "./steps/lit.js";
import { looked } from "./steps/looked.js";
import { nearest } from "./steps/nearest.js";
import { sliding } from "./steps/window.js";

const SWIPE = 50; // px
const STEPS = { cut, drawing, dots, window: sliding, lit, looked, answer, nearest, number };

const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * @param {HTMLElement} parent
 * @param {(place: number) => void} use gets the index of the child that is pressed
 */
function onPress(parent, use) {
  parent.onclick = ({ target }) => {
    const place = [...parent.children].findIndex((child) =>
      child.contains(/** @type {Node} */ (target)),
    );
    if (place >= 0) use(place);
  };
}

class Story {
  /** @param {ParentNode} root */
  constructor(root) {
    /** @type {(name: string, value: unknown) => void} */
    this.send = () => {};
    this.root = /** @type {HTMLElement} */ (root.querySelector(".story"));
    this.scene = new Scene(/** @type {HTMLCanvasElement} */ (this.$("canvas")), STEPS, (still) => {
      this.root.dataset.still = still ? "yes" : "no";
    });
    /** @type {any} from content.py */
    this.data = { steps: [], words: null };
    this.step = 0;
    this.waiting = 0; // steps forwards that were asked for before the data was here
    this.$(".back").onclick = () => this.go(this.step - 1);
    this.$(".next").onclick = () => this.go(this.step + 1);
    this.$(".close").onclick = () => this.send("close", true);
    this.$(".all").onclick = () => this.send("all", true);
    onPress(this.$("ol"), (step) => this.go(step));
    onPress(this.$(".tiles"), (place) => this.choose(place));
    // The page's own link keeps the visit, and with it the drawing.
    this.$(".learned").onclick = () =>
      /** @type {HTMLElement | null} */ (document.querySelector(".st-key-to_learned a"))?.click();
    const screen = this.$(".screen");
    let from = 0;
    screen.onpointerdown = (event) => (from = event.clientX);
    screen.onpointerup = (event) => this.tap(event, event.clientX - from, screen);
    this.fed = (/** @type {any} */ event) => this.update(event.detail);
    addEventListener("keydown", this.key);
    addEventListener("digits-story", this.fed);
    this.say(true);
    this.root.scrollIntoView({ block: "nearest" });
    this.root.focus({ preventScroll: true }); // the button that had the focus is gone
    const { digitsStory } = /** @type {any} */ (window);
    if (digitsStory) this.update(digitsStory);
  }

  /** @param {string} selector */
  $(selector) {
    return /** @type {HTMLElement} */ (this.root.querySelector(selector));
  }

  end() {
    removeEventListener("keydown", this.key);
    removeEventListener("digits-story", this.fed);
    this.scene.end();
    delete (/** @type {any} */ (window).digitsStory); // the next story is about another drawing
  }

  get last() {
    return this.data.steps.length - 1;
  }

  /** The direction of “Next”, which is at the end of the line: 1 to the right, -1 to the left. */
  get forwards() {
    return document.dir === "rtl" ? -1 : 1;
  }

  /** @param {KeyboardEvent} event */
  key = (event) => {
    if (hasModifier(event) || isTyping(event)) return;
    const { forwards } = this;
    /** @type {Record<string, number>} */
    const ways = { ArrowRight: forwards, PageDown: 1, ArrowLeft: -forwards, PageUp: -1 };
    if (!(event.key in ways)) return;
    this.go(this.step + ways[event.key]);
    event.preventDefault();
  };

  /**
   * Handles a tap or a swipe. A tap on a tile chooses its digit, elsewhere it leads on.
   * @param {PointerEvent} event
   * @param {number} moved px to the right
   * @param {HTMLElement} screen
   */
  tap(event, moved, screen) {
    const box = screen.getBoundingClientRect();
    const tile = this.scene.hit("tile", event.clientX - box.left, event.clientY - box.top);
    if (tile && Math.abs(moved) < SWIPE) return this.choose(Number(tile.slice("tile".length)));
    if (Math.abs(moved) > SWIPE && event.pointerType === "mouse") return;
    this.go(this.step + (moved * this.forwards > SWIPE ? -1 : 1));
  }

  /** Shows another digit of the number. @param {number} place */
  choose(place) {
    this.send("symbol", place);
    if (this.data.steps[this.step].name === "cut") this.go(this.step + 1);
    else if (this.data.steps[this.step].name === "number") this.go(1);
  }

  /** @param {number} step */
  go(step) {
    if (!this.data.words) this.waiting = Math.max(0, this.waiting + step - this.step);
    else if (step >= 0 && step <= this.last && step !== this.step) {
      this.step = step;
      this.say(true);
      this.scene.show(this.data.steps[step].name);
    }
  }

  /** @param {any} data as from content.py */
  update(data) {
    this.data = data;
    this.showTiles();
    this.scene.update(data);
    // A number has other steps than a digit. The shown step stays, also while the canvas is empty.
    if (data.steps.length) {
      const same = data.steps.findIndex((/** @type {any} */ step) => step.name === this.scene.step);
      this.step = same >= 0 ? same : Math.min(this.step, this.last);
      if (same < 0) this.scene.show(data.steps[this.step].name);
    }
    this.say(false);
    while (this.waiting > 0) {
      this.waiting -= 1;
      this.go(this.step + 1);
    }
  }

  // The digits of a number can be tapped in every step.
  showTiles() {
    const { number } = this.data;
    const tiles = (number?.tiles ?? []).map(
      (/** @type {any} */ { picture, name }, /** @type {number} */ place) =>
        `<button type="button" aria-label="${name}" aria-pressed="${place === number.chosen}">` +
        `<img src="${picture}" alt=""></button>`,
    );
    this.$(".tiles").hidden = !number;
    setHtml(this.$(".tiles"), tiles.join(""));
  }

  // Shows the words of this step. Screen readers read them out when the drawing rests.
  say(/** @type {boolean} */ settled) {
    const { words, steps, begin = "", rests = true } = this.data;
    const step = steps[this.step];
    // Keeps “4 times” on one line.
    const text = (step?.sentence ?? begin).replace(/(\d) /g, "$1\u00a0");
    const sentence = this.$(".sentence");
    if (sentence.textContent !== text) {
      sentence.textContent = text;
      if (settled && !reduced.matches) sentence.animate({ opacity: [0, 1] }, 400);
    }
    this.$(".note").innerHTML = step?.note ?? "";
    this.$("canvas").setAttribute("aria-label", step?.alt ?? begin);
    this.root.dataset.step = String(this.step + 1);
    const items = steps.map((/** @type {any} */ { title }, /** @type {number} */ place) => {
      const current = place === this.step ? 'aria-current="step"' : "";
      return `<li><button type="button" aria-label="${place + 1}. ${title}" ${current}></button></li>`;
    });
    setHtml(this.$("ol"), items.join(""));
    if (words) {
      this.root.setAttribute("aria-label", words.title);
      for (const name of ["back", "next", "all", "learned"]) {
        this.$(`.${name} span`).textContent = words[name];
        this.$(`.${name}`).setAttribute("aria-label", words[name]); // phones hide the span
      }
      this.$(".close").setAttribute("aria-label", words.close);
      this.$(".close").title = words.close;
    }
    const isLast = Boolean(step) && this.step === this.last;
    this.$(".back").toggleAttribute("disabled", this.step === 0);
    this.$(".next").toggleAttribute("disabled", !step);
    this.$(".next").hidden = isLast;
    this.$(".learned").hidden = !isLast;
    const spoken = this.$(".spoken");
    if (rests && spoken.textContent !== text) spoken.textContent = text;
  }
}

/** @param {any} component */
export default function ({ parentElement, setTriggerValue }) {
  const story = (parentElement.digitsStory ??= new Story(parentElement));
  story.send = setTriggerValue;
  return cleanup(story, () => {
    story.end();
    delete parentElement.digitsStory;
  });
}
