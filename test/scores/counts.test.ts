import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gzip } from '../../src/scores/counts/gzip.js';
import { IdfTable } from '../../src/scores/counts/idf.js';
import { firstPlaces } from '../../src/scores/counts/ngrams.js';
import { recurrence } from '../../src/scores/counts/recurrence.js';

const windows = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 }).map((ids) => Int32Array.from(ids));

describe('firstPlaces', () => {
  it('equals a search from the start', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 3 }), (ids, n) => {
        const grams = Array.from({ length: Math.max(0, ids.length - n + 1) }, (_, t) => ids.subarray(t, t + n).join());
        expect([...firstPlaces(ids, n)]).toEqual(grams.map((gram) => grams.indexOf(gram)));
      }),
    );
  });
});

describe('recurrence', () => {
  it('equals the formula computed with strings and a Map', () => {
    fc.assert(
      fc.property(
        fc.array(windows, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 20 }),
        (corpus, n, k) => {
          const table = new IdfTable(n);
          corpus.forEach((ids) => table.add(ids));
          const gramsOf = (ids: Int32Array): string[] =>
            Array.from({ length: Math.max(0, ids.length - n + 1) }, (_, t) => ids.subarray(t, t + n).join());
          const grams = gramsOf(corpus[0]!);
          const idf = (gram: string): number =>
            Math.log((1 + corpus.length) / (1 + corpus.filter((ids) => gramsOf(ids).includes(gram)).length));
          let [far, all] = [0, 0];
          grams.forEach((gram, t) => {
            all += idf(gram);
            if (t - grams.indexOf(gram) >= k) far += idf(gram);
          });
          expect(recurrence(corpus[0]!, k, table)).toBeCloseTo(all > 0 ? far / all : 0, 10);
        },
      ),
    );
  });
});

describe('gzip', () => {
  it('a repeated passage scores above noise', () => {
    const noise = Int32Array.from({ length: 2000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 17);
    const repeated = Int32Array.from({ length: 2000 }, (_, i) => noise[i % 100]!);
    expect(gzip(repeated)).toBeGreaterThan(gzip(noise));
    expect(gzip(noise)).toBeLessThan(0);
  });
});
