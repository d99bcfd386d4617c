import { Storage } from '@google-cloud/storage';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GsStorage, openGs } from '../../src/storage/gs.js';
import { GsUpload } from '../../src/storage/gs-upload.js';
import type { StoredFile, Upload } from '../../src/storage/storage.js';
import { uploadFolder, type FolderUploaded } from '../../src/storage/upload-folder.js';
import { GsServer } from '../support/gs-server.js';
import { tempFolder } from '../support/temp-folder.js';

const DATA = Buffer.from(Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 2_654_435_761) >>> 24));

let server: GsServer;
let waits: number[];
let storage: GsStorage;

/** Sends in the resumable way from a size on that a test has. */
class SmallResumable extends GsStorage {
  constructor(
    private readonly gs: Storage,
    private readonly soon: (ms: number) => Promise<void>,
  ) {
    super(gs, () => Promise.resolve({ authorization: 'Bearer TOKEN' }), soon);
  }

  override upload(): Upload {
    return new GsUpload(this.gs, this.soon, 1000);
  }
}

beforeEach(async () => {
  server = await new GsServer().start();
  waits = [];
  const client = new Storage({ apiEndpoint: server.endpoint, projectId: 'test', retryOptions: { autoRetry: false } });
  storage = new SmallResumable(client, (ms) => Promise.resolve(void waits.push(ms)));
});
afterEach(() => server.stop());

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function stored(name: string, content: Buffer | string = DATA): Promise<StoredFile> {
  server.set(name, content);
  return (await storage.stat(`gs://bkt/${name}`))!;
}

describe('an object', () => {
  it('is told by size and generation, whatever characters its name has', async () => {
    const name = 'a b/ü%20+?#[1].txt';
    expect(await stored(name, 'text')).toEqual({ path: `gs://bkt/${name}`, bytes: 4, etag: '1000001' });
    expect(await storage.stat('gs://bkt/none')).toBeUndefined();
    expect(await stored('empty', '')).toMatchObject({ bytes: 0 });
  });

  it('is listed as it is told, on as many pages as there are', async () => {
    const files = [await stored('d/a', 'one'), await stored('d/b/c', 'two'), await stored('d/e&f', 'three')];
    await stored('other', 'four');
    server.set('d/folder/', '');
    server.pageSize = 2;
    expect(await storage.list('gs://bkt/d/')).toEqual(files);
  });

  it('is read whole, by a range, and at random', async () => {
    const file = await stored('data.bin');
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect((await collect(storage.stream(file, { start: 7, end: 70 }))).equals(DATA.subarray(7, 70))).toBe(true);
    const open = await storage.open(file);
    const { bytesRead, buffer } = await open.read(Buffer.alloc(100), 0, 100, DATA.length - 10);
    expect(buffer.subarray(0, bytesRead).equals(DATA.subarray(-10))).toBe(true);
  });

  it('that was replaced or is gone ends the read', async () => {
    const file = await stored('a.txt', 'text');
    server.set('a.txt', 'TEXT');
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    server.objects.clear();
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });
});

describe('a server that fails', () => {
  it('is asked for the rest after each cut, and again while it is busy', async () => {
    const file = await stored('data.bin');
    server.fault = (_, count) => (count % 3 === 0 ? { status: 503 } : { cutAfter: 900_000 });
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect(waits.length).toBeGreaterThan(1);
    server.fault = () => ({ status: 503 });
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
  });

  it('is refused where it takes no ranges, and a part is needed', async () => {
    const file = await stored('data.bin');
    server.fault = () => ({ ignoreRange: true });
    await expect(collect(storage.stream(file, { start: 9, end: 20 }))).rejects.toMatchObject({
      code: 'STORAGE_NO_RANGES',
    });
  });

  it.each([
    [401, 'STORAGE_FORBIDDEN'],
    [403, 'STORAGE_FORBIDDEN'],
    [400, 'INPUT_UNREADABLE'],
  ])('does not pass for a missing file, and is not quoted: %d', async (status, code) => {
    server.fault = () => ({ status });
    for (const work of [() => storage.stat('gs://bkt/a'), () => storage.list('gs://bkt/a/')]) {
      const error = await work().catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ code });
      expect((error as Error).message).not.toContain('what was sent');
    }
  });

  it('has no such bucket', async () => {
    await expect(storage.stat('gs://none/a')).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    await expect(storage.list('gs://none/a/')).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});

describe('a folder', () => {
  const contents: Record<string, Buffer> = {
    'd/a b.bin': DATA,
    'b.bin': Buffer.from('small'),
    'README.md': Buffer.from('card'),
  };
  const names = Object.keys(contents);
  let temp: string;
  beforeEach(() => {
    temp = tempFolder();
    mkdirSync(path.join(temp, 'export', 'd'), { recursive: true });
    for (const name of names) writeFileSync(path.join(temp, 'export', name), contents[name]!);
  });

  const send = (): Promise<FolderUploaded> =>
    uploadFolder(storage, {
      ...{ folder: path.join(temp, 'export'), names, to: 'gs://bkt/to' },
      manifest: path.join(temp, 'upload.json'),
    });
  function expectAll(): void {
    for (const name of names) expect(server.objects.get(`to/${name}`)?.content.equals(contents[name]!)).toBe(true);
  }

  it('is sent, large files resumably, and not sent twice', async () => {
    const bytes = DATA.length + 9;
    expect(await send()).toEqual({ files: 3, bytes, sent: bytes });
    expectAll();
    expect(server.asked.filter(({ path }) => path.startsWith('/session/'))).not.toEqual([]);
    expect(await send()).toMatchObject({ sent: 0 });
    server.set('to/b.bin', 'SMALL');
    expect(await send()).toMatchObject({ sent: 5 });
    expectAll();
  });

  it('arrives through cut connections and storms of 503', async () => {
    let writes = 0;
    server.fault = ({ method }) => {
      if (method === 'GET') return undefined;
      return [{ cutAfter: 0 }, { status: 503 }, undefined, undefined][writes++ % 4];
    };
    await send();
    expectAll();
  });

  it('is found out when the server holds other bytes, and refused without rights', async () => {
    server.keeps = (content) => Buffer.alloc(content.length);
    await expect(send()).rejects.toMatchObject({ code: 'UPLOAD_FAILED' });
    server.objects.clear();
    server.fault = ({ method }) => (method === 'GET' ? undefined : { status: 403 });
    await expect(send()).rejects.toMatchObject({ code: 'STORAGE_FORBIDDEN' });
  });
});

it('an emulator that the environment names has the paths of Google', async () => {
  const before = process.env['STORAGE_EMULATOR_HOST'];
  process.env['STORAGE_EMULATOR_HOST'] = server.endpoint;
  try {
    server.set('a.txt', 'text');
    const emulated = await openGs();
    const file = (await emulated.stat('gs://bkt/a.txt'))!;
    expect(file).toMatchObject({ bytes: 4 });
    expect(await emulated.list('gs://bkt/a')).toEqual([file]);
    expect(String(await collect(emulated.stream(file)))).toBe('text');
  } finally {
    if (before === undefined) delete process.env['STORAGE_EMULATOR_HOST'];
    else process.env['STORAGE_EMULATOR_HOST'] = before;
  }
});
