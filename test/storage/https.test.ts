import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HttpsStorage } from '../../src/storage/https.js';
import type { StoredFile } from '../../src/storage/storage.js';
import { FileServer } from '../support/file-server.js';

const DATA = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 2_654_435_761) >>> 24));

let server: FileServer;
let waits: number[];
let storage: HttpsStorage;
beforeEach(async () => {
  server = await new FileServer().start();
  waits = [];
  const sleep = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms));
  storage = new HttpsStorage(globalThis.fetch, sleep);
});
afterEach(() => server.stop());

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function listed(name: string, content: Buffer | string = DATA): Promise<StoredFile> {
  return (await storage.stat(server.address(name, content)))!;
}

describe('what a file is', () => {
  it('is told by size and tag', async () => {
    const file = await listed('a.txt', 'text');
    expect(file).toEqual({ path: server.address('a.txt'), bytes: 4, etag: '"1cb251ec0d568de6a929b520c4aed8d1"' });
  });

  it('is undefined where there is none', async () => {
    expect(await storage.stat(server.address('none.txt'))).toBeUndefined();
  });

  it('is told of an empty file', async () => {
    expect((await listed('empty.txt', '')).bytes).toBe(0);
  });

  it('is told by the time of the change where there is no tag', async () => {
    const time = 'Wed, 21 Oct 2026 07:28:00 GMT';
    const fetchWithout: typeof fetch = async (...asked) => {
      const { status, body, headers } = await fetch(...asked);
      const kept = new Headers(headers);
      kept.delete('etag');
      kept.set('last-modified', time);
      return new Response(body, { status, headers: kept });
    };
    storage = new HttpsStorage(fetchWithout);
    expect((await listed('a.txt', 'text')).etag).toBe(time);
  });
});

describe('reads', () => {
  it('give the bytes of any range, whatever was read before', async () => {
    const file = await listed('data.bin');
    const place = fc.tuple(fc.nat(DATA.length + 10), fc.oneof(fc.nat(100), fc.nat(1_500_000)));
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 5 }), async (places) => {
        const open = await storage.open(file);
        for (const [position, length] of places) {
          const { buffer, bytesRead } = await open.read(Buffer.alloc(length + 3), 3, length, position);
          const expected = DATA.subarray(position, position + length);
          expect(bytesRead).toBe(expected.length);
          expect(buffer.subarray(3, 3 + bytesRead).equals(expected)).toBe(true);
        }
        await open.close();
      }),
      { numRuns: 20 },
    );
  });

  it('next to each other are one request', async () => {
    const open = await storage.open(await listed('data.bin'));
    const before = server.asked.length;
    for (let at = 1000; at < 50_000; at += 1000) await open.read(Buffer.alloc(1000), 0, 1000, at);
    expect(server.asked.length - before).toBe(1);
  });

  it('stream a file and a range of it', async () => {
    const file = await listed('data.bin');
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect((await collect(storage.stream(file, { start: 7, end: 70 }))).equals(DATA.subarray(7, 70))).toBe(true);
    expect(await collect(storage.stream(file, { start: 7, end: 7 }))).toHaveLength(0);
  });

  it('may be left in the middle', async () => {
    const file = await listed('data.bin');
    for await (const chunk of storage.stream(file)) {
      expect(DATA.subarray(0, chunk.length).equals(chunk)).toBe(true);
      break;
    }
  });
});

describe('a server that fails', () => {
  it('is asked for the rest after each cut, however many there are', async () => {
    const file = await listed('data.bin');
    server.fault = () => ({ cutAfter: 200_000 });
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect(server.asked.length).toBeGreaterThan(10);
  });

  it('is asked again while it is busy, after the time that it names', async () => {
    const file = await listed('data.bin');
    server.fault = (_, request) => (request < 6 ? { status: 503, headers: { 'retry-after': '7' } } : undefined);
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect(waits).toEqual([7000, 7000, 7000, 7000]);
  });

  it('is given up when it stays busy', async () => {
    const file = await listed('data.bin');
    server.fault = () => ({ status: 503 });
    const error = await collect(storage.stream(file)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'INPUT_UNREADABLE' });
    expect((error as Error).message).toContain('503');
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  it('is given up when it is gone', async () => {
    const file = await listed('data.bin');
    await server.stop();
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
    await server.start();
  });

  it.each([401, 403, 500])('does not pass for a missing file (%d)', async (status) => {
    server.fault = () => ({ status });
    await expect(storage.stat(server.address('a.txt'))).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
  });

  it.each([
    ['packs the body', { 'content-encoding': 'gzip' }],
    ['sends another range', { 'content-range': 'bytes 1-2/4' }],
    ['says no size', { 'content-range': 'bytes 0-0/*' }],
  ])('is not believed when it %s', async (_, headers) => {
    server.fault = () => ({ headers });
    await expect(listed('a.txt', 'text')).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
  });
});

describe('a server without ranges', () => {
  beforeEach(() => {
    server.fault = () => ({ ignoreRange: true });
  });

  it('gives whole files', async () => {
    const file = await listed('data.bin');
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect((await collect(storage.stream(file, { start: 0, end: 10 }))).equals(DATA.subarray(0, 10))).toBe(true);
  });

  it('is refused by name for a part', async () => {
    const file = await listed('data.bin');
    await expect(collect(storage.stream(file, { start: 1, end: 2 }))).rejects.toMatchObject({
      code: 'STORAGE_NO_RANGES',
    });
  });
});

describe('a file that changed', () => {
  it.each([
    ['of another size', 'other text'],
    ['of the same size', 'TEXT'],
  ])('%s ends the read', async (_, content) => {
    const file = await listed('a.txt', 'text');
    server.address('a.txt', content);
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });

  it('that is gone ends the read', async () => {
    const file = await listed('a.txt', 'text');
    server.files.clear();
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });

  it('between a cut and what follows ends the read', async () => {
    const file = await listed('data.bin');
    server.fault = () => ({ cutAfter: 200_000 });
    const stream = storage.stream(file)[Symbol.asyncIterator]();
    await stream.next();
    server.address('data.bin', Buffer.alloc(DATA.length));
    const rest = async (): Promise<void> => {
      while (!(await stream.next()).done);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });
});
