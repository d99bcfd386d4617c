import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { auc, ranks, spearman } from '../../src/scores/ranks.js';

const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 30 });

describe('rank statistics', () => {
  it('gives tied values the mean of their ranks', () => {
    expect([...ranks([10, 20, 20, 5])]).toEqual([2, 3.5, 3.5, 1]);
    expect(() => ranks([1, NaN])).toThrow('value 1 is not a number');
  });

  it('AUC equals the count over all pairs', () => {
    fc.assert(
      fc.property(numbers, numbers, (above, below) => {
        let wins = 0;
        for (const a of above) for (const b of below) wins += a > b ? 1 : a === b ? 0.5 : 0;
        expect(auc(above, below)).toBeCloseTo(wins / (above.length * below.length), 12);
        expect(auc(above, below) + auc(below, above)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('Spearman is 1 for any increasing map, -1 reversed, 0 against a constant', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 30 }), (x) => {
        expect(
          spearman(
            x,
            x.map((v) => v ** 3 + v),
          ),
        ).toBeCloseTo(1, 12);
        expect(
          spearman(
            x,
            x.map((v) => -v),
          ),
        ).toBeCloseTo(-1, 12);
        expect(
          spearman(
            x,
            x.map(() => 7),
          ),
        ).toBe(0);
      }),
    );
  });

  it('Spearman agrees with a published example', () => {
    // IQ against hours of TV: the worked example of the coefficient, rho = -29/165.
    const iq = [106, 86, 100, 101, 99, 103, 97, 113, 112, 110];
    const hours = [7, 0, 27, 50, 28, 29, 20, 12, 6, 17];
    expect(spearman(iq, hours)).toBeCloseTo(-29 / 165, 12);
  });
});
