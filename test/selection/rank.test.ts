import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rankDescending } from '../../src/selection/rank.js';
import { TextStore } from '../../src/selection/text-store.js';

describe('rankDescending', () => {
  const special = fc.constantFrom(0, -0, 1, -1, 1e-310, -1e-310, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE);
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

  it('orders as a comparison does, ties by the second order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(special, finite, fc.integer({ min: -3, max: 3 }))), (values) => {
        const byPlace = (a: number, b: number): number => ((a * 7) % 11) - ((b * 7) % 11) || a - b;
        const naive = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]! || byPlace(a, b));
        expect([...rankDescending(Float64Array.from(values), byPlace)]).toEqual(naive);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the values as they are, also where they are a view', () => {
    const values = Float64Array.of(9, 1, 3, 2).subarray(1);
    expect([...rankDescending(values, () => 0)]).toEqual([1, 2, 0]);
    expect([...values]).toEqual([1, 3, 2]);
  });
});

describe('TextStore', () => {
  it('gives texts back and orders them by code points', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2 }), (texts) => {
        const store = new TextStore(texts.length);
        for (const text of texts) {
          const bytes = new TextEncoder().encode(`x${text}y`);
          store.push(bytes, 1, bytes.length - 1);
        }
        expect(texts.map((_, i) => store.get(i))).toEqual(texts);
        expect(Math.sign(store.compare(0, 1))).toBe(Buffer.compare(Buffer.from(texts[0]!), Buffer.from(texts[1]!)));
      }),
    );
  });

  it('begins a new chunk where a text does not fit, however long it is', () => {
    const lengths = [10, 16_777_210, 20_000_000, 5];
    const store = new TextStore(4);
    for (const [i, length] of lengths.entries()) store.push(new Uint8Array(length).fill(97 + i), 0, length);
    expect(lengths.map((_, i) => store.bytes(i).length)).toEqual(lengths);
    expect([store.get(0), store.get(3)]).toEqual(['aaaaaaaaaa', 'ddddd']);
    expect(store.bytes(2).every((byte) => byte === 99)).toBe(true);
  });
});
