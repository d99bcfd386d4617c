// What only whole processes can show: they end by themselves, worker threads work and can be ended, TypeScript runs without the addon.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { addonPath, torchAddonPath } from '../../src/native/addon-paths.js';
import { tempFolder } from '../support/temp-folder.js';
import { endlessSpec, LLAMA, specOf } from './models.js';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

let spec: string;
async function inFile(text: string): Promise<string> {
  const file = join(tempFolder(), 'spec');
  await writeFile(file, text);
  return file;
}
beforeAll(async () => {
  spec = await specOf(LLAMA);
});

const SCRIPT = join(import.meta.dirname, 'child.mjs');

async function child(action: string, model = spec, addon = addonPath()): Promise<string[]> {
  const args = [SCRIPT, action, addon, await inFile(model)];
  const { stdout, stderr } = await exec(process.execPath, args, { timeout: 60_000 });
  expect(stderr).toBe('');
  return stdout.trim().split('\n').sort();
}

/** The exit code of a child that ends itself. One that waits for its work is killed long before that could end. */
async function endOf(action: string, model = spec, addon = addonPath()): Promise<unknown> {
  const args = [SCRIPT, action, addon, await inFile(model)];
  const error = await exec(process.execPath, args, { timeout: 60_000 }).catch((reason: unknown) => reason);
  const { code, signal, stderr } = error as { code?: number; signal?: string; stderr: string };
  return { code, signal, stderr };
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

  it('does not wait for the batch of a worker thread that is ended, and survives', async () => {
    expect(await child('terminate')).toEqual(['4', 'terminated']);
  });

  it('does not wait for the model that such a thread opens', async () => {
    expect(await child('terminateOpening', await endlessSpec(), torchAddonPath())).toEqual(['terminated']);
  });

  const SEVEN = { code: 7, signal: null, stderr: '' };
  it.each(['exit', 'exitStopped', 'exitWithWorker'])(
    '%s: ends in the middle of a batch, with its code',
    async (action) => {
      expect(await endOf(action)).toEqual(SEVEN);
    },
  );

  it('ends while it opens a model, with its code', async () => {
    expect(await endOf('exitOpening', await endlessSpec(), torchAddonPath())).toEqual(SEVEN);
  });

  it('does all that with the torch half too', async () => {
    expect(await child('workers', spec, torchAddonPath())).toEqual(['0 0', '4', '4', '4']);
    expect(await child('terminate', spec, torchAddonPath())).toEqual(['4', 'terminated']);
    expect(await endOf('exitStopped', spec, torchAddonPath())).toEqual(SEVEN);
  });

  it('has no libtorch in it for layer 0', async () => {
    const [maps] = await child('maps');
    expect(maps).toBe('longattn.node');
  });

  it('makes an error of memory that an argument does not get', async () => {
    const command = `ulimit -v 6000000; exec "$0" "$1" tooLarge "$2" "$3"`;
    const args = ['-c', command, process.execPath, SCRIPT, addonPath(), await inFile(spec)];
    const { stdout } = await exec('bash', args, { timeout: 60_000 });
    expect(stdout.trim().split('\n')).toEqual(['true std::bad_alloc', '1']);
  });
});

describe('the export tables', () => {
  it('agree with binding.ts', async () => {
    const { stderr } = await exec(process.execPath, [join(ROOT, 'scripts', 'check-binding.mjs')]);
    expect(stderr).toBe('');
  });
});
