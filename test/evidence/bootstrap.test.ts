import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PairBootstrap } from '../../src/evidence/bootstrap.js';
import { shuffledLabels } from '../../src/evidence/self-check.js';
import { Random } from '../../src/base/random.js';
import { auc, spearman } from '../../src/scores/ranks.js';

const pairs = fc.array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 })), {
  minLength: 2,
  maxLength: 25,
});

/** Share of pairs (i, i) in which `above` is larger, a tie as half. */
function pairShare(above: number[], below: number[]): number {
  return (
    above.reduce((sum, value, i) => sum + (value > below[i]! ? 1 : value === below[i]! ? 0.5 : 0), 0) / above.length
  );
}

/** A pair of noises; `above` is raised by `shift`. */
function noise(count: number, shift: number, seed: number): [Float64Array, Float64Array] {
  const random = new Random(seed, 'noise');
  const draw = (): number => random.open() + random.open() + random.open();
  return [Float64Array.from({ length: count }, () => draw() + shift), Float64Array.from({ length: count }, draw)];
}

describe('PairBootstrap', () => {
  it('the values are those of the plain statistics, and lie in their intervals', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const [x, y] = [list.map(([a]) => a), list.map(([, b]) => b)];
        const bootstrap = new PairBootstrap(list.length, 1, 50);
        for (const [interval, plain] of [
          [bootstrap.auc(x, y), auc(x, y)],
          [bootstrap.share(x, y), pairShare(x, y)],
          [bootstrap.spearman(x, y), spearman(x, y)],
        ] as const) {
          expect(interval.value).toBeCloseTo(plain, 10);
          expect(interval.low).toBeLessThanOrEqual(interval.high);
        }
      }),
    );
  });

  it('the interval of an AUC holds the true one about 95 times in 100', () => {
    const [above, below] = noise(4000, 0.4, 1);
    const truth = auc(above, below);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const { low, high } = new PairBootstrap(60, trial, 200).auc(...noise(60, 0.4, 100 + trial));
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered).toBeGreaterThan(174); // 190 expected, 3 standard deviations each; the percentile method covers a little less
  });

  it('the interval of few pairs, each of which loses to its own control alone, is about the AUC and not beside it', () => {
    const above = Float64Array.from({ length: 8 }, (_, i) => i);
    const below = above.map((value) => value + 0.1);
    const { value, low, high } = new PairBootstrap(8, 3, 1000).auc(above, below);
    expect(value).toBeCloseTo(28 / 64, 12);
    // Half of the comparisons with others' controls are won, whatever is drawn.
    expect(low).toBeCloseTo(28 / 64, 12);
    expect(high).toBeCloseTo(28 / 64, 12);
  });

  it('the same seed gives the same interval', () => {
    const [above, below] = noise(20, 0.2, 3);
    expect(new PairBootstrap(20, 7, 100).auc(above, below)).toEqual(new PairBootstrap(20, 7, 100).auc(above, below));
    expect(new PairBootstrap(20, 7, 100).auc(above, below)).not.toEqual(
      new PairBootstrap(20, 8, 100).auc(above, below),
    );
  });
});

describe('shuffledLabels', () => {
  it('gives 0.5 within its interval, however well the score tells the pairs apart', () => {
    for (const shift of [0, 1, 10]) {
      const shuffled = shuffledLabels(...noise(40, shift, 5), 1);
      expect(Math.abs(shuffled.value - 0.5)).toBeLessThan(0.02);
      expect(shuffled.low).toBeLessThan(0.5);
      expect(shuffled.high).toBeGreaterThan(0.5);
      expect(shuffled.high - shuffled.low).toBeLessThan(0.5);
    }
  });
});
