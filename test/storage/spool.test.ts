import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Spool } from '../../src/storage/spool.js';
import { statFile } from '../../src/storage/storages.js';
import { FileServer } from '../support/file-server.js';
import { tempFolder } from '../support/temp-folder.js';
import { noise } from '../hub/fake-hub.js';

const DATA = noise(300_000);
const before = process.env['TMPDIR'];
let folder: string;
let server: FileServer;

beforeEach(async () => {
  folder = tempFolder();
  process.env['TMPDIR'] = folder;
  server = await new FileServer().start();
});
afterEach(async () => {
  jest.restoreAllMocks();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await server.stop();
});

async function spoolOf(name: string, mostBytes?: number): Promise<Spool> {
  return new Spool((await statFile(server.address(name, DATA)))!, mostBytes);
}

async function all(spool: Spool): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of spool.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes that the server gave of a file in all, but for the one by which its size is asked. */
const given = (name: string): number =>
  server.asked.reduce((sum, { name: asked, bytes = 0 }) => sum + (asked === name && bytes > 1 ? bytes : 0), 0);

describe('a file of a server that is read twice', () => {
  it('is fetched once, and its copy has no name', async () => {
    await using spool = await spoolOf('a');
    expect((await all(spool)).equals(DATA)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    server.files.clear();
    expect((await all(spool)).equals(DATA)).toBe(true);
    expect(given('a')).toBe(DATA.length);
  });

  it('is fetched again where the first reading ended early', async () => {
    await using spool = await spoolOf('a');
    const first = spool.stream();
    await first.next();
    await first.return();
    expect((await all(spool)).equals(DATA)).toBe(true);
    const fetched = given('a');
    expect((await all(spool)).equals(DATA)).toBe(true);
    expect(given('a')).toBe(fetched);
  });

  it('is fetched twice where the copies have no room, and once when one is gone', async () => {
    const most = 1.5 * DATA.length;
    const first = await spoolOf('a', most);
    await using second = await spoolOf('b', most);
    for (const spool of [first, second, first, second]) expect((await all(spool)).equals(DATA)).toBe(true);
    expect([given('a'), given('b')]).toEqual([DATA.length, 2 * DATA.length]);
    await first[Symbol.asyncDispose]();
    for (const spool of [second, second]) expect((await all(spool)).equals(DATA)).toBe(true);
    expect(given('b')).toBe(3 * DATA.length);
  });

  it('is fetched twice where there is no folder for a copy', async () => {
    process.env['TMPDIR'] = path.join(folder, 'none');
    await using spool = await spoolOf('a');
    for (let n = 0; n < 2; n++) expect((await all(spool)).equals(DATA)).toBe(true);
    expect(given('a')).toBe(2 * DATA.length);
  });

  it('is fetched twice where the disk is full', async () => {
    const handle = await open(folder);
    const handles = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    await using spool = await spoolOf('a');
    jest.spyOn(handles, 'write').mockRejectedValue(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    for (let n = 0; n < 2; n++) expect((await all(spool)).equals(DATA)).toBe(true);
    expect(given('a')).toBe(2 * DATA.length);
  });
});
