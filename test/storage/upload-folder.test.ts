import * as sdk from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { S3Storage } from '../../src/storage/s3.js';
import { S3Upload } from '../../src/storage/s3-upload.js';
import type { Upload } from '../../src/storage/storage.js';
import { uploadFolder, type FolderUploaded } from '../../src/storage/upload-folder.js';
import { FileServer, s3Error } from '../support/file-server.js';
import { tempFolder } from '../support/temp-folder.js';

/** Of the test: three parts and a bit of the large file. */
const PART = 100_000;
const LARGE = Buffer.from(Uint8Array.from({ length: 3 * PART + 7 }, (_, i) => (i * 2_654_435_761) >>> 24));
const CONTENTS: Record<string, Buffer> = {
  'data/a b.bin': LARGE,
  'b.bin': Buffer.from('small'),
  'empty.bin': Buffer.alloc(0),
  'README.md': Buffer.from('card'),
};
const NAMES = Object.keys(CONTENTS);

let temp: string;
let folder: string;
let server: FileServer;
let storage: SmallParts;

/** Writes with parts that a test can count. */
class SmallParts extends S3Storage {
  constructor(private readonly s3: sdk.S3Client) {
    super(sdk, s3, () => Promise.resolve());
  }

  override upload(): Upload {
    return new S3Upload(sdk, this.s3, this, () => Promise.resolve(), PART);
  }
}

beforeEach(async () => {
  server = await new FileServer().start();
  const client = new sdk.S3Client({
    endpoint: server.address('').slice(0, -1),
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'PRIVATE' },
    maxAttempts: 1,
  });
  storage = new SmallParts(client);
  temp = tempFolder();
  folder = path.join(temp, 'export');
  mkdirSync(path.join(folder, 'data'), { recursive: true });
  for (const [name, content] of Object.entries(CONTENTS)) writeFileSync(path.join(folder, name), content);
});
afterEach(() => server.stop());

const manifest = (): string => path.join(temp, 'upload.json');
const send = (more: Partial<Parameters<typeof uploadFolder>[1]> = {}): Promise<FolderUploaded> =>
  uploadFolder(storage, { folder, names: NAMES, to: 's3://bkt/to/here', manifest: manifest(), ...more });

function expectAll(): void {
  expect([...server.files.keys()].sort()).toEqual(NAMES.map((name) => `bkt/to/here/${name}`).sort());
  for (const name of NAMES) expect(server.files.get(`bkt/to/here/${name}`)!.equals(CONTENTS[name]!)).toBe(true);
  expect(server.openUploads).toBe(0);
}

const written = (): string[] =>
  server.asked.filter(({ method }) => method === 'PUT').map(({ name }) => name.slice('bkt/to/here/'.length));

describe('a folder', () => {
  it('is sent in the order that is asked for, large files in parts, and told byte by byte', async () => {
    const completed: number[] = [];
    const result = await send({ onProgress: (event) => event.type === 'progress' && completed.push(event.completed) });
    expectAll();
    const bytes = Object.values(CONTENTS).reduce((sum, { length }) => sum + length, 0);
    expect(result).toEqual({ files: 4, bytes, sent: bytes });
    expect(written()).toEqual([...Array<string>(4).fill('data/a b.bin'), 'b.bin', 'empty.bin', 'README.md']);
    expect(completed.at(-1)).toBe(bytes);
    expect(readFileSync(manifest(), 'utf8')).not.toContain('PRIVATE');
  });

  it('is not sent twice, but for what has changed on either side', async () => {
    await send();
    const before = written().length;
    expect(await send()).toMatchObject({ sent: 0 });
    expect(written()).toHaveLength(before);
    server.files.set('bkt/to/here/b.bin', Buffer.from('SMALL'));
    writeFileSync(path.join(folder, 'README.md'), 'cart');
    expect(await send()).toMatchObject({ sent: 9 });
    expect(written().slice(before)).toEqual(['b.bin', 'README.md']);
    expect(String(server.files.get('bkt/to/here/README.md'))).toBe('cart');
  });

  it.each(['{"to', '{}'])('is sent whole where the list of what has arrived is damaged: %s', async (damaged) => {
    const { sent } = await send();
    writeFileSync(manifest(), damaged);
    expect(await send()).toMatchObject({ sent });
    expectAll();
  });

  it('goes on after an end in the middle of a file', async () => {
    const controller = new AbortController();
    const onProgress = (): void => void (written().length === 5 && controller.abort(new Error('stopped')));
    await expect(send({ signal: controller.signal, onProgress })).rejects.toThrow('stopped');
    const before = written().length;
    expect(await send()).toMatchObject({ sent: 4 });
    expect(written().slice(before)).toEqual(['empty.bin', 'README.md']);
    expectAll();
  });

  it('is not mixed with files of others', async () => {
    server.address('bkt/to/here/part-9.parquet', 'theirs');
    server.address('bkt/to/here-not.txt', 'elsewhere');
    await expect(send()).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
    expect(written()).toEqual([]);
  });
});

describe('a server that fails', () => {
  it('gets each part again after a cut and a 503', async () => {
    server.fault = (_, request) =>
      [{ cutAfter: 0 }, { status: 503, body: s3Error('SlowDown') }, undefined][request % 3];
    await send();
    expectAll();
  });

  it('is given up when it stays busy: nothing lies half there, and what arrived is not sent twice', async () => {
    let left = 4;
    server.fault = (name) => {
      const { method } = server.asked.at(-1)!;
      if (method !== 'PUT' || !name.includes('b.bin') || left-- > 0) return undefined;
      return { status: 503, body: s3Error('SlowDown') };
    };
    await expect(send()).rejects.toMatchObject({ code: 'UPLOAD_FAILED' });
    expect([...server.files.keys()]).not.toContain('bkt/to/here/README.md');
    expect(server.openUploads).toBe(0);
    server.fault = () => undefined;
    expect((await send()).sent).toBeLessThan(20);
    expectAll();
  });

  it.each([
    [403, 'AccessDenied', 'STORAGE_FORBIDDEN'],
    [404, 'NoSuchBucket', 'INPUT_NOT_FOUND'],
  ])('is a sentence: %d %s', async (status, code, expected) => {
    server.fault = () => ({ status, body: s3Error(code) });
    const error = await send().catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: expected });
    expect((error as Error).message).not.toMatch(/what was signed|PRIVATE/);
  });

  it('is asked for the bytes where it keeps no sums, and found out when they are others', async () => {
    server.keepsSums = false;
    await send();
    expectAll();
    server.files.clear();
    const put = server.files.set.bind(server.files);
    server.files.set = (name, content) => put(name, content.length > 0 ? Buffer.alloc(content.length) : content);
    await expect(send()).rejects.toMatchObject({ code: 'UPLOAD_FAILED' });
  });
});
