// `export` after `select`: the windows that were chosen, not those of the defaults.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { exportRun, run, select } from '../../src/pipeline/pipeline.js';
import { finish } from '../../src/pipeline/finish.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { demoModel, temporaryFolder } from '../support/cli.js';
import { makeCorpus } from '../support/corpus.js';

const folder = temporaryFolder();
const output = path.join(folder, 'RUN');
const selection = (name = 'selection'): Buffer => readFileSync(path.join(output, 'selection', `${name}.arrow`));

beforeAll(async () => {
  mkdirSync(path.join(folder, 'corpus'));
  await run({ input: makeCorpus(path.join(folder, 'corpus')), model: demoModel, window: 256, output });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each<[string, RunOptions]>([
  ['a share and an alpha', { output, keep: 0.5, alpha: 0 }],
  ['a count, a budget and a draw', { output, score: 'gzip', keepTokens: 2048, temperature: 0.5, seed: 7 }],
  ['another k, some heads and no guard', { output, score: 'content', selectK: 128, heads: [1, 3], maxRepeats: 1 }],
  ['whole documents', { output, unit: 'document', aggregate: 'max', keep: 0.5 }],
  ['a choice with a certificate', { output, score: 'gzip', keep: 0.3, _found: choice('gzip') }],
])('exports by %s, as they were selected', async (_, options) => {
  const { domains } = await select(options);
  const before = selection();
  const exported = await exportRun({ output, format: 'jsonl' });
  expect(exported.domains.map(({ kept }) => kept)).toEqual(domains.map(({ kept }) => kept));
  expect(selection().equals(before)).toBe(true);
});

it('exports a named selection, and by options that are given', async () => {
  await select({ output, keep: 0.5 });
  await select({ output, keep: 0.25, name: 'quarter' });
  const [half, quarter] = [selection(), selection('quarter')];
  await exportRun({ output, name: 'quarter' });
  expect(selection('quarter').equals(quarter)).toBe(true);
  expect(selection().equals(half)).toBe(true);
  await exportRun({ output, keep: 0.25 });
  expect(selection().equals(half)).toBe(false);
});

it('keeps the sum of a certificate on the card', async () => {
  await select({ output, score: 'gzip', _found: choice('gzip') });
  const { result } = await exportRun({ output });
  expect(readFileSync(path.join(result, 'README.md'), 'utf8')).toContain(
    `sha256 of its certificate: ${'a'.repeat(64)}`,
  );
});

it('leaves `run` and `finish` to what they are told', async () => {
  await select({ output, keep: 0.5 });
  const half = selection();
  await finish({ output });
  const finished = selection();
  expect(finished.equals(half)).toBe(false);
  await select({ output, keep: 0.5 });
  await run({ output });
  expect(selection().equals(finished)).toBe(true);
});

function choice(score: string): object {
  return {
    model: { path: demoModel, revision: '0' },
    chosen: { score },
    certificate: { sha256: 'a'.repeat(64), tells: true, page: '## Certificate' },
  };
}

it('needs the corpus for texts alone: its ids are those of the windows', async () => {
  await select({ output, keep: 0.5 });
  renameSync(path.join(folder, 'corpus'), path.join(folder, 'elsewhere'));
  try {
    for (const options of [{ format: 'parquet', columns: ['window_id', 'input_ids'] }, { format: 'tokens' }] as const)
      expect((await exportRun({ output, ...options })).result).toBe(path.join(output, 'export'));
    await expect(exportRun({ output, format: 'jsonl' })).rejects.toMatchObject({ code: 'INPUT_MISSING' });
  } finally {
    renameSync(path.join(folder, 'elsewhere'), path.join(folder, 'corpus'));
  }
});
