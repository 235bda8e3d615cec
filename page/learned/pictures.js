// @ts-check
// What “Watch me learn” shows: images, bars, the wall, the curve, and numbers in sentences.

/**
 * A sentence with its {placeholders} replaced.
 * @param {string} sentence
 * @param {Record<string, unknown>} values
 */
export const fill = (sentence, values) =>
  sentence.replace(/{(\w+)}/g, (_, name) => String(values[name]));

/** How numbers and probabilities are written in a language. @param {string} language */
export function formats(language) {
  const numbers = new Intl.NumberFormat(language, { useGrouping: "always" });
  const percents = new Intl.NumberFormat(language, { style: "percent" });
  return {
    number: (/** @type {number} */ value) => numbers.format(value),
    /** No network is certain: never 100%. @param {number} share */
    percent: (share) => (share < 0.995 ? percents.format(share) : `>${percents.format(0.99)}`),
  };
}

/** @param {Element} canvas @param {Uint8Array} image 784 grey levels */
export function paint(canvas, image) {
  const dots = new ImageData(28, 28);
  image.forEach((value, place) => dots.data.set([value, value, value, 255], 4 * place));
  /** @type {HTMLCanvasElement} */ (canvas).getContext("2d")?.putImageData(dots, 0, 0);
}

/** An image as a data URL. @param {Uint8Array} image */
export function urlOf(image) {
  const canvas = newCanvas();
  paint(canvas, image);
  return canvas.toDataURL();
}

const newCanvas = () => Object.assign(document.createElement("canvas"), { width: 28, height: 28 });

/**
 * Ten bars, the longest one marked.
 * @param {Element} place
 * @param {Float32Array | null} probabilities null: no bars yet
 * @param {(share: number) => string} percent
 */
export function showColumns(place, probabilities, percent) {
  if (!place.childElementCount)
    place.innerHTML = Array.from({ length: 10 }, (_, digit) => `<i></i><b>${digit}</b>`)
      .map((column) => `<span>${column}</span>`)
      .join("");
  const shares = Array.from(probabilities ?? new Float32Array(10));
  const largest = Math.max(...shares);
  for (const [digit, column] of [...place.children].entries()) {
    column.classList.toggle("best", largest > 0 && shares[digit] === largest);
    /** @type {HTMLElement} */ (column.firstChild).style.blockSize = `${100 * shares[digit]}%`;
  }
  const spoken = shares.map((share, digit) => `${digit}: ${percent(share)}`).join(", ");
  place.setAttribute("aria-label", spoken);
}

/** The latest images with the guesses below them; a new one replaces the oldest. */
export class Wall {
  #next = 0;

  /** @param {Element} place @param {number} size images at most */
  constructor(place, size) {
    this.place = place;
    this.size = size;
  }

  clear() {
    this.#next = 0;
    this.place.replaceChildren();
  }

  /** @param {Uint8Array} image @param {string} caption @param {boolean} wrong */
  add(image, caption, wrong) {
    const figure =
      this.place.children[this.#next] ?? this.place.appendChild(document.createElement("figure"));
    if (!figure.childElementCount) figure.append(newCanvas(), document.createElement("figcaption"));
    this.#next = (this.#next + 1) % this.size;
    figure.className = wrong ? "wrong" : "";
    paint(figure.children[0], image);
    figure.children[1].textContent = caption;
  }
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A curve with its scales.
 * @param {Element} place
 * @param {[number, number][]} points fractions of width and height
 * @param {{ text: string, left?: number, bottom?: number, dashed?: boolean }[]} ticks
 */
export function showCurve(place, points, ticks) {
  if (!place.childElementCount) {
    const line = document.createElementNS(SVG, "svg");
    line.setAttribute("viewBox", "0 0 100 100");
    line.setAttribute("preserveAspectRatio", "none");
    line.append(document.createElementNS(SVG, "polyline"));
    place.append(line);
    for (const { text, left, bottom, dashed } of ticks) {
      const tick = document.createElement("span");
      tick.className = dashed ? "dashed" : left === undefined ? "row" : "column";
      tick.textContent = text;
      if (left !== undefined) tick.style.left = `${100 * left}%`;
      if (bottom !== undefined) tick.style.bottom = `${100 * bottom}%`;
      place.append(tick);
    }
  }
  const corners = points.map(([x, y]) => `${100 * x},${100 - 100 * y}`).join(" ");
  place.querySelector("polyline")?.setAttribute("points", corners);
}

/**
 * How many were right: a bar for each row.
 * @param {Element} place
 * @param {{ text: string, right: number, latest: boolean }[]} rows
 * @param {number} most
 * @param {(right: number) => string} number
 */
export function showResults(place, rows, most, number) {
  const elements = rows.flatMap(({ text, right, latest }) => {
    const [name, value, bar] = ["dt", "dd", "i"].map((tag) => document.createElement(tag));
    name.textContent = text;
    bar.style.setProperty("--share", String(right / most));
    value.className = latest ? "latest" : "";
    value.append(bar, number(right));
    return [name, value];
  });
  place.replaceChildren(...elements);
}
