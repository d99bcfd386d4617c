// Temperature sampling in place of a hard cut: noise is added to the score, and the best of the sums are kept.
//
// With Gumbel noise this draws windows without replacement, each with a chance proportional to exp(z / T) among those that are left.
// The noise of a window comes from the seed and its id alone, so that shards, workers and the order of windows change nothing.
import { standardize } from '../../scores/standardize.js';

/**
 * @param values scores of one domain
 * @param temperature T >= 0, in standard deviations of the domain: 0 keeps the order, a large one draws at random
 * @param uniform a number in (0, 1) a window, such as `unitHash(seed, windowId)`
 * @returns values to rank by in place of the scores
 */
export function temper(values: Float64Array, temperature: number, uniform: (index: number) => number): Float64Array {
  if (temperature === 0) return values.slice();
  const standard = standardize(values, 'zscore');
  return standard.map((z, i) => z - temperature * Math.log(-Math.log(uniform(i))));
}
