import { describe, expect, it } from '@jest/globals';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nodeFileSystem, type FileSystem } from '../../src/io/file-system.js';
import { Ledger } from '../../src/run/ledger.js';
import { writeTextAtomically } from '../../src/io/atomic-file.js';
import { requireVerified } from '../../src/run/verified-parts.js';
import { tempFolder } from '../support/temp-folder.js';

const NAMES = ['part-00000', 'part-00001'];

/** A ledger of two parts, and the files that were opened to be read. */
async function madeLedger(): Promise<{ ledger: Ledger; opened: string[]; memory: string }> {
  const dir = tempFolder();
  const opened: string[] = [];
  const open: FileSystem['open'] = (file, ...rest) => {
    if (rest[0] === 'r') opened.push(path.basename(String(file)));
    return nodeFileSystem.open(file, ...rest);
  };
  const folder = path.join(dir, 'scores');
  for (const one of [folder, path.join(dir, 'logs')]) await nodeFileSystem.mkdir(one, { recursive: true });
  const ledger = new Ledger(folder, 'hash', { ...nodeFileSystem, open });
  for (const name of NAMES) {
    await ledger.commit(name, await writeTextAtomically(ledger.file(name), `bytes of ${name}`), {
      rows: 1,
      counts: {},
    });
    age(ledger.file(name));
  }
  opened.length = 0;
  return { ledger, opened, memory: path.join(dir, 'logs', 'verified-scores.json') };
}

/** As a file of long ago; its change time is of now, so the clock is turned on instead. */
function age(file: string): void {
  utimesSync(file, 1, 1);
}

async function later<T>(action: () => Promise<T>): Promise<T> {
  const now = Date.now;
  Date.now = () => now() + 60_000;
  try {
    return await action();
  } finally {
    Date.now = now;
  }
}

const hashed = (opened: string[]): string[] => opened.filter((name) => name.endsWith('.arrow')).sort();

describe('requireVerified', () => {
  it('hashes a part once', async () => {
    const { ledger, opened } = await madeLedger();
    const first = await later(() => requireVerified(ledger, NAMES));
    expect(hashed(opened)).toEqual(['part-00000.arrow', 'part-00001.arrow']);
    opened.length = 0;
    expect(await later(() => requireVerified(ledger, NAMES))).toEqual(first);
    expect(hashed(opened)).toEqual([]);
    await requireVerified(ledger, NAMES, 'sha256');
    expect(hashed(opened)).toHaveLength(2);
  });

  it('does not believe what was changed a moment ago', async () => {
    const { ledger, opened } = await madeLedger();
    await requireVerified(ledger, NAMES);
    opened.length = 0;
    await requireVerified(ledger, NAMES);
    expect(hashed(opened)).toHaveLength(2);
  });

  it('finds a change of the same length, also under the old modification time', async () => {
    const { ledger } = await madeLedger();
    await later(() => requireVerified(ledger, NAMES));
    const file = ledger.file(NAMES[1]!);
    const { mtime } = statSync(file);
    writeFileSync(file, readFileSync(file, 'utf8').toUpperCase());
    utimesSync(file, mtime, mtime);
    await expect(later(() => requireVerified(ledger, NAMES))).rejects.toMatchObject({ code: 'PART_CHANGED' });
  });

  it('hashes again where the part was redone with other bytes, or what is remembered is damaged', async () => {
    const { ledger, opened, memory } = await madeLedger();
    await later(() => requireVerified(ledger, NAMES));
    const written = await writeTextAtomically(ledger.file(NAMES[0]!), 'new bytes');
    await ledger.commit(NAMES[0]!, written, { rows: 1, counts: {} });
    opened.length = 0;
    await later(() => requireVerified(ledger, NAMES));
    expect(hashed(opened)).toEqual(['part-00000.arrow']);
    writeFileSync(memory, '{"part-00000": 7');
    opened.length = 0;
    await later(() => requireVerified(ledger, NAMES));
    expect(hashed(opened)).toHaveLength(2);
  });
});
