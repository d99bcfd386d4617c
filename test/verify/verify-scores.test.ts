import { beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readScores } from '../../src/arrow/reader.js';
import { scoreRow } from '../../src/arrow/rows.js';
import { scoreColumns } from '../../src/arrow/schema.js';
import { ArrowWriter } from '../../src/arrow/writer.js';
import type { ScoreRow } from '../../src/base/records.js';
import { writeAtomically } from '../../src/io/atomic-file.js';
import type { Run } from '../../src/run/directory.js';
import { verifyScores, writeGolden } from '../../src/verify/verify-scores.js';
import { collect } from '../support/collect.js';
import { makeScoredRun, someWindows } from '../support/made-run.js';

const dir = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
const golden = path.join(dir, 'golden.arrow');
let run: Run;
beforeAll(async () => {
  run = await makeScoredRun(
    path.join(dir, 'run'),
    [[], someWindows(3, 8), someWindows(0, 3), someWindows(0, 2, 'code')],
    { layers: [0, 3] },
  );
  expect(await writeGolden(run, golden)).toBe(26);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** The golden file with some rows changed. */
async function changedGolden(change: (rows: ScoreRow[]) => ScoreRow[] | void, heads = 3): Promise<string> {
  const rows = await collect(readScores(golden));
  const changed = change(rows) ?? rows;
  const file = path.join(dir, 'changed.arrow');
  await writeAtomically(file, async (sink) => {
    const writer = new ArrowWriter(sink, scoreColumns(heads), {
      metadata: { model: 'other', layers: '0,3', window: '64', k: 'quarter' },
    });
    for (const row of changed) await writer.push(scoreRow(row));
    await writer.close();
  });
  return file;
}

describe('verifyScores', () => {
  it('finds a run equal to its own golden file', async () => {
    const result = await verifyScores(run, { golden });
    expect(result).toMatchObject({
      ok: true,
      rows: 26,
      rowsBeyond: 0,
      metadata: [],
      missingInRun: { count: 0 },
      missingInGolden: { count: 0 },
    });
    expect(result.worst.map(({ column }) => column).sort()).toEqual([
      'ds',
      'entropy',
      'farPeak',
      'massBins',
      'sinkMassBins',
      'sinkSquareBins',
      'squareBins',
      'variance',
    ]);
    expect(result.worst.every(({ error }) => error === 0)).toBe(true);
  });

  it('writes golden files in the order of domain, window and layer, the same for other parts', async () => {
    const other = await makeScoredRun(
      path.join(dir, 'other'),
      [[...someWindows(0, 11), ...someWindows(0, 2, 'code')]],
      { layers: [0, 3] },
    );
    const second = path.join(dir, 'second.arrow');
    await writeGolden(other, second);
    expect(readFileSync(second).equals(readFileSync(golden))).toBe(true);
    const keys = (await collect(readScores(golden))).map(
      ({ domain, windowId, layer }) => `${domain} ${windowId} ${layer}`,
    );
    expect(keys).toEqual([...keys].sort());
  });

  it('names the largest difference of each column: window, layer, head, bin', async () => {
    const changed = await changedGolden((rows) => {
      rows[4]!.ds[2]! *= 1 + 3e-5;
      rows[5]!.ds[1]! *= 1 + 2e-5;
      rows[7]!.sinkSquareBins[32 + 9]! *= 1.5;
    });
    const result = await verifyScores(run, { golden: changed });
    expect(result).toMatchObject({ ok: false, rows: 26, rowsBeyond: 3 });
    const rows = await collect(readScores(golden));
    expect(result.worst[0]).toMatchObject({
      column: 'sinkSquareBins',
      windowId: rows[7]!.windowId,
      layer: rows[7]!.layer,
      head: 1,
      index: 9,
    });
    expect(result.worst[0]!.error).toBeCloseTo(1 / 3, 12);
    expect(result.worst[1]).toMatchObject({
      column: 'ds',
      windowId: rows[4]!.windowId,
      layer: rows[4]!.layer,
      head: 2,
      index: undefined,
    });
    expect(result.worst[1]!.error / 3e-5).toBeCloseTo(1, 4);
    expect(await verifyScores(run, { golden: changed, rtol: 0.34 })).toMatchObject({ ok: true, rowsBeyond: 0 });
    expect(result.metadata).toEqual([{ name: 'model', run: 'fake', golden: 'other' }]);
  });

  it('compares numbers near zero on the scale of their row, tiny columns relatively', async () => {
    const nearZero = await changedGolden((rows) => {
      rows[0]!.massBins[0] = 1e-4;
      rows[0]!.massBins[5] = rows[0]!.massBins[5]! + 1e-20;
    });
    const { worst } = await verifyScores(run, { golden: nearZero });
    expect(worst.find(({ column }) => column === 'massBins')).toMatchObject({ index: 0 });
    // Everything of one column scaled: the error does not depend on how small the numbers are.
    const scaled = await changedGolden((rows) =>
      rows.forEach((row) => row.variance.forEach((_, i) => (row.variance[i]! *= 1.001))),
    );
    expect((await verifyScores(run, { golden: scaled })).worst[0]).toMatchObject({
      column: 'variance',
      error: expect.closeTo(0.001 / 1.001, 6),
    });
  });

  it('takes a number that is none for a difference', async () => {
    const changed = await changedGolden((rows) => (rows[0]!.entropy.fill(NaN), undefined));
    expect(await verifyScores(run, { golden: changed })).toMatchObject({ ok: false, rowsBeyond: 1 });
    expect((await verifyScores(run, { golden: changed })).worst[0]).toMatchObject({
      column: 'entropy',
      error: Infinity,
    });
  });

  it('says which rows are on one side only, or cannot be compared', async () => {
    const changed = await changedGolden((rows) => {
      rows[2]!.k++;
      return [...rows.slice(1), { ...rows[0]!, windowId: 'extra:0' }];
    });
    const result = await verifyScores(run, { golden: changed });
    const rows = await collect(readScores(golden));
    const name = ({ domain, windowId, layer }: ScoreRow) => ({ domain, windowId, layer });
    expect(result).toMatchObject({ ok: false, rows: 24, rowsBeyond: 0 });
    expect(result.missingInGolden).toEqual({ count: 1, rows: [name(rows[0]!)] });
    expect(result.missingInRun).toEqual({ count: 1, rows: [{ ...name(rows[0]!), windowId: 'extra:0' }] });
    expect(result.unlike).toEqual({ count: 1, rows: [{ ...name(rows[2]!), reason: 'k 16 instead of 17' }] });
  });

  it('says that the heads differ', async () => {
    const two = await changedGolden(
      (rows) =>
        rows.map((row) => {
          const cut = (values: Float64Array): Float64Array => values.slice(0, (values.length / 3) * 2);
          const { ds, variance, entropy, farPeak, massBins, squareBins, sinkMassBins, sinkSquareBins } = row;
          return {
            ...row,
            ...{ ds: cut(ds), variance: cut(variance), entropy: cut(entropy), farPeak: cut(farPeak) },
            ...{
              massBins: cut(massBins),
              squareBins: cut(squareBins),
              sinkMassBins: cut(sinkMassBins),
              sinkSquareBins: cut(sinkSquareBins),
            },
          };
        }),
      2,
    );
    expect((await verifyScores(run, { golden: two })).unlike).toMatchObject({
      count: 26,
      rows: expect.arrayContaining([expect.objectContaining({ reason: 'heads 3 instead of 2' })]),
    });
  });

  it('refuses a golden file that is missing, twice, or no table of scores', async () => {
    await expect(verifyScores(run, { golden: path.join(dir, 'none.arrow') })).rejects.toMatchObject({
      code: 'GOLDEN_MISSING',
      exitCode: 3,
    });
    const twice = await changedGolden((rows) => [...rows, rows[0]!]);
    await expect(verifyScores(run, { golden: twice })).rejects.toMatchObject({ code: 'GOLDEN_TWICE' });
    await expect(verifyScores(run, { golden: run.windows.file('part-00001') })).rejects.toMatchObject({
      code: 'ARROW_SCHEMA',
    });
  });
});
