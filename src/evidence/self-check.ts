// Shuffled labels: which window of a pair is the real one is drawn anew many times. Whatever the score, the AUC must then be 0.5
// on average, and its spread shows how far from 0.5 a number may lie by chance.
import { Random } from '../base/random.js';
import { auc } from '../scores/ranks.js';
import type { Interval } from './bootstrap.js';

const SHUFFLES = 400;

/** @returns mean AUC over the shuffles, and the range that holds 95 % of them */
export function shuffledLabels(above: Float64Array, below: Float64Array, seed: number): Interval {
  const random = new Random(seed, 'shuffled labels');
  const values = Float64Array.from({ length: SHUFFLES }, () => {
    const [left, right] = [above.slice(), below.slice()];
    for (let i = 0; i < left.length; i++) {
      if (random.below(2) === 1) [left[i], right[i]] = [right[i]!, left[i]!];
    }
    return auc(left, right);
  }).sort();
  const mean = values.reduce((sum, value) => sum + value, 0) / SHUFFLES;
  return { value: mean, low: values[Math.floor(0.025 * SHUFFLES)]!, high: values[Math.floor(0.975 * SHUFFLES)]! };
}
