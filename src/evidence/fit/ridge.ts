// Ridge regression by its normal equations: a few terms over a few hundred windows, where a solver of 20 lines is exact.

export interface Fit {
  /** One a column. */
  weights: Float64Array;
  intercept: number;
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

export function predict(columns: readonly Float64Array[], { weights, intercept }: Fit, row: number): number {
  return columns.reduce((sum, column, a) => sum + weights[a]! * column[row]!, intercept);
}

/** Gauss without pivots, which a positive definite system does not need. @param system [p][p + 1], changed */
function solve(system: readonly Float64Array[]): Float64Array {
  const p = system.length;
  for (let a = 0; a < p; a++) {
    for (let b = a + 1; b < p; b++) {
      const factor = system[b]![a]! / system[a]![a]!;
      for (let c = a; c <= p; c++) system[b]![c]! -= factor * system[a]![c]!;
    }
  }
  const found = new Float64Array(p);
  for (let a = p - 1; a >= 0; a--) {
    let rest = system[a]![p]!;
    for (let b = a + 1; b < p; b++) rest -= system[a]![b]! * found[b]!;
    found[a] = rest / system[a]![a]!;
  }
  return found;
}
