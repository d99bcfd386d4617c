// Runs made by the code of their time, cut and resumed by that of today.
import { describe, expect, it } from '@jest/globals';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readScores, readSelection } from '../../src/arrow/reader.js';
import { exportRun, score, select } from '../../src/pipeline/pipeline.js';
import { loadRun } from '../../src/run/directory.js';
import { READ_FORMATS } from '../../src/run/manifest.js';
import { compareRow } from '../../src/verify/compare-row.js';
import { collect } from '../support/collect.js';
import { tempFolder } from '../support/temp-folder.js';

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures');
const RUNS = path.join(FIXTURES, 'runs');
/** What a part is made of, by the names in the run. */
const filesOf = (stage: string, part: string): string[] => [
  path.join(stage, `${part}.arrow`),
  path.join(stage, `${part}.done.json`),
];
const CUT = [...filesOf('windows', 'part-00001'), ...filesOf('scores', 'part-00001')];
const LEFT = [...filesOf('windows', 'part-00000'), ...filesOf('scores', 'part-00000')];

/** A copy with inputs and model where the run was started: its paths are relative. */
function workplace(format: string): string {
  const folder = tempFolder();
  cpSync(path.join(RUNS, format), folder, { recursive: true });
  symlinkSync(path.join(FIXTURES, 'models', 'llama'), path.join(folder, 'model'));
  return folder;
}

async function within<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await work();
  } finally {
    process.chdir(before);
  }
}

describe('the format of a run', () => {
  it('has a run of each that is read', () => {
    expect(readdirSync(RUNS).sort()).toEqual(READ_FORMATS.map((format) => `format-${format}`));
  });

  it.each(READ_FORMATS.map((format) => `format-${format}`))('%s: cut and resumed', async (format) => {
    const folder = workplace(format);
    const old = path.join(RUNS, format, 'run');
    const run = path.join(folder, 'run');
    for (const file of CUT) rmSync(path.join(run, file));
    await within(folder, () => score({ output: 'run' }));
    // What was there stays to the byte, what was cut is cut to the same windows.
    const [windows, entry] = filesOf('windows', 'part-00001');
    for (const file of [...LEFT, windows!, 'run.json'])
      expect(readFileSync(path.join(run, file)).equals(readFileSync(path.join(old, file)))).toBe(true);
    // An entry says as much as before, and has a sum of its own besides.
    const said = JSON.parse(readFileSync(path.join(old, entry!), 'utf8')) as object;
    expect(JSON.parse(readFileSync(path.join(run, entry!), 'utf8'))).toMatchObject(said);
    // The numbers are those of this machine's kernel: equal but for rounding.
    const [name] = filesOf('scores', 'part-00001');
    const golden = await collect(readScores(path.join(old, name!)));
    const scores = await collect(readScores(path.join(run, name!)));
    expect(scores.map(({ windowId }) => windowId)).toEqual(golden.map(({ windowId }) => windowId));
    for (const [i, row] of scores.entries())
      for (const { error } of compareRow(row, golden[i]!)) expect(error).toBeLessThan(1e-4);
  });

  it.each(READ_FORMATS.map((format) => `format-${format}`))('%s: selected and exported', async (format) => {
    const folder = workplace(format);
    await within(folder, async () => {
      await select({ output: 'run', score: 'recurrence', keep: '50%' });
      const rows = await collect(readSelection(path.join('run', 'selection', 'selection.arrow')));
      expect(rows.filter(({ selected }) => selected).length).toBeGreaterThan(0);
      const { domains } = await exportRun({ output: 'run', keep: 1, format: 'jsonl' });
      expect(domains.map(({ kept }) => kept)).toEqual(domains.map(({ windows }) => windows));
    });
  });

  it.each([
    [0, 'use that version, or start a new run'],
    [99, 'use that version or a later one'],
  ])('refuses format %d by name, with the version that made it', async (format, what) => {
    const folder = workplace('format-1');
    const file = path.join(folder, 'run', 'run.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...manifest, format, versions: { longattn: '7.8.9' } }));
    await expect(loadRun(path.join(folder, 'run'))).rejects.toMatchObject({
      code: 'RUN_FORMAT',
      message: expect.stringMatching(new RegExp(`run format ${format}, of longattn 7\\.8\\.9\\. .*${what}`)),
    });
  });
});
