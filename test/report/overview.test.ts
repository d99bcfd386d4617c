// The first picture of a page: its bins and its cut are those of the windows, whatever their numbers.
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { binsOf, PAGE_BINS } from '../../src/report/bins.js';
import { overviewOf } from '../../src/report/overview.js';

/** No -0: the smallest of it and 0 is either. */
const number = fc
  .oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.constantFrom(0, 1, -0.5))
  .map((value) => value + 0);
const window = fc.record({
  domain: fc.nat({ max: 2 }),
  reason: fc.nat({ max: 2 }),
  score: number,
  ds: number,
});

it('counts every window of a domain once, those that are kept among them, and cuts at the last kept', () => {
  fc.assert(
    fc.property(fc.array(window, { maxLength: 60 }), (windows) => {
      const domains = [0, 1, 2].map((domain) =>
        Uint32Array.from(windows.keys()).filter((row) => windows[row]!.domain === domain),
      );
      const score = Float64Array.from(windows, (one) => one.score);
      const ds = Float64Array.from(windows, (one) => one.ds);
      const { domains: found } = overviewOf({
        table: { byDomain: () => domains },
        chosen: { score, reason: Uint8Array.from(windows, (one) => one.reason) },
        columns: new Map([['ds', ds]]),
        shown: [{ column: 'ds', label: 'DS' }],
      });
      for (const [domain, own] of found.entries()) {
        const rows = windows.filter((one) => one.domain === domain);
        const kept = rows.filter((one) => one.reason === 0);
        expect(own).toMatchObject({ windows: rows.length, kept: kept.length });
        expect(own.cut).toBe(kept.length === 0 ? null : Math.min(...kept.map((one) => one.score)));
        expect(Object.keys(own.bins)).toEqual(rows.length === 0 ? [] : ['score', 'ds']);
        for (const [column, { from, to, all, kept: counted }] of Object.entries(own.bins)) {
          const values = rows.map((one) => one[column as 'score' | 'ds']);
          expect(from).toBe(Math.min(...values));
          expect(to).toBeGreaterThanOrEqual(Math.max(...values));
          const width = (to - from) / PAGE_BINS;
          // A value at an edge may fall to either side of it by rounding.
          const near = (value: number, edge: number): boolean =>
            Math.abs(value - edge) <= 1e-9 * (Math.abs(from) + to - from);
          for (const [counts, of] of [
            [all, rows],
            [counted, kept],
          ] as const) {
            expect(counts).toHaveLength(PAGE_BINS);
            expect(counts.reduce((sum, one) => sum + one, 0)).toBe(of.length);
            const ofColumn = of.map((one) => one[column as 'score' | 'ds']);
            let below = 0;
            const wrong = counts.slice(0, -1).filter((count, bin) => {
              const edge = from + (bin + 1) * width;
              below += count;
              const least = ofColumn.filter((value) => value < edge && !near(value, edge)).length;
              const most = ofColumn.filter((value) => value < edge || near(value, edge)).length;
              return below < least || below > most;
            });
            expect(wrong).toEqual([]);
          }
        }
      }
    }),
    { numRuns: 100 },
  );
});

it('counts what passes a filter within the range of all', () => {
  const values = Float64Array.of(0, 1, 2, 3, 9);
  const options = { values, rows: Uint32Array.of(0, 1, 2, 3), reason: Uint8Array.of(0, 1, 0, 1, 0) };
  expect(binsOf({ ...options, passes: Uint8Array.of(0, 1, 1, 0, 1) }, 3)).toEqual({
    ...{ from: 0, to: 3, all: [0, 1, 1], kept: [0, 0, 1] },
  });
  expect(binsOf({ ...options, rows: new Uint32Array(0) }, 3)).toBeUndefined();
});
