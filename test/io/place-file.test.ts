import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { placeFile } from '../../src/io/place-file.js';
import { faultyFs, systemError } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';

describe('placeFile', () => {
  it('puts a file or a link in the place of another', async () => {
    const target = path.join(tempFolder(), 'ref');
    await placeFile(target, (draft) => writeFile(draft, 'one'));
    await placeFile(target, (draft) => symlink('/dev/null', draft));
    expect(readFileSync(target, 'utf8')).toBe('');
  });

  it('leaves what was there, and nothing else, when the disk is full or the rename fails', async () => {
    const folder = tempFolder();
    const target = path.join(folder, 'ref');
    writeFileSync(target, 'old');
    const full = async (draft: string): Promise<void> => {
      await writeFile(draft, 'half');
      throw systemError('ENOSPC', 'write');
    };
    await expect(placeFile(target, full)).rejects.toMatchObject({ code: 'DISK_FULL' });
    const write = (draft: string) => writeFile(draft, 'new');
    await expect(placeFile(target, write, faultyFs({ fail: { rename: 'EROFS' } }))).rejects.toMatchObject({
      code: 'NOT_WRITABLE',
    });
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['ref']);
  });
});
