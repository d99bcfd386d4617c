import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SmallestSample } from '../../src/base/smallest.js';

describe('SmallestSample', () => {
  const most = fc.integer({ min: 1, max: 8 });

  it('has the items of the smallest numbers, smallest first, ties by key, whatever their order', () => {
    const entries = fc.array(fc.tuple(fc.nat(20), fc.nat(200)));
    fc.assert(
      fc.property(entries, most, (list, count) => {
        const unique = [...new Map(list.map(([number, id]) => [`${id}`, number]))];
        const sample = new SmallestSample<string>(count);
        for (const [key, number] of unique) sample.offer(number, key, () => key);
        const smallest = unique.toSorted(([k, a], [l, b]) => a - b || (k < l ? -1 : 1)).slice(0, count);
        expect(sample.items()).toEqual(smallest.map(([key]) => key));
      }),
    );
  });

  it('has one item a key, that with the smallest second number, also after the key was let go', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.nat(30), fc.nat(1000)), { selector: ([, second]) => second });
    fc.assert(
      fc.property(entries, most, (list, count) => {
        const numberOf = (key: number): number => (key * 7) % 5;
        const sample = new SmallestSample<string>(count);
        for (const [key, second] of list) sample.offer(numberOf(key), `${key}`, () => `${key}/${second}`, second);
        const keys = [...new Set(list.map(([key]) => key))];
        keys.sort((a, b) => numberOf(a) - numberOf(b) || (`${a}` < `${b}` ? -1 : 1));
        const lowest = (key: number): number =>
          Math.min(...list.filter(([k]) => k === key).map(([, second]) => second));
        expect(sample.items()).toEqual(keys.slice(0, count).map((key) => `${key}/${lowest(key)}`));
      }),
    );
  });
});
