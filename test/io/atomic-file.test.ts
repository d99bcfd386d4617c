import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomically, writeTextAtomically } from '../../src/io/atomic-file.js';
import { faultyFs } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';

describe('writeAtomically', () => {
  it('reports the size and hash of chunks of every size, also where writes are short', async () => {
    const file = path.join(tempFolder(), 'a.bin');
    const chunks = [3, 700_000, 0, 8, 1_500_000, 1].map((length, i) => Buffer.alloc(length, i + 1));
    const written = await writeAtomically(
      file,
      async (sink) => {
        for (const chunk of chunks) await sink.write(chunk);
      },
      faultyFs({ shortWrites: 65_537 }),
    );
    const whole = Buffer.concat(chunks);
    expect(readFileSync(file).equals(whole)).toBe(true);
    expect(written).toEqual({ bytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') });
  });

  it('lets a caller reuse its buffer', async () => {
    const file = path.join(tempFolder(), 'a.bin');
    const buffer = Buffer.alloc(4);
    await writeAtomically(file, async (sink) => {
      for (let i = 0; i < 3; i++) await sink.write(buffer.fill(i));
    });
    expect([...readFileSync(file)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  });

  it.each([
    ['a full disk', { fullAfterBytes: 5 }, 'DISK_FULL', 4],
    ['an I/O error at fsync', { fail: { sync: 'EIO' } }, 'WRITE_FAILED', 4],
    ['a folder that may not be written', { fail: { open: 'EACCES' } }, 'NOT_WRITABLE', 4],
    ['a rename that fails', { fail: { rename: 'EIO' } }, 'WRITE_FAILED', 4],
  ] as const)('keeps the old file and leaves nothing behind on %s', async (_, faults, code, exitCode) => {
    const folder = tempFolder();
    const file = path.join(folder, 'a.txt');
    writeFileSync(file, 'old');
    await expect(writeTextAtomically(file, 'new content', faultyFs(faults))).rejects.toMatchObject({ code, exitCode });
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('leaves nothing behind when the content cannot be made', async () => {
    const folder = tempFolder();
    const broken = writeAtomically(path.join(folder, 'a.txt'), async (sink) => {
      await sink.write(Buffer.from('half'));
      throw new Error('no more');
    });
    await expect(broken).rejects.toThrow(/^no more$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lets several writers of one target finish, with one of their contents', async () => {
    const file = path.join(tempFolder(), 'a.txt');
    await Promise.all(Array.from({ length: 8 }, () => writeTextAtomically(file, 'the same')));
    expect(readFileSync(file, 'utf8')).toBe('the same');
    expect(readdirSync(path.dirname(file))).toEqual(['a.txt']);
  });
});
