// The story: seven steps from the visitor's drawing to the answer, on one canvas.
//
// Every thing that is shown (the sheet, the 28×28 dots, a feature map, ...) is an actor with a name.
// A step consists of phases, each of which says where the actors are. An actor that is in two phases
// in a row moves from one place to the other; a new one comes out of the actor that it is made from.
// What the network made of the drawing arrives as an event, as often as the drawing changes
// (feed.js), and is painted from then on.

const MOVE = 700; // ms: an actor's way from one phase to the next
const PAPER = "#ffffff";
const NIGHT = "#0b1220"; // the screen, in the light theme too: what shines needs the dark
const PALE = "#f5f1e8";
const root = getComputedStyle(document.documentElement);
const [ACCENT, ACCENT_ON_PAPER] = ["dark", "light"].map((theme) =>
  root.getPropertyValue(`--accent-on-${theme}`).trim(),
);
const [FOR, AGAINST] = [
  [255, 160, 50],
  [90, 155, 255],
]; // as in inside.py
const SIDE = 28;
// The window slides slowly where it finds the first things, so that one can follow it.
const [SLOW_ROWS, SLOW, QUICK] = [3, 1300, 90]; // rows; ms for a slow row and for any other
const SWIPE = 50; // px
const LAST = 6;

const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));
const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);
const mix = (a, b, t) => a + (b - a) * t;
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const square = (x, y, side) => ({ x, y, w: side, h: side });

// ---------------------------------------------------------------- pictures

// Grey values as a small canvas, each value coloured by `colour(value)`.
function picture(values, width, height, colour) {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  values.forEach((value, place) => image.data.set(colour(value), 4 * place));
  pen.putImageData(image, 0, 0);
  return canvas;
}

const grey = (value) => [
  mix(11, 255, value / 255),
  mix(18, 255, value / 255),
  mix(32, 255, value / 255),
  255,
];
// Like glowing iron, as in inside.py.
const glow = (value) => {
  const t = value / 127.5;
  const ends =
    t < 1
      ? [
          [16, 22, 40],
          [255, 150, 50],
        ]
      : [
          [255, 150, 50],
          [255, 255, 235],
        ];
  return [0, 1, 2].map((c) => mix(ends[0][c], ends[1][c], t % 1 || (t && 1))).concat(255);
};
// What speaks for something in orange, against it in blue, as clear as it is strong.
const heat = (value) => [...(value > 0 ? FOR : AGAINST), Math.abs(value) * 2];

// ---------------------------------------------------------------- the story

class Story {
  constructor(root) {
    this.root = root.querySelector(".story");
    this.canvas = root.querySelector("canvas");
    this.pen = this.canvas.getContext("2d");
    this.step = 0;
    this.began = 0; // when the step began
    this.phase = -1;
    this.actors = new Map(); // name: {from, to, since, gone}
    this.data = null;
    this.close = () => {};
    const find = (name) => this.root.querySelector(name);
    [this.sentence, this.note, this.spoken] = [".sentence", ".note", ".spoken"].map(find);
    [this.back, this.next, this.closer] = [".back", ".next", ".close"].map(find);
    this.back.onclick = () => this.go(this.step - 1);
    this.next.onclick = () => this.go(this.step === LAST ? 0 : this.step + 1);
    this.closer.onclick = () => this.close();
    this.dots = Array.from({ length: LAST + 1 }, (_, step) => {
      const dot = document.createElement("button");
      dot.type = "button";
      dot.onclick = () => this.go(step);
      const item = document.createElement("li");
      item.append(dot);
      find("ol").append(item);
      return dot;
    });
    const screen = find(".screen");
    screen.onpointerdown = (event) => (this.down = event.clientX);
    screen.onpointerup = (event) => {
      const box = screen.getBoundingClientRect();
      const moved = event.clientX - (this.down ?? event.clientX);
      const back = Math.abs(moved) > SWIPE ? moved > 0 : event.clientX < box.left + box.width / 4;
      this.go(this.step + (back ? -1 : 1));
    };
    new ResizeObserver(() => this.resize()).observe(screen);
    this.keys = (event) => this.key(event);
    this.fed = (event) => this.update(event.detail);
    this.redraw = () => this.wake();
    addEventListener("keydown", this.keys);
    addEventListener("digits-story", this.fed);
    reduced.addEventListener("change", this.redraw);
    this.show(0);
    this.root.scrollIntoView({ block: "nearest" });
    this.root.focus({ preventScroll: true }); // the button that had it is gone
    if (window.digitsStory) this.update(window.digitsStory);
  }

  end() {
    removeEventListener("keydown", this.keys);
    removeEventListener("digits-story", this.fed);
    reduced.removeEventListener("change", this.redraw);
    cancelAnimationFrame(this.frame);
    this.ended = true;
    delete window.digitsStory; // what was drawn is no business of the next story's
    setTimeout(
      () => document.querySelector(".st-key-ask_story button")?.focus({ preventScroll: true }),
      100,
    );
  }

  key(event) {
    const target = event.composedPath()[0];
    if (
      event.ctrlKey ||
      event.altKey ||
      event.metaKey ||
      target.matches?.("input, textarea, select")
    )
      return;
    const right = document.dir === "rtl" ? -1 : 1; // “Next” is at the end of the line
    const steps = { ArrowRight: right, PageDown: 1, ArrowLeft: -right, PageUp: -1 };
    if (event.key === "Escape") this.close();
    else if (event.key in steps) this.go(this.step + steps[event.key]);
    else return;
    event.preventDefault();
  }

  go(step) {
    if (!this.data)
      this.waiting = step; // a key pressed before the drawing's data is here
    else if (step >= 0 && step <= LAST && step !== this.step && this.data.pixels) this.show(step);
  }

  show(step) {
    this.step = step;
    this.began = performance.now();
    this.phase = -1;
    this.still = false;
    this.root.dataset.still = "no";
    this.say(true);
    this.wake();
  }

  // The words of this step. A screen reader hears them when they are settled.
  say(settled) {
    const {
      words,
      sentences = [],
      alts = [],
      notes = [],
      begin = "",
      rests = true,
    } = this.data ?? {};
    const drawn = Boolean(this.data?.pixels);
    const text = (drawn ? sentences[this.step] : begin)?.replace(/(\d) /g, "$1\u00a0"); // “4 times” stay together
    if (this.sentence.textContent !== (text ?? "")) {
      this.sentence.textContent = text ?? "";
      if (settled && !reduced.matches) this.sentence.animate({ opacity: [0, 1] }, 400);
    }
    this.note.innerHTML = (drawn && notes[this.step]) || "";
    this.canvas.setAttribute("aria-label", (drawn && alts[this.step]) || begin);
    this.root.dataset.step = this.step + 1;
    this.back.disabled = this.step === 0;
    this.dots.forEach((dot, step) => dot.toggleAttribute("aria-current", step === this.step));
    if (words) {
      this.root.setAttribute("aria-label", words.title);
      this.back.lastElementChild.textContent = words.back;
      this.next.firstElementChild.textContent = this.step === LAST ? words.again : words.next;
      for (const button of [this.back, this.next])
        button.setAttribute("aria-label", button.textContent.trim()); // a phone has no room for it
      this.closer.setAttribute("aria-label", words.close);
      this.closer.title = words.close;
      this.dots.forEach((dot, step) => dot.setAttribute("aria-label", words.steps[step]));
    }
    for (const button of [this.next, ...this.dots]) button.disabled = !drawn;
    if (rests && this.spoken.textContent !== text) this.spoken.textContent = text ?? "";
  }

  // ------------------------------------------------------------ what the network made of it

  update(data) {
    this.data = data;
    if (!data.pixels) {
      this.sheet = this.inks = this.source = null;
      this.actors.clear();
    } else {
      this.values = bytes(data.pixels);
      const [width, height] = [SIDE, SIDE];
      this.dots28 = picture(this.values, width, height, grey);
      const found = bytes(data.map);
      this.map = picture(found, width, height, glow);
      this.first = Math.floor(found.findIndex((value) => value > 60) / SIDE);
      this.blocks = data.blocks.map(({ side, maps }) =>
        maps.map((map) => picture(bytes(map), side, side, glow)),
      );
      this.heats = data.evidence.maps.map((map) => {
        const values = new Int8Array(bytes(map).buffer);
        return { values, picture: picture(values, data.evidence.side, data.evidence.side, heat) };
      });
      this.near = data.neighbours.map(({ pixels }) => picture(bytes(pixels), width, height, grey));
      if (data.drawing !== this.source) this.load(data.drawing);
    }
    this.phase = -1; // the actors may be other ones
    this.say(false);
    this.wake();
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.go(waiting);
  }

  async load(source) {
    this.source = source;
    const image = new Image();
    image.src = source;
    try {
      await image.decode();
    } catch {
      return;
    }
    if (source !== this.source) return; // a newer one is there
    // The ink alone, dark as on the sheet and light as in the dots.
    const inks = [image, image].map(() => new OffscreenCanvas(image.width, image.height));
    const pens = inks.map((ink) => ink.getContext("2d", { willReadFrequently: true }));
    pens[0].drawImage(image, 0, 0);
    const pixels = pens[0].getImageData(0, 0, image.width, image.height);
    const { data } = pixels;
    for (let place = 0; place < data.length; place += 4)
      data[place + 3] = (255 - data[place]) * (data[place + 3] / 255); // as opaque as it is dark
    pens[0].putImageData(pixels, 0, 0);
    for (let place = 0; place < data.length; place += 4) data.fill(255, place, place + 3);
    pens[1].putImageData(pixels, 0, 0);
    [this.sheet, this.inks] = [image, inks];
    this.wake();
  }

  // ------------------------------------------------------------ the phases of each step

  // [when in ms, {name: place}]; a place is {x, y, w, h} and, if it is new, the actor it comes from.
  phases() {
    const { width: w, height: h } = this;
    const wide = w > h * 1.1;
    const gap = Math.round(Math.min(w, h) * 0.03);
    const side = Math.min(w, h) - 2 * gap;
    const middle = square((w - side) / 2, (h - side) / 2, side);
    return [
      () => [[0, { sheet: middle }]],
      () => {
        const [left, top, wide, high] = this.data.box.map((part) => part * side);
        const ink = { x: middle.x + left, y: middle.y + top, w: wide, h: high };
        const [x, y, dx, dy] = this.data.place.map((dots) => (dots * side) / SIDE);
        const there = { x: middle.x + x, y: middle.y + y, w: dx, h: dy };
        const zoom = this.zoom(w, h);
        return [
          [0, { sheet: middle, ink: { ...ink, from: "sheet" } }],
          [1100, { dots: { ...middle, from: "-" }, ink: there }],
          [2600, { dots: middle }],
          [3800, { dots: zoom.place, inset: { ...zoom.inset, from: "dots" } }],
        ];
      },
      () => {
        // In a row, in a column, or the window below the two pictures: whatever shows them largest.
        const row = Math.min(h - 2 * gap, (w - 6 * gap) / 2.5);
        const column = Math.min((h - 3 * gap) / 2, w * 0.66);
        const pair = Math.min((w - 3 * gap) / 2, (h - 3 * gap) * 0.66);
        const each = Math.max(row, column, pair);
        const window = Math.min(each / 2, each === pair ? h - each - 3 * gap : w - each - 3 * gap);
        const top = (h - each - gap - window) / 2; // of the pair
        const [a, b, k] =
          each === pair
            ? [
                square((w - gap) / 2 - each, top, each),
                square((w + gap) / 2, top, each),
                square((w - window) / 2, top + each + gap, window),
              ]
            : each === row
              ? [
                  square((w - 2.5 * each) / 2 - gap, (h - each) / 2, each),
                  square((w + 0.5 * each) / 2 + gap, (h - each) / 2, each),
                  square((w - each / 2 + gap) / 2, (h - each / 2 + gap) / 2, each / 2 - gap),
                ]
              : [
                  square(gap, gap, each),
                  square(gap, 2 * gap + each, each),
                  square(w - gap - window, (h - window) / 2, window),
                ];
        return [[0, { dots: a, map: { ...b, from: "dots" }, kernel: { ...k, from: "dots" } }]];
      },
      () => this.columns(w, h, gap, wide),
      () => {
        const count = this.heats.length;
        const label = clamp(h * 0.16, 40, 150);
        const low = clamp(h * 0.1, 28, 100); // a label beside others
        const places = [];
        const row = Math.min((w - (count + 1) * gap) / count, h - label - gap);
        const stack = (h - (count - 1) * (low + gap) - gap) / (count - 1);
        const first = Math.min(h - low - 2 * gap, w - stack - 3 * gap);
        // The answer's large, the others one above the other beside it, unless those get too small.
        if (wide && first > row && stack > 0.85 * row) {
          const left = (w - first - gap - stack) / 2;
          places.push({ ...square(left, (h - first - low) / 2, first), label: low });
          for (let n = 1; n < count; n++)
            places.push({
              ...square(left + first + gap, gap + (n - 1) * (stack + low + gap), stack),
              label: low,
            });
        } else if (wide) {
          const left = (w - count * row - (count - 1) * gap) / 2;
          for (let n = 0; n < count; n++)
            places.push(square(left + n * (row + gap), (h - label - row) / 2, row));
        } else {
          const small = Math.min((w - 3 * gap) / 2, (h - 2 * label - 3 * gap) * 0.4);
          const large = Math.min(w - 2 * gap, h - small - 2 * label - 3 * gap);
          places.push(square((w - large) / 2, gap, large));
          for (let n = 1; n < count; n++)
            places.push(
              square(w / 2 + (n - 2) * (small + gap) + gap / 2, large + label + 2 * gap, small),
            );
        }
        const from = `b${this.blocks.length - 1}m0`;
        return [
          [
            0,
            Object.fromEntries(places.map((place, n) => [`heat${n}`, { label, ...place, from }])),
          ],
        ];
      },
      () => {
        const each = (Math.min(w, h) - 4 * gap) / 3;
        const [left, top] = [(w - 3 * each - 2 * gap) / 2, (h - 3 * each - 2 * gap) / 2];
        const cell = (n) =>
          square(left + (n % 3) * (each + gap), top + Math.floor(n / 3) * (each + gap), each);
        const ring = [1, 5, 7, 3, 2, 8, 6, 0]; // the nearest ones beside it, the others in the corners
        const own = { dots: { ...cell(4), from: "heat0" } };
        const all = this.near.map((_, n) => [`near${n}`, { ...cell(ring[n]), from: "dots" }]);
        return [
          [0, own],
          [900, { ...own, ...Object.fromEntries(all) }],
        ];
      },
      () => {
        const answer = wide
          ? { x: gap, y: gap, w: w * 0.36, h: h - 2 * gap }
          : { x: gap, y: gap, w: w - 2 * gap, h: h * 0.42 };
        const all = wide
          ? { x: w * 0.38, y: gap, w: w * 0.62 - gap, h: h - 2 * gap }
          : { x: gap, y: h * 0.45, w: w - 2 * gap, h: h * 0.55 - gap };
        const bars = { ...all, from: "-" };
        return [
          [0, { bars }],
          [1400, { bars, answer: { ...answer, from: "-" } }],
        ];
      },
    ][this.step]();
  }

  // What lit up: a column (on an upright screen a row) for each block, one after the other.
  columns(w, h, gap, wide) {
    const count = this.blocks.length;
    const [long, short] = wide ? [w, h] : [h, w];
    const pitch = (long - gap) / count;
    const rows = Math.max(
      1,
      Math.min(this.blocks[0].length, Math.ceil((short - gap) / pitch - 0.4)),
    );
    const each = Math.min(pitch, (short - gap) / rows) - gap;
    const start = (long - count * (each + gap) + gap) / 2;
    const first = (short - rows * (each + gap) + gap) / 2;
    const phases = [];
    let all = {};
    for (let block = 0; block < count; block++) {
      for (let row = 0; row < rows; row++) {
        const [x, y] = [start + block * (each + gap), first + row * (each + gap)];
        const from = block ? `b${block - 1}m${row}` : "map";
        all = {
          ...all,
          [`b${block}m${row}`]: { ...(wide ? square(x, y, each) : square(y, x, each)), from },
        };
      }
      phases.push([block * 1000, all]);
    }
    return phases;
  }

  // So near that the numbers can be read, where the ink has most shades.
  zoom(w, h) {
    const cell = clamp(Math.min(w, h) / 8, 40, 110);
    const [columns, rows] = [w / cell, h / cell];
    let best = -1;
    let [left, top] = [0, 0];
    const [spanX, spanY] = [Math.min(SIDE, Math.floor(columns)), Math.min(SIDE, Math.floor(rows))];
    for (let y = 0; y + spanY <= SIDE; y++)
      for (let x = 0; x + spanX <= SIDE; x++) {
        let shades = 0;
        for (let dy = 0; dy < spanY; dy++)
          for (let dx = 0; dx < spanX; dx++) {
            const value = this.values[(y + dy) * SIDE + x + dx];
            shades += value * (255 - value) + value;
          }
        if (shades > best) [best, left, top] = [shades, x, y];
      }
    const x = columns > SIDE ? (w - SIDE * cell) / 2 : -left * cell;
    const y = rows > SIDE ? (h - SIDE * cell) / 2 : -top * cell;
    const inset = Math.min(w, h) * 0.3;
    const seen = [clamp(-x / cell, 0, SIDE), clamp(-y / cell, 0, SIDE), columns, rows];
    // In the corner where there is least ink.
    const corners = [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ].map(([right, low]) => {
      let ink = 0;
      for (let dy = 0; dy < inset / cell; dy++)
        for (let dx = 0; dx < inset / cell; dx++) {
          const column = Math.floor(seen[0] + (right ? columns - 1 - dx : dx));
          const row = Math.floor(seen[1] + (low ? rows - 1 - dy : dy));
          ink += this.values[row * SIDE + column] ?? 0;
        }
      return { ink, right, low };
    });
    const corner = corners.reduce((a, b) => (b.ink < a.ink ? b : a));
    const margin = Math.min(w, h) * 0.03;
    return {
      place: square(x, y, SIDE * cell),
      inset: {
        ...square(
          corner.right ? w - inset - margin : margin,
          corner.low ? h - inset - margin : margin,
          inset,
        ),
        seen,
      },
    };
  }

  // ------------------------------------------------------------ moving

  wake() {
    if (!this.frame && !this.ended) this.frame = requestAnimationFrame((now) => this.paint(now));
  }

  resize() {
    const { clientWidth: w, clientHeight: h } = this.canvas.parentElement;
    const scale = devicePixelRatio || 1;
    const [wide, high] = [Math.round(w * scale), Math.round(h * scale)];
    if (this.ended || (this.canvas.width === wide && this.canvas.height === high)) return;
    [this.width, this.height] = [w, h];
    [this.canvas.width, this.canvas.height] = [wide, high]; // which empties it
    this.phase = -1;
    this.jump = this.still; // what moves, as after a step with a longer sentence, moves on
    cancelAnimationFrame(this.frame);
    this.paint(performance.now());
  }

  // Sends the actors to where the phase wants them; says when the next phase comes.
  direct(now) {
    const phases = this.phases();
    const age = reduced.matches ? Infinity : now - this.began;
    const phase = phases.findLastIndex(([at]) => at <= age);
    if (this.phase !== phase) {
      const cut = reduced.matches || this.jump;
      this.jump = false;
      const wanted = phases[phase][1];
      const places = new Map([...this.actors].map(([name, actor]) => [name, this.at(actor, now)]));
      for (const [name, place] of Object.entries(wanted)) {
        const actor = this.actors.get(name);
        const to = { a: 1, ...place };
        if (
          actor &&
          !actor.gone &&
          ["x", "y", "w", "h"].every((key) => actor.to[key] === to[key])
        ) {
          actor.to = to;
          continue;
        }
        const from = places.get(name) ?? { ...(places.get(place.from) ?? place), a: 0 };
        this.actors.delete(name); // so that it is painted above those that were there
        this.actors.set(name, { from: cut ? to : from, to, since: now });
      }
      for (const [name, actor] of this.actors)
        if (!(name in wanted) && !actor.gone) {
          const here = places.get(name);
          this.actors.set(name, { from: here, to: { ...here, a: 0 }, since: now, gone: true });
          if (cut) this.actors.delete(name);
        }
      this.phase = phase;
    }
    for (const [name, actor] of this.actors)
      if (actor.gone && now - actor.since > MOVE) this.actors.delete(name);
    return phase + 1 < phases.length ? this.began + phases[phase + 1][0] : 0;
  }

  at(actor, now) {
    const t = reduced.matches ? 1 : ease(clamp((now - actor.since) / MOVE));
    const place = { ...actor.to };
    for (const key of ["x", "y", "w", "h", "a"])
      place[key] = mix(actor.from[key], actor.to[key], t);
    return place;
  }

  paint(now) {
    this.frame = 0;
    const { pen, width, height } = this;
    if (!width || !height) return;
    const scale = this.canvas.width / width;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = NIGHT;
    pen.fillRect(0, 0, width, height);
    if (!this.data?.pixels) return this.blank();
    const next = this.direct(now);
    this.still = this.phase >= 0; // a frame may be from before the step; until an actor says otherwise
    const order = { sheet: 0, dots: 1 };
    const actors = [...this.actors].sort(([a], [b]) => (order[a] ?? 2) - (order[b] ?? 2));
    for (const [name, actor] of actors) {
      if (now - actor.since < MOVE && !reduced.matches) this.still = false;
      const place = this.at(actor, now);
      const [, kind, numbers] = name.match(/^([a-z]+)(.*)$/);
      pen.save();
      pen.globalAlpha = place.a;
      this[`paint_${kind}`](place, numbers.split("m").map(Number), now);
      pen.restore();
    }
    this.root.dataset.still = this.still && !next ? "yes" : "no";
    if (!this.still) this.wake();
    else if (next) setTimeout(() => this.wake(), Math.max(0, next - performance.now()));
  }

  age(now) {
    return reduced.matches ? Infinity : now - this.began;
  }

  // ------------------------------------------------------------ painting the actors

  blank() {
    const { pen, width: w, height: h } = this;
    const side = Math.min(w, h) * 0.7;
    pen.strokeStyle = PALE;
    pen.globalAlpha = 0.4;
    pen.lineWidth = 3;
    pen.setLineDash([12, 10]);
    pen.strokeRect((w - side) / 2, (h - side) / 2, side, side);
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    this.root.dataset.still = "yes";
  }

  image(source, { x, y, w, h }, smooth = false) {
    this.pen.imageSmoothingEnabled = smooth;
    this.pen.imageSmoothingQuality = "high";
    this.pen.drawImage(source, x, y, w, h);
  }

  text(text, x, y, size, { colour = PALE, weight = 600, align = "center", most = Infinity } = {}) {
    this.pen.font = `${weight} ${size}px "Source Sans", system-ui, sans-serif`;
    const wide = this.pen.measureText(text).width;
    if (wide > most) this.pen.font = this.pen.font.replace(/[\d.]+px/, `${(size * most) / wide}px`);
    this.pen.fillStyle = colour;
    this.pen.textAlign = align;
    this.pen.textBaseline = "middle";
    this.pen.fillText(text, x, y);
  }

  outline(place, colour, width = 3) {
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = width;
    this.pen.strokeRect(place.x, place.y, place.w, place.h);
  }

  paint_sheet(place) {
    this.pen.fillStyle = PAPER;
    this.pen.beginPath();
    this.pen.roundRect(place.x, place.y, place.w, place.h, place.w * 0.03);
    this.pen.fill();
    if (this.sheet) this.image(this.sheet, place, true);
  }

  // Cut out, on its way into the dots. On the sheet a frame shows what is cut out.
  paint_ink(place) {
    if (!this.inks) return;
    const { pen } = this;
    const [left, top, wide, high] = this.data.box;
    const { width, height } = this.sheet;
    const part = [left * width, top * height, wide * width, high * height];
    const { from, to } = this.actors.get("ink");
    const way =
      this.phase > 0 && from.w !== to.w ? clamp((place.w - from.w) / (to.w - from.w)) : this.phase;
    pen.imageSmoothingEnabled = true;
    for (const [ink, share] of [
      [this.inks[0], 1 - way],
      [this.inks[1], way],
    ]) {
      pen.globalAlpha = place.a * clamp(share);
      pen.drawImage(ink, ...part, place.x, place.y, place.w, place.h);
    }
    pen.globalAlpha = place.a;
    pen.setLineDash([10, 8]);
    this.outline(place, this.phase > 0 ? ACCENT : ACCENT_ON_PAPER, 4);
    pen.setLineDash([]);
  }

  paint_dots(place, _, now) {
    const { pen } = this;
    this.image(this.dots28, place);
    const cell = place.w / SIDE;
    const lines = clamp((cell - 8) / 12) * 0.25;
    if (lines > 0) {
      pen.globalAlpha = place.a * lines;
      pen.strokeStyle = PALE;
      pen.lineWidth = 1;
      pen.beginPath();
      for (let n = 0; n <= SIDE; n++) {
        pen.moveTo(place.x + n * cell, place.y);
        pen.lineTo(place.x + n * cell, place.y + place.h);
        pen.moveTo(place.x, place.y + n * cell);
        pen.lineTo(place.x + place.w, place.y + n * cell);
      }
      pen.stroke();
    }
    const numbers = clamp((cell - 30) / 15);
    if (numbers > 0) {
      pen.globalAlpha = place.a * numbers;
      for (let row = 0; row < SIDE; row++)
        for (let column = 0; column < SIDE; column++) {
          const [x, y] = [place.x + (column + 0.5) * cell, place.y + (row + 0.5) * cell];
          if (x < -cell || y < -cell || x > this.width + cell || y > this.height + cell) continue;
          const value = this.values[row * SIDE + column];
          this.text(value, x, y, cell * 0.36, {
            colour: value > 120 ? "#0b1220" : value ? PALE : "#7c8798",
          });
        }
    }
    pen.globalAlpha = place.a;
    if (this.step === 2) this.window(place, now);
    else if (this.step === 5) this.outline(place, ACCENT, Math.max(4, place.w * 0.02));
  }

  // Which piece of the zoomed picture is seen.
  paint_inset(place) {
    const [x, y, wide, high] = place.seen.map((dots) => (dots * place.w) / SIDE);
    this.image(this.dots28, place);
    this.outline(place, PALE, 3);
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(place.x, place.y, place.w, place.h);
    this.pen.clip();
    this.outline(
      {
        x: place.x + x,
        y: place.y + y,
        w: Math.min(wide, place.w - x),
        h: Math.min(high, place.h - y),
      },
      ACCENT,
      4,
    );
    this.pen.restore();
  }

  // How many of the 28×28 places the window has been at.
  been(now) {
    let age = this.age(now) - MOVE;
    for (let row = 0; row < SIDE; row++) {
      const takes = row >= this.first && row < this.first + SLOW_ROWS ? SLOW : QUICK;
      if (age < takes) return Math.floor(clamp(row + age / takes, 0, SIDE) * SIDE);
      age -= takes;
    }
    return SIDE * SIDE;
  }

  window(place, now) {
    const kernel = this.data.kernel;
    if (!kernel) return;
    const been = this.been(now);
    if (been >= SIDE * SIDE) return;
    this.still = false;
    const size = kernel.length;
    const cell = place.w / SIDE;
    const [column, row] = [been % SIDE, Math.floor(been / SIDE)];
    const half = Math.floor(size / 2);
    const at = square(place.x + (column - half) * cell, place.y + (row - half) * cell, size * cell);
    this.pen.fillStyle = ACCENT;
    this.pen.globalAlpha *= 0.2;
    this.pen.fillRect(at.x, at.y, at.w, at.h);
    this.pen.globalAlpha = place.a;
    this.outline(at, ACCENT, Math.max(3, cell * 0.2));
  }

  // The window's weights: what it looks for.
  paint_kernel(place) {
    const kernel = this.data.kernel;
    if (!kernel) return;
    const size = kernel.length;
    const most = Math.max(...kernel.flat().map(Math.abs));
    const cell = place.w / size;
    kernel.forEach((weights, row) =>
      weights.forEach((weight, column) => {
        const [r, g, b] = weight > 0 ? FOR : AGAINST;
        const [x, y] = [place.x + column * cell, place.y + row * cell];
        this.pen.fillStyle = `rgb(${r} ${g} ${b} / ${Math.abs(weight) / most})`;
        this.pen.fillRect(x, y, cell + 0.5, cell + 0.5);
        const arm = (cell * 0.4 * Math.abs(weight)) / most;
        this.sign(x + cell / 2, y + cell / 2, arm, weight > 0);
      }),
    );
    this.outline(place, ACCENT, Math.max(3, place.w * 0.02));
  }

  // + or −, for whoever can't tell the colours apart.
  sign(x, y, arm, plus) {
    if (arm < 1.5) return;
    const thick = Math.max(1.5, arm * 0.3);
    for (const [colour, rim] of [
      [NIGHT, Math.max(1, thick * 0.35)],
      ["#fff", 0],
    ]) {
      this.pen.fillStyle = colour;
      this.pen.fillRect(x - arm - rim, y - thick / 2 - rim, 2 * (arm + rim), thick + 2 * rim);
      if (plus)
        this.pen.fillRect(x - thick / 2 - rim, y - arm - rim, thick + 2 * rim, 2 * (arm + rim));
    }
  }

  paint_map(place, _, now) {
    const { pen } = this;
    const been = this.step < 2 ? 0 : this.step > 2 ? SIDE * SIDE : this.been(now);
    if (been < SIDE * SIDE) this.still = false;
    const cell = place.w / SIDE;
    const [column, row] = [been % SIDE, Math.floor(been / SIDE)];
    pen.fillStyle = "#101628";
    pen.fillRect(place.x, place.y, place.w, place.h);
    pen.save();
    pen.beginPath();
    pen.rect(place.x, place.y, place.w, row * cell);
    pen.rect(place.x, place.y + row * cell, column * cell, cell);
    pen.clip();
    this.image(this.map, place);
    pen.restore();
    if (been < SIDE * SIDE) {
      const at = square(place.x + column * cell, place.y + row * cell, cell);
      this.outline(at, ACCENT, Math.max(3, cell * 0.2));
    }
    this.outline(place, "#f5f1e855", 2);
  }

  paint_b(place, [block, map]) {
    const source = this.blocks[block]?.[map];
    if (!source) return;
    this.image(source, place);
    this.outline(place, "#f5f1e833", 1);
  }

  paint_heat(place, [n]) {
    const { side, names } = this.data.evidence;
    const one = this.heats[n];
    if (!one) return;
    const { pen } = this;
    pen.fillStyle = NIGHT;
    pen.fillRect(place.x, place.y, place.w, place.h);
    pen.save();
    pen.beginPath();
    pen.rect(place.x, place.y, place.w, place.h);
    pen.clip();
    this.image(one.picture, place, true);
    pen.restore();
    pen.globalAlpha = place.a * 0.9;
    pen.globalCompositeOperation = "lighten";
    this.image(this.dots28, place);
    pen.globalCompositeOperation = "source-over";
    const cell = place.w / side;
    one.values.forEach((value, at) => {
      const strength = Math.abs(value) / 127;
      if (strength < 0.15) return;
      const [x, y] = [
        place.x + ((at % side) + 0.5) * cell,
        place.y + (Math.floor(at / side) + 0.5) * cell,
      ];
      this.sign(x, y, cell * (0.06 + 0.22 * strength), value > 0);
    });
    this.outline(place, n ? "#f5f1e855" : ACCENT, n ? 2 : 5);
    const label = place.label ?? 40;
    const [x, y] = [place.x + place.w / 2, place.y + place.h + label * 0.55];
    this.text(`${names[n]}`, x, y, label * 0.62, {
      colour: n ? PALE : ACCENT,
      weight: 700,
      most: place.w,
    });
  }

  paint_near(place, [n]) {
    const one = this.near[n];
    if (!one) return;
    this.image(one, place);
    const size = place.w * 0.26;
    const [x, y] = [place.x + place.w - size * 0.62, place.y + place.h - size * 0.62];
    this.pen.fillStyle = ACCENT;
    this.pen.beginPath();
    this.pen.arc(x, y, size * 0.5, 0, 7);
    this.pen.fill();
    this.text(this.data.neighbours[n].label, x, y + size * 0.04, size * 0.72, {
      colour: "#1b1203",
      weight: 700,
    });
  }

  paint_bars(place, _, now) {
    const { shares, percents, names, best } = this.data.bars;
    const { pen } = this;
    const last = shares.length - 1; // “no digit”: a longer name needs more room
    const label = clamp(place.h * 0.13, 24, 110);
    const room = place.h - 2 * label;
    const pitch = place.w / (shares.length + 0.8);
    const base = place.y + place.h - label;
    const grown = ease(clamp(this.age(now) / 1200));
    if (grown < 1) this.still = false;
    shares.forEach((share, n) => {
      const middle = place.x + pitch * (n < last ? n + 0.5 : n + 0.9);
      const [wide, high] = [pitch * 0.76, Math.max(2, room * share * grown)];
      const colour = n === best ? ACCENT : PALE;
      const weight = n === best ? 700 : 500;
      pen.fillStyle = colour;
      pen.globalAlpha = place.a * (n === best ? 1 : 0.55);
      pen.beginPath();
      pen.roundRect(middle - wide / 2, base - high, wide, high, [pitch * 0.1, pitch * 0.1, 0, 0]);
      pen.fill();
      pen.globalAlpha = place.a;
      const words = n < last ? [names[n]] : names[n].split(" ");
      const size = words.length > 1 ? Math.max(11, label * 0.36) : label * 0.62;
      words.forEach((word, line) =>
        this.text(
          word,
          middle,
          base + label * 0.5 + (line - (words.length - 1) / 2) * size * 1.05,
          size,
          {
            colour,
            weight,
            most: pitch * (n < last ? 0.95 : 1.75),
          },
        ),
      );
      pen.globalAlpha = place.a * grown;
      if (percents[n])
        this.text(percents[n], middle, base - high - label * 0.3, Math.max(11, label * 0.4), {
          colour,
          most: pitch * 1.5,
        });
    });
    pen.globalAlpha = place.a;
  }

  paint_answer(place) {
    const { answer } = this.data;
    const size = Math.min(place.w * 1.1, place.h * 0.95);
    const grown = 0.6 + 0.4 * place.a;
    this.text(answer, place.x + place.w / 2, place.y + place.h * 0.53, size * grown, {
      colour: ACCENT,
      weight: 700,
    });
  }
}

export default function ({ parentElement, setTriggerValue }) {
  const story = (parentElement.digitsStory ??= new Story(parentElement));
  story.close = () => setTriggerValue("close", true);
  return () => {
    story.end();
    delete parentElement.digitsStory;
  };
}
