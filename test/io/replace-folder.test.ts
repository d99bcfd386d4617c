import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { nodeFileSystem, type FileSystem } from '../../src/io/file-system.js';
import { replaceFolder } from '../../src/io/replace-folder.js';
import { asidePath, sweepTemporaries } from '../../src/io/temporary.js';
import { faultyFs } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';

let parent: string;
let target: string;
beforeEach(() => {
  parent = tempFolder();
  target = path.join(parent, 'export');
});

const replace = (content: string, fs: FileSystem = nodeFileSystem): Promise<string> =>
  replaceFolder(
    target,
    async (draft) => {
      await writeFile(path.join(draft, 'data'), content);
      return content;
    },
    fs,
  );
const content = (): string => readFileSync(path.join(target, 'data'), 'utf8');

describe('replaceFolder', () => {
  it('makes the folder, those above it, and replaces it', async () => {
    target = path.join(parent, 'a', 'b');
    expect(await replace('one')).toBe('one');
    expect(await replace('two')).toBe('two');
    expect(content()).toBe('two');
    expect(readdirSync(path.dirname(target))).toEqual(['b']);
  });

  it('keeps the old folder when the new one cannot be moved to its place', async () => {
    await replace('old');
    const failRename = (from: string, to: string) => (to === target && from.endsWith('.tmp') ? 'EIO' : undefined);
    await expect(replace('new', faultyFs({ failRename }))).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(content()).toBe('old');
    expect(readdirSync(parent)).toEqual(['export']);
  });

  it('keeps the old folder when it cannot step aside, or the new one cannot be filled', async () => {
    await replace('old');
    const failRename = (from: string) => (from === target ? 'EACCES' : undefined);
    await expect(replace('new', faultyFs({ failRename }))).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
    await expect(replaceFolder(target, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(content()).toBe('old');
    expect(readdirSync(parent)).toEqual(['export']);
  });

  it('is mended by a sweep when the process died between the two renames', async () => {
    await replace('old');
    const dead = String(spawnSync(process.execPath, ['-e', '']).pid);
    const aside = asidePath(target).replace(`.${process.pid}.`, `.${dead}.`);
    renameSync(target, aside);
    expect(await sweepTemporaries(parent)).toEqual([]);
    expect(content()).toBe('old');

    // And where it died after them, the new one stays.
    renameSync(target, aside);
    mkdirSync(target);
    writeFileSync(path.join(target, 'data'), 'new');
    expect(await sweepTemporaries(parent)).toEqual([path.basename(aside)]);
    expect(content()).toBe('new');
    expect(readdirSync(parent)).toEqual(['export']);
  });
});
