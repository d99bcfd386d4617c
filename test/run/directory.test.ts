import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkInputs, loadRun, openRun, type OpenRunOptions } from '../../src/run/directory.js';
import { faultyFs } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';

function options(changes: Partial<OpenRunOptions> & { window?: number; k?: number } = {}): OpenRunOptions {
  const { window = 32, k = 8, ...rest } = changes;
  return {
    stages: { windows: { window }, scores: { k, model: 'm' } },
    versions: { longattn: '0.1.0' },
    freeze: async () => ({ inputs: [{ path: 'book.txt', bytes: 12 }], parts: 3 }),
    ...rest,
  };
}

describe('openRun', () => {
  it('starts a run and joins it again without listing the inputs again', async () => {
    const dir = path.join(tempFolder(), 'a', 'run');
    const first = await openRun(dir, options());
    const bytes = readFileSync(path.join(dir, 'run.json'), 'utf8');
    const second = await openRun(dir, options({ freeze: () => Promise.reject(new Error('listed twice')) }));
    expect([first.created, second.created]).toEqual([true, false]);
    expect(second.manifest).toEqual(first.manifest);
    expect(second.manifest).toMatchObject({
      parts: 3,
      inputs: [{ path: 'book.txt', bytes: 12 }],
      spec: { window: 32, k: 8 },
    });
    expect(readFileSync(path.join(dir, 'run.json'), 'utf8')).toBe(bytes);
    expect(second.scores.specHash).toBe(first.manifest.specHash);
    const made = ['counts', 'documents', 'leases', 'logs', 'run.json', 'scores', 'selection', 'windows'];
    expect(readdirSync(dir).sort()).toEqual(made);
  });

  it('refuses a changed spec and changes nothing', async () => {
    const dir = tempFolder();
    await openRun(dir, options());
    await expect(openRun(dir, options({ window: 64 }))).rejects.toMatchObject({ code: 'SPEC_CHANGED', exitCode: 2 });
    expect((await loadRun(dir)).manifest.spec).toEqual({ window: 32, k: 8, model: 'm' });
  });

  it('gives all processes that start together one run', async () => {
    const dir = path.join(tempFolder(), 'run');
    let frozen = 0;
    const freeze: OpenRunOptions['freeze'] = async () => ({
      inputs: [{ path: `seen-${frozen++}`, bytes: 1 }],
      parts: 1,
    });
    const runs = await Promise.all(Array.from({ length: 6 }, () => openRun(dir, options({ freeze }))));
    expect(runs.filter((run) => run.created)).toHaveLength(1);
    expect(new Set(runs.map((run) => run.manifest.specHash)).size).toBe(1);
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('works on a file system without hard links', async () => {
    const dir = path.join(tempFolder(), 'run');
    const run = await openRun(dir, options({ fs: faultyFs({ fail: { link: 'EPERM' } }) }));
    expect(run.created).toBe(true);
    expect((await loadRun(dir)).manifest.parts).toBe(3);
  });

  it('says what is wrong with the output', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    await expect(openRun(file, options())).rejects.toMatchObject({ code: 'NOT_A_FOLDER', exitCode: 4 });
    // Node's own recursive mkdir never returns there.
    if (process.platform === 'linux') {
      await expect(openRun('/proc/longattn/run', options())).rejects.toMatchObject({
        code: 'NOT_WRITABLE',
        exitCode: 4,
      });
    }
    await expect(
      openRun(path.join(folder, 'x'), options({ fs: faultyFs({ fail: { mkdir: 'EACCES' } }) })),
    ).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
    await expect(
      openRun(path.join(folder, 'y'), options({ fs: faultyFs({ fullAfterBytes: 3 }) })),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
  });

  it.each([
    ['{"format":', 'RUN_UNREADABLE'],
    ['{"format":99}', 'RUN_FORMAT'],
    ['{"format":1,"parts":-1}', 'RUN_UNREADABLE'],
  ])('refuses run.json with %s', async (text, code) => {
    const dir = tempFolder();
    writeFileSync(path.join(dir, 'run.json'), text);
    await expect(loadRun(dir)).rejects.toMatchObject({ code, exitCode: 3 });
  });

  it('says that a folder is no run', async () => {
    await expect(loadRun(tempFolder())).rejects.toMatchObject({ code: 'RUN_MISSING' });
  });
});

describe('checkInputs', () => {
  it('sees inputs that are gone or have another size', async () => {
    const file = path.join(tempFolder(), 'book.txt');
    const manifest = { inputs: [{ path: file, bytes: 3 }] } as Parameters<typeof checkInputs>[0];
    await expect(checkInputs(manifest)).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    writeFileSync(file, 'four');
    await expect(checkInputs(manifest)).rejects.toMatchObject({
      code: 'INPUT_CHANGED',
      message: expect.stringContaining('4 bytes'),
    });
    writeFileSync(file, 'abc');
    await expect(checkInputs(manifest)).resolves.toBeUndefined();
  });
});
