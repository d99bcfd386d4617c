// Rank statistics: how well a score tells two groups apart, and how two scores agree. Ties count half everywhere.
import { rankDescending } from '../base/rank.js';

/** Ranks from 1, ties get the mean of the ranks that they span. NaN is refused: a score must be a number. */
export function ranks(values: ArrayLike<number>): Float64Array {
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) throw new RangeError(`value ${i} is not a number`);
  }
  const order = ascending(values);
  const out = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) out[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return out;
}

/** Below it the radix sort costs more than it saves. */
const MANY = 4096;

function ascending(values: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i);
  if (values.length < MANY)
    return order.sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : 0)); // also of -Infinity
  return rankDescending(Float64Array.from(values), order, () => 0).reverse();
}

/** Area under the ROC curve: the chance that a random `above` value exceeds a random `below` value (Mann-Whitney). */
export function auc(above: ArrayLike<number>, below: ArrayLike<number>): number {
  const all = ranks([...Array.from(above), ...Array.from(below)]);
  let sum = 0;
  for (let i = 0; i < above.length; i++) sum += all[i]!;
  return (sum - (above.length * (above.length + 1)) / 2) / (above.length * below.length);
}

/** Spearman's rank correlation, -1..1; 0 when one side is constant (nothing to follow). */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(ranks(x), ranks(y));
}

function pearson(x: Float64Array, y: Float64Array): number {
  const mean = (v: Float64Array): number => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}
