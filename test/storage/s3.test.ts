import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as sdk from '@aws-sdk/client-s3';
import { openS3, S3Storage } from '../../src/storage/s3.js';
import type { StoredFile } from '../../src/storage/storage.js';
import { FileServer, s3Error } from '../support/file-server.js';

const DATA = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 2_654_435_761) >>> 24));

let server: FileServer;
let waits: number[];
let storage: S3Storage;
beforeEach(async () => {
  server = await new FileServer().start();
  waits = [];
  const client = new sdk.S3Client({
    endpoint: server.address('').slice(0, -1),
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  storage = new S3Storage(sdk, client, (ms) => Promise.resolve(void waits.push(ms)));
});
afterEach(() => server.stop());

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function listed(key: string, content: Buffer | string = DATA): Promise<StoredFile> {
  server.address(`bkt/${key}`, content);
  return (await storage.stat(`s3://bkt/${key}`))!;
}

describe('an object', () => {
  it('is told by size and tag, whatever characters its key has', async () => {
    const key = 'a b/ü%20+?#[1].txt';
    expect(await listed(key, 'text')).toEqual({
      path: `s3://bkt/${key}`,
      bytes: 4,
      etag: '"1cb251ec0d568de6a929b520c4aed8d1"',
    });
  });

  it('may be missing or empty', async () => {
    expect(await storage.stat('s3://bkt/none')).toBeUndefined();
    expect(await listed('empty', '')).toMatchObject({ bytes: 0 });
  });

  it('is listed as it is told, on as many pages as there are', async () => {
    const files = [await listed('d/a', 'one'), await listed('d/b/c', 'two'), await listed('d/e&f', 'three')];
    await listed('other', 'four');
    server.address('bkt/d/folder/', '');
    server.pageSize = 2;
    expect(await storage.list('s3://bkt/d/')).toEqual(files);
  });

  it('is read whole, by a range, and at random', async () => {
    const file = await listed('data.bin');
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect((await collect(storage.stream(file, { start: 7, end: 70 }))).equals(DATA.subarray(7, 70))).toBe(true);
    const open = await storage.open(file);
    const { bytesRead, buffer } = await open.read(Buffer.alloc(100), 0, 100, DATA.length - 10);
    expect(buffer.subarray(0, bytesRead).equals(DATA.subarray(-10))).toBe(true);
  });

  it('that changed ends the read, also where the server looks at no condition', async () => {
    const file = await listed('a.txt', 'text');
    server.address('bkt/a.txt', 'TEXT');
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    server.fault = () => ({ ignoreRange: true });
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    server.fault = () => undefined;
    server.files.clear();
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });
});

describe('a server that fails', () => {
  it('is asked for the rest after each cut, however many there are', async () => {
    const file = await listed('data.bin');
    server.fault = () => ({ cutAfter: 400_000 });
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect(server.asked.length).toBeGreaterThan(5);
  });

  it('is asked again while it is busy, and given up when it stays so', async () => {
    const file = await listed('data.bin');
    const first = server.asked.length;
    server.fault = (_, request) => (request < first + 4 ? { status: 503, body: s3Error('SlowDown') } : undefined);
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect(waits).toEqual([500, 1000, 2000]);
    server.fault = () => ({ status: 503, body: s3Error('SlowDown') });
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
  });

  it.each([
    [403, 'SignatureDoesNotMatch', 'STORAGE_FORBIDDEN'],
    [403, 'AccessDenied', 'STORAGE_FORBIDDEN'],
    [404, 'NoSuchBucket', 'INPUT_NOT_FOUND'],
    [400, 'InvalidRequest', 'INPUT_UNREADABLE'],
  ])('does not pass for a missing file, and is not quoted: %d %s', async (status, code, expected) => {
    server.fault = () => ({ status, body: s3Error(code) });
    for (const work of [() => storage.stat('s3://bkt/a'), () => storage.list('s3://bkt/a/')]) {
      const error = await work().catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ code: expected });
      expect((error as Error).message).not.toContain('what was signed');
      expect((error as Error).cause).toBeUndefined();
    }
  });

  it('is given up when it is gone', async () => {
    const file = await listed('data.bin');
    await server.stop();
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
    await server.start();
  });
});

it('without credentials is a sentence', async () => {
  const env = { AWS_ENDPOINT_URL: server.address('').slice(0, -1) };
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/none',
    AWS_CONFIG_FILE: '/none',
  });
  try {
    await expect((await openS3(env)).stat('s3://bkt/a')).rejects.toMatchObject({ code: 'STORAGE_FORBIDDEN' });
    await expect((await openS3({})).stat('s3://bkt/a')).rejects.toMatchObject({ code: 'STORAGE_SETTINGS' });
  } finally {
    process.env = before;
  }
});
