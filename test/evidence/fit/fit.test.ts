import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Random } from '../../../src/base/random.js';
import { fitTerms } from '../../../src/evidence/fit/fit-terms.js';
import { logistic, PAIRS } from '../../../src/evidence/fit/logistic.js';
import { gainRegression, ridge } from '../../../src/evidence/fit/ridge.js';
import { FIXTURES } from '../../support/goldens.js';

/** Of scikit-learn: make_fit_goldens.py. */
const golden = JSON.parse(readFileSync(path.join(FIXTURES, 'goldens_fit.json'), 'utf8')) as {
  columns: number[][];
  y: number[];
  groups: number[];
  ridge: { l2: number; weights: number[]; intercept: number }[];
  fit: { terms: number[]; l2: number; weights: number[] };
  /** Differences of pairs, by column. */
  differences: number[][];
  logistic: { l2: number; weights: number[] }[];
  pairs: { terms: number[]; l2: number; weights: number[] };
};
const columns = golden.columns.map((column) => Float64Array.from(column));
const y = Float64Array.from(golden.y);
const differences = golden.differences.map((column) => Float64Array.from(column));
const rows = golden.y.map((_, row) => row);

it.each(golden.ridge)('ridge is that of scikit-learn, L2 = $l2', ({ l2, weights, intercept }) => {
  const found = ridge(columns, y, rows, l2);
  weights.forEach((weight, at) => expect(found.weights[at]).toBeCloseTo(weight, 10));
  expect(found.intercept).toBeCloseTo(intercept, 10);
});

it.each(golden.logistic)('logistic regression of pairs is that of scikit-learn, L2 = $l2', ({ l2, weights }) => {
  const found = logistic(differences, rows, l2);
  weights.forEach((weight, at) => expect(found.weights[at]).toBeCloseTo(weight, 9));
});

it('logistic regression ends where a score parts all pairs, however far', () => {
  const [far] = logistic([Float64Array.from(rows, () => 1e6)], rows, 0.3).weights;
  expect(far).toBeGreaterThan(0);
  expect(Number.isFinite(far)).toBe(true);
});

describe('fitTerms', () => {
  it('takes of pairs the terms, the L2 and the weights that scikit-learn gives', () => {
    const { terms, l2, weights } = fitTerms(PAIRS, differences, golden.groups, rows);
    expect([terms, l2]).toEqual([golden.pairs.terms, golden.pairs.l2]);
    golden.pairs.weights.forEach((weight, at) => expect(weights[at]).toBeCloseTo(weight, 9));
  });

  it('takes the terms, the L2 and the weights that scikit-learn gives, whatever the order of the rows', () => {
    const { terms, l2, weights } = fitTerms(gainRegression(y), columns, golden.groups, rows);
    expect([terms, l2]).toEqual([golden.fit.terms, golden.fit.l2]);
    golden.fit.weights.forEach((weight, at) => expect(weights[at]).toBeCloseTo(weight, 10));
  });

  it('takes no more than eight terms, and none where there is one document alone', () => {
    const random = new Random(1, 'many');
    const many = Array.from({ length: 12 }, () => Float64Array.from({ length: 60 }, () => random.below(1000) / 1000));
    const sum = Float64Array.from({ length: 60 }, (_, row) => many.reduce((all, column) => all + column[row]!, 0));
    const all = Array.from(sum, (_, row) => row);
    expect(fitTerms(gainRegression(sum), many, all, all).terms).toHaveLength(8);
    expect(fitTerms(gainRegression(sum), many, new Array<number>(60).fill(3), all).terms).toEqual([]);
  });
});
