import { describe, expect, it } from '@jest/globals';
import { compareRow } from '../../src/verify/compare-row.js';
import { makeScore } from '../support/rows.js';

describe('compareRow', () => {
  const golden = makeScore(1, { heads: 2, length: 10, tokens: true, losses: true });

  it('compares tokens and losses where both sides have them', () => {
    const run = { ...golden, loss: golden.loss! * 1.5 };
    const differences = new Map(compareRow(run, golden).map((one) => [one.column, one]));
    expect(differences.get('loss')).toMatchObject({ head: undefined, index: undefined, run: run.loss });
    expect(differences.get('loss')!.error).toBeCloseTo(0.5, 12);
    expect(differences.get('nearLoss')!.error).toBe(0);
    expect(differences.get('tokenDs')!.error).toBe(0);
  });

  it('leaves out what one side does not have', () => {
    const { loss: _, nearLoss: __, tokenDs: ___, ...run } = golden;
    const columns = compareRow(run, golden).map(({ column }) => column);
    expect(columns).toHaveLength(8);
    expect(columns).not.toContain('loss');
  });
});
