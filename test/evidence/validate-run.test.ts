// A validation by its options, with a whole model of a few kilobytes: what the lift is measured at.
import { expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/base/random.js';
import { choiceFile } from '../../src/evidence/choice-file.js';
import { validateRun } from '../../src/evidence/validate-run.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { run } from '../../src/pipeline/pipeline.js';
import type { ValidationOptions } from '../../src/options/validate-options.js';
import { tempFolder } from '../support/temp-folder.js';

const MODEL = path.join(import.meta.dirname, '..', 'fixtures', 'models', 'llama');
const [DOCUMENTS, WINDOWS, WINDOW] = [6, 4, 64];

function corpus(file: string): string {
  const random = new Random(7, 'ids');
  const row = () => ({ ids: Array.from({ length: WINDOWS * WINDOW }, () => random.below(200)) });
  writeFileSync(file, Array.from({ length: DOCUMENTS }, () => `${JSON.stringify(row())}\n`).join(''));
  return `book=${file}`;
}

it('measures lift at the share that a selection will keep, or at what keeps 8 windows, and goes on with another', async () => {
  const folder = tempFolder();
  const options: ValidationOptions = {
    ...{ input: corpus(path.join(folder, 'ids.jsonl')), idsField: 'ids', model: MODEL, window: WINDOW, layers: '0,1' },
    ...{ windows: 24, controls: 'splice', loss: 'real', output: path.join(folder, 'CHECK') },
  };
  const shareOf = async (more: Partial<ValidationOptions>): Promise<number> =>
    (await validateRun({ ...options, ...more })).report.lift!.share;
  expect(await shareOf({ keep: '50%' })).toBe(0.5);
  expect(await shareOf({ keep: 0.75 })).toBe(0.75);
  expect(await shareOf({})).toBe(8 / (DOCUMENTS * WINDOWS));
  // Asked for later, the scores of others are measured beside what is there.
  const { report } = await validateRun({ ...options, peers: 'ladm,prolong' });
  const peers = report.lifts.filter(({ score }) => ['ladm', 'prolong'].includes(score));
  expect(peers.map(({ score, layer }) => [score, layer])).toEqual([
    ['prolong', null],
    ['ladm', 0],
    ['ladm', 1],
  ]);
  for (const { pooled, seconds } of peers) {
    expect(Number.isFinite(pooled.nats.value)).toBe(true);
    expect(seconds).toBeGreaterThan(0);
  }
  await expect(shareOf({ keep: '120%' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

it('fits a blend to the losses, names what it must beat, and a run ranks by a blend of several layers as its file says', async () => {
  const folder = tempFolder();
  const options: ValidationOptions = {
    ...{ input: corpus(path.join(folder, 'ids.jsonl')), idsField: 'ids', model: MODEL, window: WINDOW, layers: '0,1' },
    ...{ windows: 24, controls: 'splice', fit: true, output: path.join(folder, 'CHECK') },
  };
  await expect(validateRun({ ...options, loss: 'none' })).rejects.toThrow('fit gain must not be given with loss none');
  const { report, certificate } = await validateRun(options);
  expect(report.fit).toMatchObject({ windows: (DOCUMENTS * WINDOWS) / 2, documents: DOCUMENTS / 2 });
  expect(report.advice.join(' ')).toMatch(/fitted to nll-gain on 12 windows|Fitted on 12 windows of 3 documents/);
  const { revision } = await openModelFolder(MODEL, { layers: [0, 1], dtype: 'float32' });
  const score = 'blend:0.6*content@1+-0.4*ds@0+0.2*gzip';
  const choice = { ...report.choice, score, layer: null, heads: 'all' as const };
  const origin = { rule: 'quarter' as const, revision };
  const file = choiceFile({ ...report, choice }, origin, { ...certificate, tells: true });
  const { input, idsField, model } = options;
  const started = { input, idsField, model, keep: 0.5, output: path.join(folder, 'RUN') };
  const { domains } = await run({ ...file, ...started });
  expect(domains.map(({ kept }) => kept)).toEqual([(DOCUMENTS * WINDOWS) / 2]);
  const other = { ...file, _found: { ...(file['_found'] as object), model: { path: 'm', revision: 'another' } } };
  await expect(run({ ...other, ...started, output: path.join(folder, 'OTHER') })).rejects.toMatchObject({
    code: 'CHOICE_OF_ANOTHER_MODEL',
  });
});
