import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { windowStarts } from '../../src/windows/slide.js';

describe('windowStarts', () => {
  it('every window of every length 0..8W lies inside the document, and no two are the same', () => {
    for (let window = 1; window <= 40; window++) {
      for (let tokens = 0; tokens <= 8 * window; tokens++) {
        const starts = windowStarts(tokens, window);
        expect(starts.every((start) => start >= 0 && start + window <= tokens)).toBe(true);
        expect(new Set(starts).size).toBe(starts.length);
        expect(starts.length === 0).toBe(tokens < window);
      }
    }
  });

  it('covers the whole document, both ends included, without a gap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 8 }),
        fc.nat(),
        (window, times, extra) => {
          const tokens = window * Math.max(1, times) + (extra % window);
          let covered = 0;
          for (const start of windowStarts(tokens, window).sort((a, b) => a - b)) {
            expect(start).toBeLessThanOrEqual(covered);
            covered = start + window;
          }
          expect(covered).toBe(tokens);
        },
      ),
    );
  });

  it('one token short of a window gives none, exactly one window gives that one', () => {
    expect(windowStarts(0, 4)).toEqual([]);
    expect(windowStarts(3, 4)).toEqual([]);
    expect(windowStarts(4, 4)).toEqual([0]);
  });

  it('W < n <= 2W: both ends', () => {
    expect(windowStarts(5, 4)).toEqual([0, 1]);
    expect(windowStarts(8, 4)).toEqual([0, 4]);
  });

  it('2W < n <= 3W: front, middle, back', () => {
    expect(windowStarts(9, 4)).toEqual([0, 2, 5]);
    expect(windowStarts(10, 4)).toEqual([0, 3, 6]);
    expect(windowStarts(12, 4)).toEqual([0, 4, 8]);
  });

  it('n > 3W: one from each end, inwards, then a case above for the rest', () => {
    expect(windowStarts(13, 4)).toEqual([0, 9, 4, 5]);
    expect(windowStarts(20, 4)).toEqual([0, 16, 4, 8, 12]);
    expect(windowStarts(22, 4)).toEqual([0, 18, 4, 14, 8, 10]);
  });

  it('the starts of a longer document are the ends, then those of what lies between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 500 }), (window, more) => {
        const tokens = 3 * window + 1 + more;
        const inner = windowStarts(tokens - 2 * window, window).map((start) => start + window);
        expect(windowStarts(tokens, window)).toEqual([0, tokens - window, ...inner]);
      }),
    );
  });
});
