import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nullDs } from '../../src/scores/null-ds.js';

/** Row n gives each of its n + 1 keys 1 / (n + 1); n - k + 1 of them are far. */
function direct(k: number, length: number): number {
  let total = 0;
  for (let n = k; n < length; n++) total += (n - k + 1) / (n + 1);
  return total / length;
}

describe('nullDs', () => {
  it.each([
    [4, 0.4034],
    [8, 0.6151],
    [2, 0.1534],
  ])('at k = L/%d it is %d', (share, expected) => {
    expect(nullDs(4096 / share, 4096)).toBeCloseTo(expected, 4);
  });

  it('is the sum over the rows, within 1/(2L)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(3000), (length, k) => {
        expect(Math.abs(nullDs(k, length) - direct(k, length))).toBeLessThanOrEqual(0.5 / length + 1e-12);
      }),
    );
  });
});
