import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Ledger } from '../../src/run/ledger.js';
import { writeTextAtomically } from '../../src/io/atomic-file.js';
import { tempFolder } from '../support/temp-folder.js';

describe('Ledger', () => {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = new Ledger(tempFolder(), 'hash-a');
    const written = await writeTextAtomically(ledger.file('part-00000'), 'content');
    await ledger.commit('part-00000', written, { rows: 3, counts: { documents: 2 } });
  });
  const status = async (check?: 'size' | 'sha256'): Promise<string> =>
    (await ledger.inspect('part-00000', check)).status;

  it('trusts a part that is as its entry says', async () => {
    expect(await ledger.require('part-00000')).toMatchObject({
      rows: 3,
      bytes: 7,
      specHash: 'hash-a',
      counts: { documents: 2 },
    });
    expect(await ledger.inspect('part-00001')).toEqual({ status: 'missing' });
  });

  it('sees changed bytes of the same size, by sha256 only', async () => {
    writeFileSync(ledger.file('part-00000'), 'contenT');
    expect(await status('size')).toBe('done');
    expect(await status()).toBe('changed');
    await expect(ledger.require('part-00000')).rejects.toMatchObject({
      code: 'PART_CHANGED',
      exitCode: 3,
      message: expect.stringContaining(ledger.file('part-00000')),
    });
  });

  it.each([
    ['a cut file', () => writeFileSync(ledger.file('part-00000'), 'conten'), 'has 6 bytes, its ledger entry says 7'],
    ['a grown file', () => appendFileSync(ledger.file('part-00000'), '!'), 'has 8 bytes'],
    ['a file that is gone', () => rmSync(ledger.file('part-00000')), 'is gone'],
    [
      'a cut entry',
      () => writeFileSync(ledger.doneFile('part-00000'), readFileSync(ledger.doneFile('part-00000')).subarray(0, 40)),
      'cannot be read',
    ],
    ['an entry of another kind', () => writeFileSync(ledger.doneFile('part-00000'), '{"rows":-1}'), 'cannot be read'],
  ])('sees %s', async (_, damage, reason) => {
    damage();
    expect(await ledger.inspect('part-00000', 'size')).toMatchObject({
      status: 'changed',
      reason: expect.stringContaining(reason),
    });
  });

  it.each([
    ['as its maker wrote them', {}, 'done'],
    ['with one missing', { windows: undefined }, 'changed'],
    ['that do not add up', { windows: 2 }, 'changed'],
    ['with a half', { longestShort: 0.5 }, 'changed'],
    ['with one of another version', { paragraphs: 1 }, 'changed'],
  ])('looks at the counts of a domain: %s', async (_, change, expected) => {
    const counts = { documents: 2, tokens: 128, windows: 1, shortDocuments: 1, shortTokens: 64, longestShort: 64 };
    const file = ledger.doneFile('part-00000');
    const { entrySha256: _sum, ...entry } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const domains = [{ domain: 'book', counts: { ...counts, ...change } }];
    writeFileSync(file, JSON.stringify({ ...entry, counts: { documents: 2, tokens: 128, windows: 1 }, domains }));
    expect(await status()).toBe(expected);
  });

  it('sees a count that was changed and still adds up; of an earlier version there is no sum to hold it to', async () => {
    const file = ledger.doneFile('part-00000');
    const entry = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...entry, counts: { documents: 3 } }));
    expect(await status('size')).toBe('changed');
    writeFileSync(file, JSON.stringify({ ...entry, entrySha256: undefined }));
    expect(await status('size')).toBe('done');
  });

  it('does not take a part of a run with other settings', async () => {
    const other = new Ledger(ledger.folder, 'hash-b');
    expect(await other.inspect('part-00000')).toMatchObject({
      status: 'changed',
      reason: expect.stringContaining('other settings'),
    });
  });

  it('says that a part is missing', async () => {
    await expect(ledger.require('part-00007')).rejects.toMatchObject({ code: 'PART_MISSING' });
    await ledger.remove('part-00000');
    expect(await status()).toBe('missing');
  });
});
