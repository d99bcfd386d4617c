// Order windows by a score, best first: radix sort, because ten million comparisons through a callback take as long as all the rest.

const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;

/**
 * @param values finite
 * @param compare breaks ties between positions, as a comparison function does
 * @returns positions 0..n-1 by descending value
 */
export function rankDescending(values: Float64Array, compare: (a: number, b: number) => number): Uint32Array {
  const keys = new Uint16Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
  makeDescending(keys);
  let order = new Uint32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  let sorted = new Uint32Array(values.length);
  const starts = new Uint32Array(DIGITS);
  for (let digit = 0; digit < 4; digit++) {
    starts.fill(0);
    for (let i = digit; i < keys.length; i += 4) starts[keys[i]!]!++;
    let total = 0;
    for (let d = 0; d < DIGITS; d++) {
      const count = starts[d]!;
      starts[d] = total;
      total += count;
    }
    for (let i = 0; i < order.length; i++) {
      const position = order[i]!;
      sorted[starts[keys[4 * position + digit]!]!++] = position;
    }
    [order, sorted] = [sorted, order];
  }
  breakTies(values, order, compare);
  return order;
}

/**
 * Turn the bits of doubles (four 16-bit digits each, lowest first, as in memory) into unsigned keys whose ascending order is the
 * descending order of the numbers. -0 becomes 0 first: they are equal, so they must tie.
 */
function makeDescending(keys: Uint16Array): void {
  for (let i = 0; i < keys.length; i += 4) {
    const high = keys[i + 3]!;
    const isNegativeZero = high === 0x8000 && (keys[i]! | keys[i + 1]! | keys[i + 2]!) === 0;
    if (isNegativeZero) keys[i + 3] = 0x7fff;
    if (isNegativeZero || high < 0x8000)
      for (let d = 0; d < (isNegativeZero ? 3 : 4); d++) keys[i + d] = invert(keys[i + d]!, d);
  }
}

/** Of a number >= 0: all bits but the sign are turned over, so that larger comes first and all of them before the negatives. */
function invert(digit: number, place: number): number {
  return place === 3 ? ~digit & 0x7fff : ~digit & 0xffff;
}

function breakTies(values: Float64Array, order: Uint32Array, compare: (a: number, b: number) => number): void {
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    if (end - start > 1) order.subarray(start, end).sort(compare);
    start = end;
  }
}
