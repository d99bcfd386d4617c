// What fitTerms needs of a regression: weights of some columns, and what they miss at a row that they were not fitted to.

export interface Fit {
  /** One a column. */
  weights: Float64Array;
  intercept: number;
}

export interface Regression {
  /** @param columns [p][n] @param rows that are fitted @param l2 of the weights, greater than 0 */
  fit: (columns: readonly Float64Array[], rows: readonly number[], l2: number) => Fit;
  /** What is summed over the rows of a fold that were not fitted. */
  loss: (columns: readonly Float64Array[], fit: Fit, row: number) => number;
}

export function predict(columns: readonly Float64Array[], { weights, intercept }: Fit, row: number): number {
  let sum = intercept;
  for (let a = 0; a < columns.length; a++) sum += weights[a]! * columns[a]![row]!;
  return sum;
}
