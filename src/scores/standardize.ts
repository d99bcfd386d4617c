// Std of the paper: put the values of one domain on a common scale. In place of NaN a domain of equal values gets 0.

export type Standard = 'zscore' | 'minmax';

/** @param values of one domain, all its windows @returns a new array of the same length */
export function standardize(values: Float64Array, how: Standard): Float64Array {
  return how === 'zscore' ? zscore(values) : minmax(values);
}

/** (x - mean) / standard deviation, population form (divided by n), two passes: exact enough for any number of windows. */
function zscore(values: Float64Array): Float64Array {
  const mean = sum(values) / values.length;
  const variance = sum(values.map((value) => (value - mean) ** 2)) / values.length;
  // Equal values leave rounding noise in the variance, which must not be blown up to unit scale.
  const noise = Math.abs(mean) * Number.EPSILON * 4;
  const deviation = Math.sqrt(variance);
  return deviation <= noise ? new Float64Array(values.length) : values.map((value) => (value - mean) / deviation);
}

/** (x - min) / (max - min), as the authors' code does. */
function minmax(values: Float64Array): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high === low ? new Float64Array(values.length) : values.map((value) => (value - low) / (high - low));
}

/** Neumaier's compensated sum: the mean must not depend on how a domain was cut into parts beyond the last bit. */
function sum(values: Float64Array): number {
  let [total, lost] = [0, 0];
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}
