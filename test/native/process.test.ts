// What only whole processes can show: they end by themselves, worker threads work and can be ended, TypeScript runs without the addon.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { addonPath } from '../../src/native/load.js';
import { LLAMA, specOf } from './models.js';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

let spec: string;
beforeAll(async () => {
  spec = await specOf(LLAMA);
});

async function child(action: string): Promise<string[]> {
  const script = join(import.meta.dirname, 'child.mjs');
  const { stdout, stderr } = await exec(process.execPath, [script, action, addonPath(), spec], { timeout: 60_000 });
  expect(stderr).toBe('');
  return stdout.trim().split('\n').sort();
}

describe('a process with the addon', () => {
  it('ends by itself with a model left open', async () => {
    expect(await child('leave')).toEqual(['4']);
  });

  it('ends after the last answer', async () => {
    expect(await child('unanswered')).toEqual(['answered']);
  });

  it('runs models in two worker threads and the main one', async () => {
    expect(await child('workers')).toEqual(['0 0', '4', '4', '4']);
  });

  it('survives the end of a worker thread that scores', async () => {
    expect(await child('terminate')).toEqual(['terminated']);
  });
});

describe('the export tables', () => {
  it('agree with binding.ts', async () => {
    const { stderr } = await exec(process.execPath, [join(ROOT, 'scripts', 'check-binding.mjs')]);
    expect(stderr).toBe('');
  });
});
