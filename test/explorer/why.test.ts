import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { longattn } from '../../src/scores/attention/longattn.js';
import { guardsOf } from '../../src/selection/budget.js';
import { decisionText, headsByDifference, headText, ldsParts, scoreText, type Decision } from '../../explorer/why.js';
import type { PageScore, PageSettings } from '../../src/report/page-data.js';

const SCORE = { name: 'longattn', formula: 'Std(DS) + alpha * Std(DU)', std: 'zscore' } as PageScore;
const SETTINGS: PageSettings = { alpha: 0.5, keep: 0.25, maxOverlap: 0.5, maxPerDocument: 2, maxRepeats: 0.3 };
const DECISION: Decision = {
  ...{ reason: 'kept', domain: 'sea', rank: 3, windows: 96, kept: 24, score: 1.5, cut: 0.5, repeats: 0.4 },
};

describe('the parts of an LDS', () => {
  const number = fc.double({ min: -1, max: 1, noNaN: true });

  it('are Std(DS) and alpha * Std(DU) of its domain alone, and add up to the score', () => {
    const windows = fc.array(fc.tuple(number, number, fc.boolean()), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(windows, fc.double({ min: -2, max: 2, noNaN: true }), (all, alpha) => {
        const rows = Uint32Array.from(all.flatMap(([, , own], i) => (own ? [i] : [])));
        fc.pre(rows.length > 0);
        const columns = [0, 1].map((at) => Float64Array.from(all, (one) => one[at] as number));
        const own = columns.map((column) => Float64Array.from(rows, (row) => column[row]!));
        for (const std of ['zscore', 'minmax'] as const) {
          const scores = longattn.combine(own, { alpha, std });
          const uniformity = longattn.combine([own[1]!, own[0]!], { alpha: 0, std });
          rows.forEach((row, i) => {
            const { ds, du } = ldsParts(columns, rows, row, { std, score: scores[i]! });
            expect(ds + du).toBeCloseTo(scores[i]!, 10);
            expect(du).toBeCloseTo(alpha * uniformity[i]!, 10);
          });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are standard deviations from the mean', () => {
    const columns = [Float64Array.of(9, 1, 3, 5), Float64Array.of(9, 0, 4, 2)];
    // DS of rows 1 to 3: mean 3, deviation sqrt(8/3); DU: mean 2, the same deviation.
    const { ds, du } = ldsParts(columns, Uint32Array.of(1, 2, 3), 3, { std: 'zscore', score: 2 / Math.sqrt(8 / 3) });
    expect(ds).toBeCloseTo(1.2247, 4);
    expect(du).toBeCloseTo(0, 12);
  });
});

describe('in words', () => {
  it('names the head that differs most from its mean, and the one that looks back most', () => {
    const heads = headsByDifference([0.3, 0.2, 0.5, 0.1], { mean: [0.28, 0.3, 0.49, 0.1], std: [0.04, 0.1, 0.002, 0] });
    expect(heads.map(({ head }) => head)).toEqual([2, 1, 0, 3]);
    expect(headText(heads, 'sea')).toBe(
      'Which head: 2 of 4 heads, numbered from 0, look further back than on average in sea. Furthest from it: ' +
        'head 2 (DS 0.5, 5.0 standard deviations above), head 1 (DS 0.2, 1.0 standard deviations below), ' +
        'head 0 (DS 0.3, 0.5 standard deviations above). Head 2 looks back most, with 0.5; on average it has 0.49.',
    );
  });

  it('says how much comes from DS and how much from DU', () => {
    expect(scoreText(SCORE, SETTINGS, 0.9, { ds: 1.5, du: -0.6 })).toBe(
      "Its score is 0.9 by longattn = Std(DS) + alpha * Std(DU): 1.5 comes from DS, which is 1.5 standard deviations above the domain's mean, " +
        "and -0.6 from alpha 0.5 times DU, which is 1.2 standard deviations below the domain's mean.",
    );
    expect(scoreText({ ...SCORE, std: 'minmax' }, SETTINGS, 0.5, { ds: 0.25, du: 0.25 })).toContain(
      'DS, which is at 25.0\u00a0% of the way from the lowest to the highest',
    );
    expect(scoreText(SCORE, { ...SETTINGS, alpha: 0 }, 1.5, { ds: 1.5, du: 0 })).toMatch(/0 from DU, .*leaves out\.$/);
    expect(scoreText({ ...SCORE, name: 'gzip', formula: 'x' }, SETTINGS, 2)).toBe('Its score is 2 by gzip = x.');
  });

  it('says what decided', () => {
    const of = (changes: Partial<Decision>, settings = SETTINGS): string =>
      decisionText({ ...DECISION, ...changes }, settings);
    const place = 'rank 3 of 96 in sea, where 24 are kept';
    const cut = 'The cut, the score of the last kept, is 0.5.';
    expect(of({})).toBe(`Kept: ${place}. ${cut}`);
    expect(of({}, { ...SETTINGS, temperature: 2 })).toMatch(/drawn, with temperature 2\.$/);
    const below = { reason: 'below the cut', score: 0.25 };
    expect(of(below)).toBe(
      `Not kept: below the cut; ${place}. ${cut} The budget decided: its score is 0.25 below the cut.`,
    );
    expect(of({ ...below, score: 0.5 })).toMatch(/first by id is taken\.$/);
    expect(of({ ...below, kept: 0, cut: Infinity })).toMatch(/where 0 are kept\.$/);
    expect(of({ reason: 'over the token budget', score: 0 })).toMatch(/0\.5 below the cut\.$/);
    expect(of({ reason: 'not drawn' })).toMatch(/The draw took others\.$/);
  });

  it('knows every guard, and says where the score alone would do', () => {
    const none = new Float64Array(1);
    const table = { documents: new Int32Array(1), starts: new Int32Array(1), window: 4 };
    const guards = guardsOf(SETTINGS, table, none);
    expect(guards).toHaveLength(3);
    for (const { reason } of guards) {
      expect(decisionText({ ...DECISION, reason }, SETTINGS)).toMatch(/The guard decided: .* By its score alone/);
      expect(decisionText({ ...DECISION, reason, score: 0 }, SETTINGS)).toMatch(/The guard decided: (?!.*alone)/);
    }
    const { reason } = guards[0]!;
    expect(decisionText({ ...DECISION, reason }, SETTINGS)).toContain(
      '40.0\u00a0% of it lie inside verbatim repeats, and 30.0\u00a0% may.',
    );
  });
});
