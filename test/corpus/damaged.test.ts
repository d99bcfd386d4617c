// Files that were cut or damaged: refused with a reason, never an exception, a hang or a row that is not in the original.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCorpus, type ReadResult } from '../support/documents.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/corpus/', import.meta.url));
const NAMES = ['members.jsonl.gz', 'frames.jsonl.zst', 'snappy.parquet', 'zstd.parquet', 'page-index.parquet'].concat([
  'file.arrow',
  'stream.arrow',
  'dictionary.arrow',
  'polars.arrow',
  'large.arrow',
  'zstd.arrow',
]);
const TEXTS = new Set(
  readFileSync(path.join(FIXTURES, 'rows.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'longattn-damaged-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string, data: Buffer): Promise<ReadResult> => {
  const file = path.join(folder, name);
  writeFileSync(file, data);
  return readCorpus([{ domain: 'd', patterns: [file] }]);
};

describe.each(NAMES)('%s', (name) => {
  const data = readFileSync(path.join(FIXTURES, name));
  const footed = data.toString('latin1', data.length - 6) === 'ARROW1';

  it('cut at a random byte is refused as a whole', async () => {
    // Where a gzip member or a zstd frame ends, the rest of the file is a valid file of fewer members.
    const members = name === 'members.jsonl.gz' ? [data.indexOf(Buffer.from([0x1f, 0x8b, 8, 0]), 3)] : [];
    const stuff = data.indexOf(Buffer.from('stuff'));
    const ends = name === 'frames.jsonl.zst' ? [stuff - 8, stuff + 5] : members;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: data.length - 1 }), async (length) => {
        fc.pre(!ends.includes(length));
        const { documents, rejects } = await read(name, data.subarray(0, length));
        expect(documents).toEqual([]);
        expect(rejects).toHaveLength(1);
        expect(rejects[0]!.line).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('with random bytes changed is read or refused, and does not throw', async () => {
    const change = fc.tuple(fc.integer({ min: 0, max: data.length - 1 }), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = Buffer.from(data);
        for (const [at, value] of changes) damaged[at] = value;
        const { documents, rejects } = await read(name, damaged);
        // The footer of an Arrow file is its only list of batches: one that names fewer is a valid file of fewer rows.
        if (!footed) expect(documents.length + rejects.length).toBeGreaterThan(0);
        // Formats with checksums never hand out other text; Parquet and Arrow have none by default.
        if (/gz|zst$/.test(name)) expect(documents.every((document) => TEXTS.has(document.text!))).toBe(true);
      }),
      { numRuns: 120 },
    );
  });
});
