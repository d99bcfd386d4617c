import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SmallestSample } from '../../../src/selection/removal/sample.js';

describe('SmallestSample', () => {
  it('has the items of the smallest numbers, whatever their order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.integer({ min: 1, max: 8 }), (numbers, most) => {
        const sample = new SmallestSample<string>(most);
        for (const number of numbers) sample.offer(number, `${number}`);
        const smallest = numbers.toSorted((a, b) => a - b).slice(0, most);
        expect(sample.items()).toEqual(smallest.map(String));
      }),
    );
  });
});
