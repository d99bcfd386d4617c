// blend: the weighted mean of standardised scores, so that attention and counts correct each other's mistakes.
import { standardize } from './standardize.js';

/**
 * sum_i w_i * Std(x_i) / sum_i |w_i|, Std the z-score over the domain.
 * @param columns the scores to blend, one array each, all windows of one domain
 * @param weights one a score, not all 0
 * @returns one number a window
 */
export function blend(columns: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const scale = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  const total = new Float64Array(columns[0]!.length);
  columns.forEach((column, at) => {
    standardize(column, 'zscore').forEach((value, i) => (total[i]! += (weights[at]! * value) / scale));
  });
  return total;
}
