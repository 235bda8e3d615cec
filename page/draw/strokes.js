// @ts-check
// Geometry of strokes. Points are fractions of the canvas's width and height.

/** @typedef {{ x: number, y: number }} Point */
/** @typedef {Point[]} Stroke never empty, never changed once it is finished */
/** @typedef {{ width: number, height: number, pen: number }} Size of the canvas, in its pixels */

const MIN_STEP = 5; // canvas pixels between two points that are sent
const ERASER = 10; // canvas pixels around the tip of the eraser

/**
 * The share of the canvas's width, around its middle, that shows all strokes.
 * @param {Stroke[]} strokes
 * @param {Size} size
 */
export function neededWidth(strokes, { width, pen }) {
  let farthest = 0; // from the middle to a point
  for (const stroke of strokes)
    for (const { x } of stroke) farthest = Math.max(farthest, Math.abs(x - 0.5));
  return 2 * farthest + pen / width;
}

/**
 * A stroke as it is sent: rounded to pixels, without redundant points.
 * @param {Stroke} stroke
 * @param {Size} size
 * @returns {number[]} x, y, x, y, … in canvas pixels
 */
export function pack(stroke, { width, height }) {
  /** @type {number[]} */
  const packed = [];
  let [lastX, lastY] = [-Infinity, -Infinity];
  stroke.forEach(({ x, y }, index) => {
    const [px, py] = [Math.round(x * width), Math.round(y * height)];
    const isEnd = index === stroke.length - 1;
    const distance = Math.hypot(px - lastX, py - lastY);
    if (distance === 0 || (distance < MIN_STEP && !isEnd)) return;
    packed.push(px, py);
    [lastX, lastY] = [px, py];
  });
  return packed;
}

/**
 * The strokes that an eraser does not touch on its way from one point to another.
 * @param {Stroke[]} strokes
 * @param {Point} from
 * @param {Point} to
 * @param {Size} size
 */
export function erase(strokes, from, to, { width, height, pen }) {
  const scale = (/** @type {Point} */ { x, y }) => ({ x: x * width, y: y * height });
  const [a, b] = [scale(from), scale(to)];
  const steps = Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / ERASER));
  const path = Array.from({ length: steps + 1 }, (_, step) => ({
    x: a.x + ((b.x - a.x) * step) / steps,
    y: a.y + ((b.y - a.y) * step) / steps,
  }));
  const reach = pen / 2 + ERASER;
  return strokes.filter((stroke) => {
    const points = stroke.map(scale);
    return !points.some((end, index) => {
      const start = points[Math.max(0, index - 1)];
      return path.some((point) => distanceToSegment(point, start, end) <= reach);
    });
  });
}

/**
 * @param {Point} point
 * @param {Point} a
 * @param {Point} b
 */
function distanceToSegment(point, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length2 = dx * dx + dy * dy;
  const along = length2 && ((point.x - a.x) * dx + (point.y - a.y) * dy) / length2;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - a.x - t * dx, point.y - a.y - t * dy);
}
