import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { planInputs } from '../../src/corpus/plan.js';
import { readSlices } from '../../src/corpus/read-slices.js';
import { readCorpus } from '../support/documents.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'longattn-megatron-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ARRAYS = { 1: Uint8Array, 3: Int16Array, 4: Int32Array, 8: Uint16Array } as const;

/** Documents of sequences of ids, laid down as megatron/core/datasets/indexed_dataset.py does. */
function put(documents: number[][][], { type = 4, version = 1n } = {}): string {
  const sequences = documents.flat();
  const bytes = sequences.map((ids) =>
    type === 5 ? new BigInt64Array(ids.map(BigInt)) : new ARRAYS[type as keyof typeof ARRAYS](ids),
  );
  const header = Buffer.alloc(34);
  header.write('MMIDIDX\0\0', 'latin1');
  header.writeBigUInt64LE(version, 9);
  header.writeUInt8(type, 17);
  header.writeBigUInt64LE(BigInt(sequences.length), 18);
  header.writeBigUInt64LE(BigInt(documents.length + 1), 26);
  let [offset, first] = [0, 0];
  const offsets = bytes.map(({ byteLength }) => BigInt((offset += byteLength) - byteLength));
  const bounds = [0n, ...documents.map((document) => BigInt((first += document.length)))];
  const raw = ({ buffer }: { buffer: ArrayBufferLike }): Buffer => Buffer.from(buffer as ArrayBuffer);
  const file = path.join(folder, 'corpus.idx');
  const lengths = Int32Array.from(sequences, ({ length }) => length);
  writeFileSync(
    file,
    Buffer.concat([header, raw(lengths), raw(new BigInt64Array(offsets)), raw(new BigInt64Array(bounds))]),
  );
  writeFileSync(path.join(folder, 'corpus.bin'), Buffer.concat(bytes.map(raw)));
  return file;
}

const read = (pattern: string, partBytes?: number) =>
  readCorpus([{ domain: 'd', patterns: [pattern] }], {}, partBytes === undefined ? {} : { partBytes });

describe('an indexed data set of Megatron', () => {
  it('gives the ids of each document, its sequences joined, whatever the type, the steps and the parts', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.array(fc.nat(127), { maxLength: 5 }), { maxLength: 3 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(1, 3, 4, 5, 8),
        fc.integer({ min: 1, max: 60 }),
        async (documents, type, partBytes) => {
          const file = put(documents, { type });
          const { documents: found, rejects } = await read(file, partBytes);
          const wanted = documents.map((sequences, i) => ({ row: i + 1, ids: sequences.flat() }));
          expect(found.map(({ row, ids }) => ({ row, ids: [...ids!] }))).toEqual(
            wanted.filter(({ ids }) => ids.length > 0),
          );
          expect(rejects.map(({ line, reason }) => [line, reason])).toEqual(
            wanted.filter(({ ids }) => ids.length === 0).map(({ row }) => [row, 'the document has no token ids']),
          );
          expect(found.every(({ key, docId, row }) => key === `corpus.idx:${row}` && docId === key)).toBe(true);
        },
      ),
      { numRuns: 60 },
    ));

  it('reads unsigned ids of 16 bits as they are', async () => {
    const { documents } = await read(put([[[65_535, 40_000]]], { type: 8 }));
    expect([...documents[0]!.ids!]).toEqual([65_535, 40_000]);
  });

  it('is one file in a folder and in a glob: the .bin is neither skipped nor unknown', async () => {
    put([[[1, 2, 3]]]);
    for (const pattern of [folder, path.join(folder, 'corpus*')]) {
      const { files, skipped, refused } = await planInputs([{ domain: 'd', patterns: [pattern] }]);
      expect([files.map(({ name }) => name), skipped, refused]).toEqual([['corpus.idx'], [], []]);
    }
  });

  it('takes the first documents of --limit', async () => {
    const { documents } = await readCorpus([{ domain: 'd', patterns: [put([[[1]], [[2]], [[3]]])] }], {}, { limit: 2 });
    expect(documents.map(({ ids }) => [...ids!])).toEqual([[1], [2]]);
  });
});

describe('a damaged one is refused, with what is wrong', () => {
  const reasonOf = async (file: string): Promise<string | undefined> => (await read(file)).rejects[0]?.reason;

  it('an id below 0', async () => {
    expect(await reasonOf(put([[[5, -1]]]))).toBe('the list of ids has -1 at 1: an id is not negative');
  });

  it('an id of 2^31', async () => {
    expect(await reasonOf(put([[[2 ** 31]]], { type: 5 }))).toContain('ids must be below 2^31');
  });

  it('a .bin that was cut costs the documents that it lacks', async () => {
    const file = put([[[1, 2]], [[3, 4]]]);
    truncateSync(path.join(folder, 'corpus.bin'), 12);
    const { documents, rejects } = await read(file);
    expect(documents.map(({ ids }) => [...ids!])).toEqual([[1, 2]]);
    expect(rejects[0]!.line).toBe(2);
    expect(rejects[0]!.reason).toContain('beyond the end of');
  });

  it('a .bin of another size than at the plan ends the run with its name', async () => {
    const { parts } = await planInputs([{ domain: 'd', patterns: [put([[[1]]])] }]);
    appendFileSync(path.join(folder, 'corpus.bin'), 'more');
    const documents = readSlices(parts[0]!.slices, {}, { onReject: () => {} });
    const error = await documents.next().catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'INPUT_CHANGED' });
    expect(String(error)).toContain('corpus.bin has 8 bytes; it had 4');
  });

  it('no .bin', async () => {
    const file = put([[[1]]]);
    rmSync(path.join(folder, 'corpus.bin'));
    expect(await reasonOf(file)).toContain('corpus.bin is missing');
  });

  it('an index of another size than its counts', async () => {
    const file = put([[[1]]]);
    truncateSync(file, 40);
    expect(await reasonOf(file)).toBe('the index has 40 bytes, not the 62 of 1 sequences and 1 documents');
  });

  it('another version, and ids that are no whole numbers', async () => {
    expect(await reasonOf(put([[[1]]], { version: 2n }))).toBe('the index has version 2; 1 is known');
    const file = put([[[1]]]);
    const bytes = Buffer.from(readFileSync(file));
    bytes.writeUInt8(7, 17);
    writeFileSync(file, bytes);
    expect(await reasonOf(file)).toContain('the ids have type 7');
  });

  it('any byte of it changed: documents or reasons, never another error', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const file = put([[[1, 2], [3]], [], [[4]]]);
        const bytes = Buffer.from(readFileSync(file));
        bytes[at % bytes.length]! ^= flip;
        writeFileSync(file, bytes);
        const { documents, rejects } = await read(file);
        expect(documents.length + rejects.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    ));
});
