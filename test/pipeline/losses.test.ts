// `--losses` and the score nll-gain, from token ids to a ranking, against transformers' losses; and `--dtype`.
import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readScores, readSelection } from '../../src/arrow/reader.js';
import { score, select } from '../../src/pipeline/pipeline.js';
import type { ScoreRow } from '../../src/base/records.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { demoModel } from '../support/cli.js';
import { collect } from '../support/collect.js';
import { tempFolder } from '../support/temp-folder.js';

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures');
const read = (...names: string[]) => readFileSync(path.join(FIXTURES, ...names), 'utf8');

interface GoldenLoss {
  window: string;
  k: number;
  loss: number[];
  loss_near: number[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A corpus of the one golden window, and what transformers says of it. */
function goldenRun(model: string): { options: RunOptions; golden: GoldenLoss } {
  const { loss } = JSON.parse(read('goldens', `${model}.json`)) as { loss: GoldenLoss[] };
  const golden = loss[0]!;
  const windows = read('windows.jsonl').trim().split('\n');
  const { ids } = windows
    .map((line) => JSON.parse(line) as { id: string; ids: number[] })
    .find(({ id }) => id === golden.window)!;
  const folder = tempFolder();
  const file = path.join(folder, 'ids.jsonl');
  writeFileSync(file, `${JSON.stringify({ ids })}\n`);
  const options = {
    ...{ input: `book=${file}`, idsField: 'ids', window: ids.length, k: golden.k },
    ...{ model: path.join(FIXTURES, 'models', model), output: path.join(folder, 'RUN') },
  };
  return { options, golden };
}

const scoresOf = ({ output }: RunOptions): Promise<ScoreRow[]> =>
  collect(readScores(path.join(`${output}`, 'scores', 'part-00000.arrow')));

describe('--losses', () => {
  it('stores the losses of transformers with each layer, and nll-gain ranks by their difference', async () => {
    const { options, golden } = goldenRun('llama');
    await select({ ...options, losses: true, layers: '0,1', score: 'nll-gain', keep: 1 });
    const rows = await scoresOf(options);
    expect(rows.map(({ layer }) => layer)).toEqual([0, 1]);
    for (const { loss, nearLoss } of rows) {
      expect(loss).toBeCloseTo(mean(golden.loss), 4);
      expect(nearLoss).toBeCloseTo(mean(golden.loss_near), 4);
    }
    const [chosen] = await collect(readSelection(path.join(`${options.output}`, 'selection', 'selection.arrow')));
    expect(chosen!.score).toBe(rows[0]!.nearLoss! - rows[0]!.loss!);
  });

  it('are missed by nll-gain where they were not stored, and are part of what a run is', async () => {
    const { options } = goldenRun('llama');
    await score(options);
    await expect(select({ ...options, score: 'nll-gain' })).rejects.toMatchObject({ code: 'LOSSES_NOT_STORED' });
    await expect(score({ ...options, losses: true })).rejects.toMatchObject({
      code: 'SPEC_CHANGED',
      message: expect.stringContaining('losses'),
    });
    expect((await scoresOf(options))[0]).not.toHaveProperty('loss');
  });

  it('want the whole model', async () => {
    const { options } = goldenRun('llama');
    await expect(score({ ...options, model: demoModel, losses: true })).rejects.toMatchObject({
      ...{ code: 'LOSS_UNAVAILABLE', exitCode: 3 },
      message: expect.stringContaining('Leave --losses out, or give the whole model'),
    });
  });

  it('want a near context', async () => {
    const { options } = goldenRun('llama');
    await expect(score({ ...options, k: 0, losses: true })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('--dtype weights', () => {
  it('runs the layers below in the type of the weights: near to float32, and not equal', async () => {
    const [whole, half] = [goldenRun('llama_bf16_sharded'), goldenRun('llama_bf16_sharded')];
    await score({ ...whole.options, layers: 1 });
    await score({ ...half.options, layers: 1, dtype: 'weights' });
    const [exact, rounded] = [(await scoresOf(whole.options))[0]!, (await scoresOf(half.options))[0]!];
    expect(rounded.ds).not.toEqual(exact.ds);
    exact.ds.forEach((ds, head) => expect(rounded.ds[head]).toBeCloseTo(ds, 2));
  });
});
