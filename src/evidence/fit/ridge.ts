// Ridge regression by its normal equations: a few terms over a few hundred windows, where a solver of 20 lines is exact.

import { predict, type Fit, type Regression } from './regression.js';
import { solve } from './solve.js';

/** For fitTerms: y by row. */
export function gainRegression(y: Float64Array): Regression {
  return {
    fit: (columns, rows, l2) => ridge(columns, y, rows, l2),
    loss: (columns, fit, row) => (y[row]! - predict(columns, fit, row)) ** 2,
  };
}

/**
 * Minimises sum_i (y_i - b - x_i w)^2 + l2 |w|^2; the intercept is not punished. As scikit-learn's Ridge(alpha=l2).
 * @param columns [p][n]
 * @param rows of the columns and of y that are fitted
 * @param l2 greater than 0, so that there is always one solution
 */
export function ridge(columns: readonly Float64Array[], y: Float64Array, rows: readonly number[], l2: number): Fit {
  const mean = (values: Float64Array): number => rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;
  const [means, target] = [columns.map(mean), mean(y)];
  const p = columns.length;
  const system = Array.from({ length: p }, () => new Float64Array(p + 1));
  for (const row of rows) {
    for (let a = 0; a < p; a++) {
      const centred = columns[a]![row]! - means[a]!;
      for (let b = 0; b < p; b++) system[a]![b]! += centred * (columns[b]![row]! - means[b]!);
      system[a]![p]! += centred * (y[row]! - target);
    }
  }
  for (let a = 0; a < p; a++) system[a]![a]! += l2;
  const weights = solve(system);
  return { weights, intercept: target - weights.reduce((sum, weight, a) => sum + weight * means[a]!, 0) };
}
