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

/**
 * A curve with its scales.
 * @param {Element} place
 * @param {[number, number][]} points fractions of width and height
 * @param {{ kind: string, at: number, text: string }[]} ticks a "column" is at a fraction of the
 *   width, a "row" and a "dashed" line at one of the height
 */
export function showCurve(place, points, ticks) {
  if (!place.childElementCount) {
    const scales = ticks.map(({ kind, at, text }) => {
      const side = kind === "column" ? "left" : "bottom";
      return `<span class="${kind}" style="${side}: ${100 * at}%">${text}</span>`;
    });
    place.innerHTML =
      '<svg viewBox="0 0 100 100" preserveAspectRatio="none"><polyline /></svg>' + scales.join("");
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
  place.innerHTML = rows
    .map(
      ({ text, right, latest }) =>
        `<dt>${text}</dt><dd class="${latest ? "latest" : ""}">` +
        `<i style="--share: ${right / most}"></i>${number(right)}</dd>`,
    )
    .join("");
}
