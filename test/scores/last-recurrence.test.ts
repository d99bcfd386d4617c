import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lastRecurrence } from '../../src/scores/counts/last-recurrence.js';
import { ngramNames } from '../../src/scores/counts/ngram-names.js';
import { repeats } from '../../src/scores/counts/repeats.js';

const windows = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 90 }).map((ids) => Int32Array.from(ids));
const grams = (ids: Int32Array, n: number): string[] =>
  Array.from({ length: Math.max(0, ids.length - n + 1) }, (_, t) => ids.subarray(t, t + n).join());

describe('ngramNames', () => {
  it('names equal n-grams alike and counts up in the order of first places', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 20 }), (ids, n) => {
        const all = grams(ids, n);
        const order = [...new Set(all)];
        expect([...ngramNames(ids, n)]).toEqual(all.map((gram) => order.indexOf(gram)));
      }),
    );
  });

  it('takes any int32 as a token', () => {
    const ids = Int32Array.of(-1, 2 ** 31 - 1, -1, 2 ** 31 - 1, 0);
    expect([...ngramNames(ids, 2)]).toEqual([0, 1, 0, 2]);
  });
});

describe('lastRecurrence', () => {
  it('equals a search backwards from every place', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }), (ids, n, k) => {
        const all = grams(ids, n);
        const far = all.filter((gram, t) => {
          const last = all.lastIndexOf(gram, t - 1);
          return t > 0 && last >= 0 && t - last >= k;
        });
        expect(lastRecurrence(ids, n, [k])).toEqual([all.length === 0 ? 0 : far.length / all.length]);
      }),
    );
  });

  it('counts a name that comes back, not one that never left', () => {
    const [name, other] = [9, (i: number): number => 100 + i];
    const back = Int32Array.from({ length: 64 }, (_, i) => (i === 0 || i === 63 ? name : other(i)));
    const everywhere = back.map((id, i) => (i % 8 === 0 ? name : id));
    expect(lastRecurrence(back, 1, [32])).toEqual([1 / 64]);
    expect(lastRecurrence(everywhere, 1, [32])).toEqual([0]);
  });
});

describe('repeats', () => {
  it('equals a search for every run of n tokens in what stood before', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 20 }), (ids, n) => {
        const all = grams(ids, n);
        const inside = new Set<number>();
        all.forEach((gram, t) => {
          if (all.indexOf(gram) < t) for (let i = t; i < t + n; i++) inside.add(i);
        });
        expect(repeats(ids, n)).toBe(ids.length === 0 ? 0 : inside.size / ids.length);
      }),
    );
  });

  it('is the share of the copies: three of four, and none of a passage shorter than n', () => {
    const passage = Int32Array.from({ length: 64 }, (_, i) => 1000 + i);
    const four = Int32Array.from({ length: 256 }, (_, i) => passage[i % 64]!);
    expect(repeats(four, 64)).toBe(0.75);
    expect(repeats(four.subarray(0, 127), 64)).toBe(0);
  });
});
