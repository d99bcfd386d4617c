import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { BrokenInput } from '../../src/corpus/broken-input.js';
import { byteStream } from '../../src/corpus/byte-stream.js';
import { decompressZstd } from '../../src/corpus/zstd.js';
import { XxHash64 } from '../../src/corpus/xxhash64.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/corpus/', import.meta.url));
const fixture = (name: string): Buffer => readFileSync(path.join(FIXTURES, name));
const ROWS = fixture('rows.jsonl');

/** Decompressed, or the error. The data comes in chunks of the size given. */
async function unzstd(data: Buffer, chunk = 1 << 20): Promise<Buffer | Error> {
  const source = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < data.length; at += chunk) yield data.subarray(at, at + chunk);
  };
  return collect(decompressZstd(source()));
}

async function gunzip(data: Buffer): Promise<Buffer | Error> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longattn-gz-'));
  try {
    writeFileSync(path.join(folder, 'x.gz'), data);
    return await collect(byteStream({ path: path.join(folder, 'x.gz'), bytes: data.length }, 'gzip'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer | Error> {
  const chunks: Buffer[] = [];
  try {
    for await (const bytes of stream) chunks.push(Buffer.from(bytes));
  } catch (error) {
    return error as Error;
  }
  return Buffer.concat(chunks);
}

describe('zstd', () => {
  const framed = fixture('frames.jsonl.zst');

  it.each([1, 2, 3, 7, 100, 5000])('decodes frames that come in chunks of %i bytes', async (chunk) => {
    expect(await unzstd(framed, chunk)).toEqual(ROWS);
    expect(await unzstd(fixture('unchecked.jsonl.zst'), chunk)).toEqual(ROWS);
  });

  it('a cut at any byte is an error, except between two frames', async () => {
    const ends: number[] = [];
    for (let length = 1; length < framed.length; length++) {
      if (!((await unzstd(framed.subarray(0, length))) instanceof BrokenInput)) ends.push(length);
    }
    const skippable = framed.indexOf(Buffer.from('stuff'));
    expect(ends).toEqual([skippable - 8, skippable + 5]);
  });

  it('a change of any bit of a checked frame is an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: framed.length * 8 - 1 }), async (bit) => {
        const damaged = Buffer.from(framed);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const result = await unzstd(damaged);
        // Bits that do not matter: those of the skippable frame, and unused ones.
        expect(result instanceof BrokenInput || ROWS.equals(result as Buffer)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('random bytes after a header never hang', async () => {
    const header = framed.subarray(0, 8);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (tail) => {
        const result = await unzstd(Buffer.concat([header, tail]));
        expect(result instanceof BrokenInput || (result as Buffer).length === 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('trailing bytes are an error', async () => {
    expect(await unzstd(Buffer.concat([framed, Buffer.from('tail')]))).toBeInstanceOf(BrokenInput);
  });
});

describe('gzip', () => {
  const members = fixture('members.jsonl.gz');

  it('decodes all members, and zeros after them', async () => {
    expect(await gunzip(members)).toEqual(ROWS);
    expect(await gunzip(Buffer.concat([members, Buffer.alloc(512)]))).toEqual(ROWS);
  });

  it('a cut at any byte is an error, except between the members', async () => {
    const between = members.indexOf(Buffer.from([0x1f, 0x8b, 8, 0]), 3);
    expect(((await gunzip(members.subarray(0, between))) as Buffer).length).toBeGreaterThan(0);
    for (let length = 1; length < members.length; length += length < 15 ? 1 : 7) {
      if (length !== between) expect(await gunzip(members.subarray(0, length))).toBeInstanceOf(BrokenInput);
    }
  });

  it('bytes after the last member are an error, wherever a read ends', async () => {
    for (const size of [0, 1, (1 << 20) - 40, 1 << 20, (1 << 20) + 5]) {
      const noise = Buffer.alloc(size, 'some noise that does not compress away');
      const stored = gzipSync(noise, { level: 0 });
      expect(noise.equals((await gunzip(stored)) as Buffer)).toBe(true);
      expect(await gunzip(Buffer.concat([stored, Buffer.from('garbage')]))).toBeInstanceOf(BrokenInput);
      expect(await gunzip(Buffer.concat([stored, members.subarray(0, 100)]))).toBeInstanceOf(BrokenInput);
    }
  });

  it('zeros after the last member may be many', async () => {
    for (const size of [20_000, 40_000, 3 << 20]) {
      expect(await gunzip(Buffer.concat([members, Buffer.alloc(size)]))).toEqual(ROWS);
      expect(await gunzip(Buffer.concat([members, Buffer.alloc(size), Buffer.from('x')]))).toBeInstanceOf(BrokenInput);
    }
  });

  it('gives all that lies before a cut, and before damage always as much', async () => {
    const lines = Buffer.from(Array.from({ length: 200_000 }, (_, i) => `${i} ${(i * 7919) % 10_007}\n`).join(''));
    const packed = gzipSync(lines);
    const flipped = Buffer.from(packed);
    flipped.fill(0xff, packed.length >> 1, (packed.length >> 1) + 64);
    const folder = mkdtempSync(path.join(tmpdir(), 'longattn-gz-'));
    const lengthOf = async (data: Buffer): Promise<number> => {
      writeFileSync(path.join(folder, 'x.gz'), data);
      let length = 0;
      const read = async (): Promise<void> => {
        for await (const bytes of byteStream({ path: path.join(folder, 'x.gz'), bytes: data.length }, 'gzip')) {
          expect(bytes.equals(lines.subarray(length, length + bytes.length))).toBe(true);
          length += bytes.length;
          // A reader that takes its time.
          if (length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await expect(read()).rejects.toBeInstanceOf(BrokenInput);
      return length;
    };
    try {
      // All is there but the checksum.
      expect(await lengthOf(packed.subarray(0, -8))).toBe(lines.length);
      const lengths = new Set<number>();
      for (let i = 0; i < 10; i++) lengths.add(await lengthOf(flipped));
      expect(lengths.size).toBe(1);
      expect([...lengths][0]).toBeGreaterThan(lines.length / 3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('a file that does not exist is a fault of the file system', async () => {
    expect(await collect(byteStream({ path: '/nonexistent/x.gz', bytes: 1 }, 'gzip'))).toMatchObject({
      code: 'INPUT_UNREADABLE',
    });
  });
});

describe('XXH64', () => {
  const low = (bytes: Uint8Array, step = bytes.length || 1): number => {
    const hash = new XxHash64();
    for (let at = 0; at < bytes.length; at += step) hash.update(bytes.subarray(at, at + step));
    return hash.digestLow32();
  };

  it('gives the known hash of nothing', () => {
    expect(low(Buffer.from(''))).toBe(0x51d8e999);
  });

  it('does not depend on how the bytes arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 70 }), (bytes, step) => {
        expect(low(bytes, step)).toBe(low(bytes));
      }),
    );
  });

  it('equals a direct computation with BigInt', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(low(bytes)).toBe(Number(xxh64(bytes) & 0xffffffffn));
      }),
    );
  });
});

/** The specification, step by step, in 64-bit integers. */
function xxh64(bytes: Uint8Array): bigint {
  const primes: bigint[] = [
    0x9e3779b185ebca87n,
    0xc2b2ae3d27d4eb4fn,
    0x165667b19e3779f9n,
    0x85ebca77c2b2ae63n,
    0x27d4eb2f165667c5n,
  ];
  const [p1, p2, p3, p4, p5] = primes as [bigint, bigint, bigint, bigint, bigint];
  const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);
  const rotl = (x: bigint, n: bigint): bigint => u64((x << n) | (u64(x) >> (64n - n)));
  const round = (acc: bigint, word: bigint): bigint => u64(rotl(u64(acc + word * p2), 31n) * p1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let h = p5;
  if (bytes.length >= 32) {
    const v = [u64(p1 + p2), p2, 0n, u64(-p1)];
    for (; at + 32 <= bytes.length; at += 32) {
      for (let i = 0; i < 4; i++) v[i] = round(v[i]!, view.getBigUint64(at + 8 * i, true));
    }
    h = u64(rotl(v[0]!, 1n) + rotl(v[1]!, 7n) + rotl(v[2]!, 12n) + rotl(v[3]!, 18n));
    for (const lane of v) h = u64((h ^ round(0n, lane)) * p1 + p4);
  }
  h = u64(h + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) h = u64(rotl(h ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4);
  if (at + 4 <= bytes.length) {
    h = u64(rotl(h ^ u64(BigInt(view.getUint32(at, true)) * p1), 23n) * p2 + p3);
    at += 4;
  }
  for (; at < bytes.length; at++) h = u64(rotl(h ^ u64(BigInt(bytes[at]!) * p5), 11n) * p1);
  h = u64((h ^ (h >> 33n)) * p2);
  h = u64((h ^ (h >> 29n)) * p3);
  return h ^ (h >> 32n);
}
