import { expect, it } from '@jest/globals';
import { agreementOf } from '../../src/evidence/agreement.js';
import type { Candidate } from '../../src/evidence/candidate.js';
import { CaseTable } from '../../src/evidence/case-table.js';
import { Cells } from '../../src/evidence/cells.js';
import { REAL } from '../../src/evidence/cases.js';

/** Four windows of each of two domains; a quarter is kept, one of each. */
const cases = Array.from({ length: 8 }, (_, row) => {
  const domain = row < 4 ? 'a' : 'b';
  const pair = `${domain}:${row}:0`;
  return { caseId: `${pair}#real`, pair, control: REAL, domain, repeats: 0, cluster: row };
});
const table = new CaseTable(cases, [], []);
const named = (score: string, values: number[], more: Partial<Candidate> = {}): Candidate => ({
  ...more,
  score,
  values: (rows) => Float64Array.from(rows, (row) => values[row]!),
});

const up = named('up', [1, 2, 3, 4, 1, 2, 3, 4], { layer: 7 });
/** As `up` but for the best two of the second domain. */
const near = named('near', [1, 2, 3, 4, 1, 2, 4, 3]);
const paper = named('paper', [1, 2, 3, 4, 1, 2, 3, 4], { unguarded: true });

function agreed(refused: number[], share = 0.25): ReturnType<typeof agreementOf> {
  const barred = Uint8Array.from(cases, (_, row) => (refused.includes(row) ? 1 : 0));
  const cells = new Cells(table, { seed: 1, resamples: 10, refused: barred });
  return agreementOf([up, near, paper], cells, barred, share);
}

it('counts what two keep in common, domain by domain', () => {
  const { scores, matrix, kept } = agreed([]);
  expect(scores).toEqual(['up@7', 'near', 'paper']);
  expect(kept).toEqual([
    [1, 0.5, 1],
    [0.5, 1, 0.5],
    [1, 0.5, 1],
  ]);
  expect(matrix[0]![1]).toBeCloseTo(1 - 1 / 10, 1);
});

it('keeps behind the guard, except by a ranking that has none', () => {
  // Without row 3, `up` and `near` keep row 2 of the first domain; the paper's ranking keeps row 3.
  expect(agreed([3]).kept[0]).toEqual([1, 0.5, 0.5]);
  // The guard leaves nothing of the first domain.
  expect(agreed([0, 1, 2, 3]).kept[0]![2]).toBeCloseTo(2 / 3, 12);
  expect(agreed([0, 1, 2, 3, 4, 5, 6, 7]).kept[0]).toEqual([0, 0, 0]);
});
