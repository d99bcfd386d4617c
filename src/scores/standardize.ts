// Std of the paper: put the values of one domain on a common scale. In place of NaN a domain of equal values gets 0.
//
// Plain loops: a mapping function costs several times as much, and a domain may have ten million windows.

export type Standard = 'zscore' | 'minmax';

/** @param values of one domain, all its windows @returns a new array of the same length */
export function standardize(values: Float64Array, how: Standard): Float64Array {
  return how === 'zscore' ? zscore(values) : minmax(values);
}

/** (x - mean) / standard deviation. */
function zscore(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  const { mean, deviation } = moments(values, out);
  if (deviation === 0) return out.fill(0);
  for (let i = 0; i < values.length; i++) out[i] = (values[i]! - mean) / deviation;
  return out;
}

/**
 * Population form (divided by n), two passes: exact enough for any number of windows.
 * @param scratch of the same length, overwritten
 * @returns the deviation 0 of values that are equal but for rounding noise, which must not be blown up to unit scale
 */
export function moments(
  values: Float64Array,
  scratch = new Float64Array(values.length),
): { mean: number; deviation: number } {
  const mean = sum(values) / values.length;
  for (let i = 0; i < values.length; i++) scratch[i] = (values[i]! - mean) * (values[i]! - mean);
  const deviation = Math.sqrt(sum(scratch) / values.length);
  const noise = Math.abs(mean) * Number.EPSILON * 4;
  return { mean, deviation: deviation <= noise ? 0 : deviation };
}

/** (x - min) / (max - min), as the authors' code does. */
function minmax(values: Float64Array): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  const out = new Float64Array(values.length);
  if (high > low) for (let i = 0; i < values.length; i++) out[i] = (values[i]! - low) / (high - low);
  return out;
}

/** Neumaier's compensated sum: the mean must not depend on how a domain was cut into parts beyond the last bit. */
function sum(values: Float64Array): number {
  let [total, lost] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}
