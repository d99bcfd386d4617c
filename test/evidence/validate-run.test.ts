// A validation by its options, with a whole model of a few kilobytes: what the lift is measured at.
import { expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/base/random.js';
import { validateRun } from '../../src/evidence/validate-run.js';
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
