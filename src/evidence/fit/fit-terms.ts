// Which few scores, and with which weights, foretell a yardstick: forward selection of the terms of a regression, judged between documents.
//
// Terms and L2 are chosen by cross-validation over folds that no document is parted by. Its loss has then been chosen too, and says nothing
// of the fit: that is measured on windows which were not given here. Nothing is drawn: the same windows give the same fit.
import type { Regression } from './regression.js';

const MOST_TERMS = 8;
const FOLDS = 5;
/** Of standardised columns, a window each: from almost none to almost all of what a term can have. */
const L2 = [0.3, 1, 3, 10, 30, 100] as const;
/** A term must lower the loss by this share, or it is noise. */
const LEAST_GAIN = 0.01;

export interface Terms {
  /** Places of the columns, in the order in which they were taken. */
  terms: number[];
  weights: number[];
  l2: number;
}

/**
 * @param regression that the terms are of, and what its rows are
 * @param columns [p][n] standardised within their domains
 * @param groups [n] a number a document (or a cluster of near-duplicates): equal ones are never parted
 * @param rows that are fitted
 * @returns no terms where none foretells anything, or where there are fewer than two documents
 */
export function fitTerms(
  regression: Regression,
  columns: readonly Float64Array[],
  groups: readonly number[],
  rows: readonly number[],
): Terms {
  const folds = foldsOf(groups, rows);
  const none = { terms: [], weights: [], l2: L2[0] };
  if (folds.length < 2) return none;
  const loss = (terms: readonly number[], l2: number): number => {
    const some = terms.map((term) => columns[term]!);
    let sum = 0;
    for (const { train, test } of folds) {
      const fit = regression.fit(some, train, l2);
      for (const row of test) sum += regression.loss(some, fit, row);
    }
    return sum;
  };
  let best = { terms: [] as number[], l2: L2[0] as number, loss: loss([], 1) };
  while (best.terms.length < MOST_TERMS) {
    let next = { ...best, loss: best.loss * (1 - LEAST_GAIN) };
    for (let term = 0; term < columns.length; term++) {
      if (best.terms.includes(term)) continue;
      for (const l2 of L2) {
        const terms = [...best.terms, term];
        const found = loss(terms, l2);
        if (found < next.loss) next = { terms, l2, loss: found };
      }
    }
    if (next.terms.length === best.terms.length) break;
    best = next;
  }
  if (best.terms.length === 0) return none;
  const { weights } = regression.fit(
    best.terms.map((term) => columns[term]!),
    rows,
    best.l2,
  );
  return { terms: best.terms, weights: [...weights], l2: best.l2 };
}

/** Documents in turn, largest first, each to the fold with the fewest rows. */
function foldsOf(groups: readonly number[], rows: readonly number[]): { train: number[]; test: number[] }[] {
  const byGroup = new Map<number, number[]>();
  for (const row of rows) byGroup.set(groups[row]!, [...(byGroup.get(groups[row]!) ?? []), row]);
  const folds = Array.from({ length: Math.min(FOLDS, byGroup.size) }, (): number[] => []);
  const largestFirst = [...byGroup.values()].sort((a, b) => b.length - a.length || a[0]! - b[0]!);
  for (const group of largestFirst) {
    folds.reduce((least, fold) => (fold.length < least.length ? fold : least)).push(...group);
  }
  return folds.map((test) => {
    const inside = new Set(test);
    return { test, train: rows.filter((row) => !inside.has(row)) };
  });
}
