import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rankDescending } from '../../src/base/rank.js';

describe('rankDescending', () => {
  const special = fc.constantFrom(0, -0, 1, -1, 1e-310, -1e-310, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE);
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

  it('orders as a comparison does, ties by the second order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(special, finite, fc.integer({ min: -3, max: 3 }))), (values) => {
        const byPlace = (a: number, b: number): number => ((a * 7) % 11) - ((b * 7) % 11) || a - b;
        const naive = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]! || byPlace(a, b));
        const places = Uint32Array.from(values, (_, i) => i);
        expect([...rankDescending(Float64Array.from(values), places, byPlace)]).toEqual(naive);
      }),
      { numRuns: 60 },
    );
  });

  const naive = (scores: Float64Array): number[] =>
    [...scores.keys()].sort((a, b) => (scores[b]! > scores[a]! ? 1 : scores[b]! < scores[a]! ? -1 : b - a));
  const order = (scores: Float64Array): number[] => [
    ...rankDescending(scores, Uint32Array.from(scores.keys()), (a, b) => b - a),
  ];

  it.each([
    ['an outlier beside which all others are one', (i: number) => (i === 7 ? 1e300 : Math.sin(i))],
    ['every size that there is', (i: number) => (i % 2 ? 1 : -1) * 2 ** ((i % 2000) - 1000)],
    ['the whole range', (i: number) => (i % 3 ? i : i % 2 ? Number.MAX_VALUE : -Number.MAX_VALUE)],
    ['the smallest numbers', (i: number) => (i % 50) * Number.MIN_VALUE],
    ['few values, many ties', (i: number) => (i * 7) % 5],
    ['one value', () => -0.25],
    ['infinite ones', (i: number) => (i % 4 ? (i % 3 ? Infinity : i) : -Infinity)],
  ])('sorts thousands as a comparison does: %s', (_, value) => {
    const scores = Float64Array.from({ length: 5000 }, (_, i) => value(i));
    expect(order(scores)).toEqual(naive(scores));
  });

  it('leaves the values as they are, also where they are a view', () => {
    const values = Float64Array.of(9, 1, 3, 2).subarray(1);
    expect([...rankDescending(values, Uint32Array.of(0, 1, 2), () => 0)]).toEqual([1, 2, 0]);
    expect([...values]).toEqual([1, 3, 2]);
  });
});
