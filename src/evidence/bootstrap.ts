// Percentile bootstrap over pairs: pairs are resampled together, because a control is made from (or matched to) its real window.
import { Random } from './random.js';

export interface Interval {
  value: number;
  low: number;
  high: number;
}

const RESAMPLES = 1000;

/**
 * @param count number of pairs (or windows)
 * @param statistic of the pairs whose indices it gets (with repetitions)
 * @returns the statistic of all pairs with its 95 % interval
 */
export function bootstrap(
  count: number,
  statistic: (indices: Int32Array) => number,
  seed: number,
  resamples = RESAMPLES,
): Interval {
  const random = new Random(seed, 'bootstrap');
  const identity = Int32Array.from({ length: count }, (_, i) => i);
  const draws = new Float64Array(resamples);
  const indices = new Int32Array(count);
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < count; i++) indices[i] = random.below(count);
    draws[r] = statistic(indices);
  }
  draws.sort();
  const at = (share: number): number => draws[Math.min(resamples - 1, Math.floor(share * resamples))]!;
  return { value: statistic(identity), low: at(0.025), high: at(0.975) };
}
