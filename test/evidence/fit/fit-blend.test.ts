import { describe, expect, it } from '@jest/globals';
import { Random } from '../../../src/base/random.js';
import { countCandidates, type Candidate } from '../../../src/evidence/candidate.js';
import { CaseTable } from '../../../src/evidence/case-table.js';
import { REAL } from '../../../src/evidence/cases.js';
import { fitBlend, type FittedBlend } from '../../../src/evidence/fit/fit-blend.js';
import { gainProblem, pairProblem } from '../../../src/evidence/fit/problem.js';
import { resolveScore } from '../../../src/scores/resolve.js';

const WINDOWS = 40;
const random = new Random(1, 'fit');
const column = (): Float64Array => Float64Array.from({ length: 2 * WINDOWS }, () => random.below(1000) / 1000);
/** Each real window (even rows) has one control (odd rows), in two domains of two windows a document. */
const [gzip, distinct, other] = [column(), column(), column()];

function tableOf(counts: Record<string, Float64Array>, clusterOf = (window: number): number => window): CaseTable {
  const cases = Array.from({ length: 2 * WINDOWS }, (_, row) => {
    const window = row >> 1;
    const domain = window % 4 < 2 ? 'a' : 'b';
    const pair = `${domain}:${window >> 2}:${(window % 2) * 100}`;
    const control = row % 2 === 0 ? REAL : 'splice';
    return { caseId: `${pair}#${control}`, pair, control, domain, repeats: 0, cluster: clusterOf(window) };
  });
  const controls = [{ name: 'splice', higher: 'real' as const, how: '', notes: [] }];
  return new CaseTable(
    cases,
    controls,
    Object.entries(counts).map(([score, values]) => ({ score, k: score === 'distinct' ? 16 : undefined, values })),
  );
}

/** Worth of a window: one score for it, one against it, and a little of neither. */
const gains = gzip.map((value, row) => (row % 2 === 0 ? value - 0.5 * distinct[row]! + 0.01 * other[row]! : NaN));
const nobody = new Uint8Array(2 * WINDOWS);

const fitted = (table: CaseTable, refused = nobody, candidates = countCandidates(table)): FittedBlend =>
  fitBlend(candidates, table, gainProblem(table, gains, refused));

describe('fitBlend', () => {
  const table = tableOf({ gzip, distinct });

  it('finds the terms and their signs, and is spelled as `select` takes it', () => {
    const { candidate, terms, l2, windows, documents } = fitted(table);
    expect(terms.map(({ score, layer }) => ({ score, layer }))).toEqual([
      { score: 'gzip', layer: null },
      { score: 'distinct', layer: null },
    ]);
    expect(terms[0]!.weight).toBeCloseTo(2 / 3, 1);
    expect(terms[1]!.weight).toBeCloseTo(-1 / 3, 1);
    expect(l2).toBeGreaterThan(0);
    expect([windows, documents]).toEqual([WINDOWS, WINDOWS / 2]);
    const resolved = resolveScore(candidate!.score);
    expect(resolved).toMatchObject({ kind: 'blend', parts: terms.map(({ weight }) => ({ weight })) });
    // The k of the scores that have one, and no heads: nothing in it has any.
    expect(candidate).toMatchObject({ k: 16 });
    expect(candidate).not.toHaveProperty('heads');
    expect(fitted(table).candidate!.score).toBe(candidate!.score);
  });

  it('names the layers of what is made of attention', () => {
    const [first, second] = countCandidates(table);
    const seen: Candidate = { ...first!, score: 'content', layer: 14, heads: 'all', k: 16 };
    const { candidate, terms } = fitted(table, nobody, [seen, second!]);
    expect(terms[0]).toMatchObject({ score: 'content', layer: 14 });
    expect(candidate!.score).toMatch(/^blend:0\.\d+\*content@14\+-0\.\d+\*distinct$/);
    expect(candidate).toMatchObject({ heads: 'all', k: 16 });
    expect(candidate!.layer).toBeUndefined();
    expect(resolveScore(candidate!.score)).toMatchObject({ parts: [{ layer: 14 }, {}] });
  });

  it('takes no score that is not a number somewhere, be it on a control', () => {
    const broken = gzip.map((value, row) => (row === 7 ? NaN : value));
    const { candidate, terms } = fitted(tableOf({ gzip: broken, distinct }));
    expect(terms.map(({ score }) => score)).toEqual(['distinct']);
    expect(candidate!.values(Int32Array.of(0, 1, 4, 5)).every(Number.isFinite)).toBe(true);
  });

  it('fits no window that the guard refuses', () => {
    // On the refused ones distinct is all there is, and the wrong way round.
    const refused = nobody.map((_, row) => (row % 8 === 0 ? 1 : 0));
    const turned = gains.map((gain, row) => (refused[row] ? 50 * distinct[row]! : gain));
    const half = fitBlend(countCandidates(table), table, gainProblem(table, turned, refused));
    expect(half.windows).toBe((3 * WINDOWS) / 4);
    expect(half.terms.find(({ score }) => score === 'distinct')!.weight).toBeLessThan(0);
  });

  it('never parts near-duplicates of different documents: they count as one', () => {
    expect(fitted(tableOf({ gzip, distinct }, (window) => window % 4)).documents).toBe(2);
    expect(fitted(tableOf({ gzip, distinct }, () => 0)).documents).toBe(2); // clusters are of a domain
  });

  it('has no terms where nothing foretells the worth', () => {
    const { candidate, terms, l2 } = fitted(tableOf({ gzip: new Float64Array(2 * WINDOWS) }));
    expect([candidate, terms, l2]).toEqual([undefined, [], null]);
  });
});

describe('fitBlend of pairs', () => {
  // A control is a little below its real window in the one score, and above it in the other; `other` says nothing.
  const shift = (values: Float64Array, by: number): Float64Array =>
    values.map((value, row) => (row % 2 === 0 ? value : values[row - 1]! + by * (0.5 + value)));
  const told = { gzip: shift(gzip, -0.2), distinct: shift(distinct, 0.1), 'last-recurrence-1': other };
  const table = tableOf(told);
  const pairs = (refused = nobody, of = table): FittedBlend =>
    fitBlend(countCandidates(of), of, pairProblem(of, of.controls, refused));

  it('finds what tells a real window from its control, without losses', () => {
    const { candidate, terms, windows, pairs: rows, documents } = pairs();
    expect(terms.map(({ score, weight }) => [score, Math.sign(weight)])).toEqual(
      expect.arrayContaining([
        ['gzip', 1],
        ['distinct', -1],
      ]),
    );
    expect([windows, rows, documents]).toEqual([WINDOWS, WINDOWS, WINDOWS / 2]);
    expect(resolveScore(candidate!.score)).toMatchObject({ kind: 'blend' });
    const [real, control] = [0, 1].map((side) => Int32Array.from({ length: WINDOWS }, (_, pair) => 2 * pair + side));
    const values = candidate!.values(Int32Array.of(...real!, ...control!));
    const won = values.subarray(0, WINDOWS).filter((value, pair) => value > values[WINDOWS + pair]!);
    expect(won.length).toBeGreaterThan(0.9 * WINDOWS);
  });

  it('turns with the side that must be higher', () => {
    const turned = table.withControls([{ name: 'splice', higher: 'control', how: '', notes: [] }]);
    const signs = ({ terms }: FittedBlend): unknown => terms.map(({ score, weight }) => [score, weight]);
    const mirrored = pairs().terms.map(({ score, weight }) => [score, -weight]);
    expect(signs(pairs(nobody, turned))).toEqual(mirrored);
  });

  it('fits no pair of which the guard refuses a side', () => {
    const refused = nobody.map((_, row) => (row % 8 === 1 || row % 8 === 2 ? 1 : 0));
    expect(pairs(refused)).toMatchObject({ pairs: WINDOWS / 2, windows: WINDOWS / 2 });
  });

  it('takes no score that is the same for all real windows, and has no terms without controls', () => {
    const flat = tableOf({ gzip: gzip.map((value, row) => (row % 2 === 0 ? 1 : value)) });
    expect(pairs(nobody, flat).terms).toEqual([]);
    expect(pairs(nobody, table.withControls([])).candidate).toBeUndefined();
  });
});
