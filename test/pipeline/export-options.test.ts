// What is wrong with an export by its options alone is told before a window is cut.
import { expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../src/pipeline/pipeline.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { tempFolder } from '../support/temp-folder.js';

const model = path.join(import.meta.dirname, '..', 'fixtures', 'models', 'llama');

it.each([
  [{ format: 'hf', eos: 0 }, /^eos must not be given with the format hf/],
  [{ format: 'parquet', columns: 'input_ids,tokens' }, /^columns must not be "tokens"/],
  [{ format: 'parquet', to: '/data/out' }, /^nothing can be sent to "\/data\/out"\. Give an address of s3:/],
] as const)('%j', async (options, message) => {
  const folder = tempFolder();
  const file = path.join(folder, 'a.jsonl');
  writeFileSync(file, `${JSON.stringify({ ids: Array.from({ length: 100 }, (_, i) => i) })}\n`);
  const output = path.join(folder, 'RUN');
  const given = { input: `d=${file}`, idsField: 'ids', model, window: 16, output, score: 'gzip', ...options };
  await expect(run(given as unknown as RunOptions)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(message) as unknown,
  });
  expect(existsSync(path.join(output, 'windows', 'part-00000.arrow'))).toBe(false);
});
