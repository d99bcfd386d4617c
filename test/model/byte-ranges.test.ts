import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countBytes, mergeRanges, splitRanges, subtractRanges, type ByteRange } from '../../src/model/byte-ranges.js';

const ranges = fc.array(
  fc.tuple(fc.nat(60), fc.nat(20)).map(([start, length]): ByteRange => [start, start + length]),
  { maxLength: 8 },
);
const bytes = (list: readonly ByteRange[]): Set<number> =>
  new Set(list.flatMap(([start, end]) => Array.from({ length: end - start }, (_, index) => start + index)));

describe('byte ranges, against sets of bytes', () => {
  it('merge: the same bytes, sorted and apart', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const merged = mergeRanges(list);
        expect(bytes(merged)).toEqual(new Set([...bytes(list)]));
        for (let i = 1; i < merged.length; i++) expect(merged[i]![0]).toBeGreaterThan(merged[i - 1]![1]);
        expect(countBytes(merged)).toBe(bytes(list).size);
      }),
    );
  });

  it('merge with a gap: nothing nearer than the gap stays apart, nothing farther is joined', () => {
    fc.assert(
      fc.property(ranges, fc.nat(10), (list, gap) => {
        const merged = mergeRanges(list, gap);
        for (let i = 1; i < merged.length; i++) expect(merged[i]![0] - merged[i - 1]![1]).toBeGreaterThan(gap);
        const added = subtractRanges(merged, list);
        for (const [start, end] of added) expect(end - start).toBeLessThanOrEqual(gap);
      }),
    );
  });

  it('subtract', () => {
    fc.assert(
      fc.property(ranges, ranges, (wanted, present) => {
        const have = bytes(present);
        const expected = new Set([...bytes(wanted)].filter((byte) => !have.has(byte)));
        expect(bytes(subtractRanges(wanted, present))).toEqual(expected);
      }),
    );
  });

  it('split: the same bytes, in order, no piece too long', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 9 }), (list, size) => {
        const pieces = splitRanges(mergeRanges(list), size);
        expect([...bytes(pieces)]).toEqual([...bytes(mergeRanges(list))]);
        for (const [start, end] of pieces) expect(end - start).toBeLessThanOrEqual(size);
      }),
    );
  });
});
