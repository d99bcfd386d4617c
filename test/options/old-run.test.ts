// A run directory that the first version wrote (test/fixtures/runs/format-1): this version starts the same and goes on with it.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { contents as allContents, demoModel, root } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

const FIXTURE = path.join(root, 'test', 'fixtures', 'runs', 'format-1');
const START = ['--input', 'book=ids.jsonl', '--ids-field', 'ids', '--model', 'model', '--window', '64'];
let folder: string;

beforeEach(() => {
  folder = tempFolder();
  cpSync(FIXTURE, folder, { recursive: true });
  // Git keeps no empty folders.
  for (const name of ['selection', 'logs']) mkdirSync(at('RUN', name));
  symlinkSync(demoModel, path.join(folder, 'model'));
});

function longattn(...args: string[]): { status: number | null; stderr: string } {
  const main = path.join(root, 'dist', 'cli', 'main.js');
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
}

/** Without counts and documents, which runs of the first version lack: they are made beside it. */
const contents = (run: string): Record<string, string> =>
  Object.fromEntries(Object.entries(allContents(run)).filter(([name]) => !/^(counts|documents)\//.test(name)));
const at = (...names: string[]): string => path.join(folder, ...names);
const manifest = (run: string): Record<string, unknown> =>
  JSON.parse(readFileSync(at(run, 'run.json'), 'utf8')) as Record<string, unknown>;

describe('a run of the first version', () => {
  it('is started with the same options and hashes today, however the options are spelled', () => {
    const { spec, hashes, specHash } = manifest('RUN');
    for (const [run, ...more] of [['A'], ['B', '--losses=false', '--dtype', 'float32', '--layers', '0']] as const) {
      expect(longattn('score', run, ...START, ...more)).toMatchObject({ status: 0 });
      expect(manifest(run)).toMatchObject({ spec: spec as object, hashes: hashes as object, specHash });
    }
  });

  it('needs no model to be selected from', () => {
    rmSync(at('model'));
    expect(longattn('select', 'RUN', '--keep', '50%')).toMatchObject({ status: 0 });
  });

  it.each([['quarter'], ['16']])('goes on with --k %s, which is what it was started with', (k) => {
    const { 'windows/part-00000.done.json': _entry, ...before } = contents(at('RUN'));
    const record = (stage: string): Record<string, unknown> =>
      JSON.parse(readFileSync(at('RUN', stage, 'part-00000.done.json'), 'utf8')) as Record<string, unknown>;
    const said = record('windows');
    for (const name of ['part-00000.arrow', 'part-00000.done.json']) rmSync(at('RUN', 'windows', name));
    expect(longattn('score', 'RUN', ...START, '--k', k)).toMatchObject({ status: 0 });
    // Counts are new beside the windows, and an entry has a sum of its own; what was there is the same.
    expect(contents(at('RUN'))).toMatchObject(before);
    expect(record('windows')).toMatchObject(said);
    // Whatever kernel this machine has, what is scored anew counts as part of the same run.
    for (const name of ['part-00000.arrow', 'part-00000.done.json']) rmSync(at('RUN', 'scores', name));
    expect(longattn('score', 'RUN', '--k', k)).toMatchObject({ status: 0 });
    expect(contents(at('RUN'))['run.json']).toBe(before['run.json']);
    expect(record('scores')['specHash']).toBe(manifest('RUN')['specHash']);
  });

  it('refuses another k, layer or window by name', () => {
    for (const [flag, value, name] of [
      ['--k', '8', 'k must not be 8'],
      ['--layers', '0,1', 'model'],
      ['--window', '32', 'must not be'],
    ] as const) {
      const { status, stderr } = longattn('score', 'RUN', flag, value);
      expect({ flag, status }).not.toEqual({ flag, status: 0 });
      expect(stderr).toContain(name);
    }
  });
});
