import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { choose } from '../../src/selection/choose.js';
import { AGGREGATES, documentsOf, perDocument, perWindow } from '../../src/selection/document-table.js';

interface Made {
  domain: number;
  length: number;
  scores: number[];
}

const WINDOW = 10;

/** Documents with the windows that they have, as tables of a run. */
function tables(documents: readonly Made[]): {
  values: Float64Array;
  windows: Int32Array;
  table: ReturnType<typeof documentsOf>;
} {
  const first = new Int32Array(documents.length + 1);
  documents.forEach(({ scores }, d) => (first[d + 1] = first[d]! + scores.length));
  const windows = Int32Array.from(documents.flatMap(({ scores }, d) => scores.map(() => d)));
  const table = {
    ...{ length: windows.length, window: WINDOW, domainNames: ['book', 'code'], documents: windows },
    domains: Uint16Array.from(windows, (d) => documents[d]!.domain),
    starts: new Int32Array(windows.length),
    byDomain: () => [],
    ids: { compare: (a: number, b: number) => a - b, bytes: (i: number) => Buffer.from(`${i}`) },
  };
  const lengths = Int32Array.from(documents, ({ length }) => length);
  return {
    values: Float64Array.from(documents.flatMap(({ scores }) => scores)),
    windows,
    table: documentsOf(table, first, lengths),
  };
}

const made = fc.array(
  fc.record({
    domain: fc.integer({ min: 0, max: 1 }),
    length: fc.integer({ min: WINDOW, max: 90 }),
    scores: fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 5 }),
  }),
  { maxLength: 12 },
);

describe('documents in place of windows', () => {
  it('have the mean, max or min of their windows', () => {
    const { values, table } = tables([
      { domain: 0, length: 30, scores: [1, 5, 3] },
      { domain: 0, length: 10, scores: [-2] },
    ]);
    const found = AGGREGATES.map((how) => [...perDocument(values, table.first, how)]);
    expect(found).toEqual([
      [3, -2],
      [5, -2],
      [1, -2],
    ]);
  });

  it('are kept best first within the budget of tokens; one that does not fit is passed over', () => {
    const { values, table, windows } = tables([
      { domain: 0, length: 50, scores: [1, 1] },
      { domain: 0, length: 90, scores: [9, 9] },
      { domain: 0, length: 40, scores: [5] },
      { domain: 1, length: 20, scores: [0] },
    ]);
    const scores = perDocument(values, table.first, 'mean');
    const choice = choose(table, scores, { keepTokens: 60, maxOverlap: 1 });
    const reasons = [...choice.reason].map((reason) => choice.reasons[reason]);
    expect(reasons).toEqual(['over the token budget', 'over the token budget', 'kept', 'kept']);
    expect([...choice.rank]).toEqual([3, 1, 2, 1]);
    const told = perWindow(choice, scores, windows);
    expect([...told.choice.rank]).toEqual([3, 3, 1, 1, 2, 1]);
    expect([...told.scores]).toEqual([1, 1, 9, 9, 5, 0]);
  });

  it('never have more tokens than the budget, and a better one that would fit is never left for a worse one', () => {
    fc.assert(
      fc.property(made, fc.integer({ min: 0, max: 300 }), (documents, keepTokens) => {
        const { values, table } = tables(documents);
        const scores = perDocument(values, table.first, 'mean');
        const { reason } = choose(table, scores, { keepTokens, maxOverlap: 1 });
        for (const domain of [0, 1]) {
          const own = documents.map((_, d) => d).filter((d) => documents[d]!.domain === domain);
          const kept = own.filter((d) => reason[d] === 0);
          const tokens = kept.reduce((sum, d) => sum + documents[d]!.length, 0);
          expect(tokens).toBeLessThanOrEqual(keepTokens);
          // What is left is too long for what its betters leave.
          for (const d of own.filter((one) => reason[one] !== 0)) {
            const better = kept.filter((one) => scores[one]! >= scores[d]!);
            const left = keepTokens - better.reduce((sum, one) => sum + documents[one]!.length, 0);
            const strictly = kept.filter((one) => scores[one]! > scores[d]!);
            expect(documents[d]!.length > left || strictly.length < better.length).toBe(true);
          }
        }
      }),
    );
  });

  it('are a share of the documents, not of the windows', () => {
    const { values, table } = tables([
      { domain: 0, length: 90, scores: [9, 9, 9, 9, 9] },
      { domain: 0, length: 10, scores: [1] },
    ]);
    const scores = perDocument(values, table.first, 'mean');
    const { reason } = choose(table, scores, { keep: 0.5, maxOverlap: 1 });
    expect([...reason]).toEqual([0, 1]);
  });
});
