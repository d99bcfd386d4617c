// Order windows (or anything numbered) by a score, best first: radix sort, because ten million comparisons through a callback take as long as all the rest.
//
// A score becomes a whole number of 32 bits by its place between the lowest and the highest; windows of one number, a few in a
// thousand, are sorted by themselves. Digits of 11 bits: their 2,048 places to write to stay in the cache.

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
/** 11, 11 and 10 bits, lowest first. */
const SHIFTS = [0, DIGIT_BITS, 2 * DIGIT_BITS];
const LARGEST_KEY = 2 ** 32 - 1;
/** So many are sorted by insertion. */
const FEW = 24;

type Compare = (a: number, b: number) => number;

/**
 * @param scores one a window, none NaN
 * @param windows that are to be ordered; unchanged
 * @param compare breaks ties between windows, as a comparison function does
 * @returns the windows by descending score
 */
export function rankDescending(scores: Float64Array, windows: Uint32Array, compare: Compare): Uint32Array {
  const order = windows.slice();
  sort(order, scores, compare);
  return order;
}

/** In place. */
function sort(order: Uint32Array, scores: Float64Array, compare: Compare): void {
  if (order.length <= FEW) return insert(order, scores, compare);
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < order.length; i++) {
    const score = scores[order[i]!]!;
    if (score < low) low = score;
    if (score > high) high = score;
  }
  if (low === high) return void order.sort(compare);
  // Halves: the distance of two finite numbers may be infinite.
  const scale = LARGEST_KEY / (high / 2 - low / 2);
  if (!(scale > 0 && scale < Infinity))
    return void order.sort((a, b) => (scores[a] === scores[b] ? compare(a, b) : scores[b]! > scores[a]! ? 1 : -1));
  const keys = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    keys[i] = Math.min(LARGEST_KEY, (high / 2 - scores[order[i]!]! / 2) * scale);
  }
  const sorted = sortByKeys(keys, order);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && sorted[end] === sorted[start]) end++;
    // Not all have one key: the lowest and the highest score are far apart.
    if (end - start > 1) sort(order.subarray(start, end), scores, compare);
    start = end;
  }
}

/** Order `order` (in place) by ascending key; returns the keys in that order. */
function sortByKeys(keys: Uint32Array, order: Uint32Array): Uint32Array {
  let [fromKeys, from] = [keys, order];
  let toKeys: Uint32Array = new Uint32Array(keys.length);
  let to: Uint32Array = new Uint32Array(keys.length);
  for (const shift of SHIFTS) {
    spread(fromKeys, from, toKeys, to, shift);
    [fromKeys, from, toKeys, to] = [toKeys, to, fromKeys, from];
  }
  order.set(from);
  return fromKeys;
}

function spread(fromKeys: Uint32Array, from: Uint32Array, toKeys: Uint32Array, to: Uint32Array, shift: number): void {
  const starts = new Uint32Array(DIGITS);
  for (let i = 0; i < fromKeys.length; i++) starts[(fromKeys[i]! >>> shift) & (DIGITS - 1)]!++;
  for (let digit = 0, total = 0; digit < DIGITS; digit++) {
    const count = starts[digit]!;
    starts[digit] = total;
    total += count;
  }
  for (let i = 0; i < fromKeys.length; i++) {
    const key = fromKeys[i]!;
    const at = starts[(key >>> shift) & (DIGITS - 1)]!++;
    toKeys[at] = key;
    to[at] = from[i]!;
  }
}

function insert(order: Uint32Array, scores: Float64Array, compare: Compare): void {
  for (let i = 1; i < order.length; i++) {
    const window = order[i]!;
    const score = scores[window]!;
    let at = i;
    for (; at > 0; at--) {
      const other = order[at - 1]!;
      if (scores[other]! > score || (scores[other] === score && compare(other, window) <= 0)) break;
      order[at] = other;
    }
    order[at] = window;
  }
}
