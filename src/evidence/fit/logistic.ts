// Logistic regression on the differences of pairs, by Newton's method: which side of a pair is higher, as a sum of weighted differences.
//
// A pair has no sides of its own: it stands for (d, 1) and (-d, 0) alike, so that there is no intercept and one label is enough.
import { predict, type Fit, type Regression } from './regression.js';
import { solve } from './solve.js';

/** From zero, of a strictly convex function: some ten are needed. */
const MOST_STEPS = 100;
const MOST_HALVINGS = 40;
/** Steps shrink with their square: the next would be below the last bit. */
const SMALLEST_STEP = 1e-10;

/** For fitTerms. */
export const PAIRS: Regression = {
  fit: logistic,
  loss: (columns, fit, row) => lossOf(predict(columns, fit, row)),
};

/**
 * Minimises sum_i ln(1 + exp(-d_i w)) + l2 / 2 |w|^2. As scikit-learn's LogisticRegression(C=1/l2, fit_intercept=False) on all (d, 1) and
 * (-d, 0), each with weight 1/2.
 * @param columns [p][n] differences: the side that must be higher minus the other
 * @param rows of the columns that are fitted
 * @param l2 greater than 0, so that there is always one solution, also of pairs that a score parts without fault
 */
export function logistic(columns: readonly Float64Array[], rows: readonly number[], l2: number): Fit {
  const cost = (weights: Float64Array): number => {
    const fit = { weights, intercept: 0 };
    let sum = (l2 / 2) * weights.reduce((all, weight) => all + weight * weight, 0);
    for (const row of rows) sum += lossOf(predict(columns, fit, row));
    return sum;
  };
  let weights = new Float64Array(columns.length);
  let least = cost(weights);
  for (let count = 0; count < MOST_STEPS; count++) {
    const step = newtonStep(columns, rows, l2, weights);
    let next = add(weights, step, 1);
    let found = cost(next);
    for (let halving = 1; found > least && halving <= MOST_HALVINGS; halving++) {
      next = add(weights, step, 0.5 ** halving);
      found = cost(next);
    }
    [weights, least] = [next, found];
    if (step.every((change) => Math.abs(change) < SMALLEST_STEP)) break;
  }
  return { weights, intercept: 0 };
}

/** -H^-1 g at the weights. */
function newtonStep(
  columns: readonly Float64Array[],
  rows: readonly number[],
  l2: number,
  weights: Float64Array,
): Float64Array {
  const p = columns.length;
  const fit = { weights, intercept: 0 };
  const system = Array.from({ length: p }, (_, a) => {
    const line = new Float64Array(p + 1);
    line[a] = l2;
    line[p] = -l2 * weights[a]!;
    return line;
  });
  for (const row of rows) {
    const wrong = 1 / (1 + Math.exp(predict(columns, fit, row)));
    const curve = wrong * (1 - wrong);
    for (let a = 0; a < p; a++) {
      const difference = columns[a]![row]!;
      for (let b = 0; b < p; b++) system[a]![b]! += curve * difference * columns[b]![row]!;
      system[a]![p]! += wrong * difference;
    }
  }
  return solve(system);
}

/** ln(1 + exp(-margin)), which neither overflows nor loses what is small. */
function lossOf(margin: number): number {
  return Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
}

function add(weights: Float64Array, step: Float64Array, size: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(weights, (weight, a) => weight + size * step[a]!);
}
