// Files as other programs write them, and as they arrive when something went wrong.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { arrayElements } from '../../src/corpus/json-values.js';
import { parseJson } from '../../src/corpus/parse-json.js';
import { readCorpus } from '../support/documents.js';
import { files, row, rows, runWindow, wildFile } from './run-window.js';

const corpusFixture = (name: string): string => path.join(import.meta.dirname, '..', 'fixtures', 'corpus', name);

describe('a shard that was cut beside rows that are good (ord-schema PR#923)', () => {
  const packed = gzipSync(rows(3000));
  const make = (): string => files({ 'a.jsonl.gz': packed.subarray(0, -20), 'b.jsonl': rows(60) });

  it('ends the run with 3 after the other parts, names the file, and goes on with the flag', async () => {
    const folder = make();
    const options = { output: path.join(folder, 'RUN') };
    const input = `${folder}/*.jsonl*`;
    await expect(runWindow(input, options)).rejects.toMatchObject({
      code: 'INPUT_REFUSED',
      exitCode: 3,
      message: expect.stringMatching(/a\.jsonl\.gz.*the gzip data is cut; about [\d,]+ rows/),
    });
    const { documents, summary } = await runWindow(input, { ...options, allowRefusedFiles: true });
    expect(documents).toBe(60);
    expect(summary.refused).toHaveLength(1);
    // Nearly all were seen before the cut; how many there are is taken from a usual ratio of compression.
    expect(summary.refused[0]!.rows).toBeGreaterThan(2500);
    expect(summary.refused[0]!.rows).toBeLessThan(6000);
    expect(summary.rejects).toBe(0);
    // What was allowed once is not asked again.
    expect((await runWindow(input, options)).documents).toBe(60);
  });

  it('goes on with the file mended in place', async () => {
    const folder = make();
    const options = { output: path.join(folder, 'RUN') };
    const bad = Buffer.from(packed);
    bad[packed.length >> 1]! ^= 0xff;
    writeFileSync(path.join(folder, 'a.jsonl.gz'), bad);
    await expect(runWindow(`${folder}/*.jsonl*`, options)).rejects.toMatchObject({ code: 'INPUT_REFUSED' });
    writeFileSync(path.join(folder, 'a.jsonl.gz'), packed);
    const { documents, summary } = await runWindow(`${folder}/*.jsonl*`, options);
    expect([documents, summary.refused]).toEqual([3060, []]);
  });

  it('a damaged row group counts its rows', async () => {
    const data = readFileSync(wildFile('int8-score.parquet'));
    data.fill(0xff, 300, 400);
    const input = `${files({ 'a.parquet': data })}/*.parquet`;
    await expect(runWindow(input)).rejects.toMatchObject({
      code: 'INPUT_REFUSED',
      message: expect.stringMatching(/; 20 rows\)/),
    });
  });
});

describe('Arrow as pyarrow and polars write it', () => {
  it.each(['eight-bytes.zstd.arrow', 'eight-bytes.lz4.feather'])('%s', async (name) => {
    const { documents } = await readCorpus([{ domain: 'd', patterns: [wildFile(name)] }], { idsField: 'input_ids' });
    expect(documents.map(({ docId, ids }) => [docId, ids![79]])).toEqual(
      Array.from({ length: 20 }, (_, id) => [`d${id}`, (79 * 7 + id) % 300]),
    );
  });

  it('LZ4 blocks that go on from each other', async () => {
    const { documents } = await readCorpus([{ domain: 'd', patterns: [wildFile('blocks.lz4.arrow')] }]);
    const chinese = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(0x4e00 + (i % 997))).join('');
    expect(documents.map(({ text }) => text)).toEqual(['the whale and the sea '.repeat(9000), chinese]);
  });
});

it.each(['pages.parquet', 'pages.arrow'])('a list of strings is a text: %s', async (name) => {
  const read = (join?: string) => readCorpus([{ domain: 'd', patterns: [wildFile(name)] }], { join });
  const { documents, rejects } = await read();
  expect(documents.map(({ text }) => text)).toEqual(['Erste Seite\n\nZweite — Seite', 'allein']);
  expect(rejects.map(({ line }) => line)).toEqual([3, 4, 5]);
  expect((await read('|')).documents[0]!.text).toBe('Erste Seite|Zweite — Seite');
});

describe('JSON that is not one object a line', () => {
  // What Python's json module writes for a missing perplexity (pandas#30716).
  it('NaN and Infinity outside of what is read', async () => {
    const line = (id: number): string => row(id).replace('{', '{"ppl":NaN,"low":-Infinity,"says":"NaN \\" Infinity",');
    const { documents, summary } = await runWindow(files({ 'a.jsonl': line(1) + line(2) + row(3) }));
    expect([documents, summary.nonFinite, summary.rejects]).toEqual([3, 2, 0]);
  });

  it('only numbers that are not finite are mended', () => {
    expect(parseJson('{"a": [NaN, -Infinity], "b": "NaN"}')).toMatchObject({ value: { a: [null, null], b: 'NaN' } });
    for (const text of ['{"a": NaNs}', '{"a": "NaN}', 'NaN NaN', '{NaN: 1}']) expect(parseJson(text).ok).toBe(false);
  });

  it('an array is read as it streams', async () => {
    const elements = rows(40).trim().split('\n');
    const packed = gzipSync(`[${elements.join(',')}]`);
    const folder = files({ 'a.json': `\ufeff [\n${elements.join(' ,\n')}\n]\n`, 'b.json.gz': packed });
    for (const name of ['a.json', 'b.json.gz']) {
      const { documents, summary } = await runWindow(path.join(folder, name));
      expect([documents, summary.rejects]).toEqual([40, 0]);
      expect((await runWindow(path.join(folder, name), { limit: 7 })).documents).toBe(7);
    }
    for (const text of [`[${elements.join(',')}`, `[${elements.join(',')}] 1`]) {
      await expect(runWindow(path.join(files({ 'c.json': text }), 'c.json'))).rejects.toMatchObject({
        code: 'INPUT_REFUSED',
        message: expect.stringMatching(/the JSON array is (cut|followed)/),
      });
    }
  });

  it('elements are those of JSON.parse, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (array, size, indent) => {
          const bytes = Buffer.from(JSON.stringify(array, null, indent ? 2 : 0));
          const chunks = async function* (): AsyncGenerator<Buffer> {
            for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
          };
          const found: unknown[] = [];
          for await (const line of arrayElements(chunks())) found.push(JSON.parse(line.bytes!.toString()));
          expect(found).toEqual(JSON.parse(bytes.toString()));
        },
      ),
    );
  });

  it('pretty-printed objects are refused by name, once a file', async () => {
    const pretty = [1, 2].map((id) => JSON.stringify(JSON.parse(row(id)), null, 2)).join('\n');
    await expect(runWindow(path.join(files({ 'a.json': pretty }), 'a.json'))).rejects.toMatchObject({
      code: 'INPUT_REFUSED',
      message: expect.stringMatching(/^1 file .*objects over several lines.*jq -c \./),
    });
    // A first line that is broken is no such file.
    const { summary } = await runWindow(files({ 'a.jsonl': `{"text": "cut\n${rows(200)}` }));
    expect(summary.rejects).toBe(1);
  });
});

describe('compression', () => {
  it('.zstd is .zst', async () => {
    const folder = files({ 'a.jsonl.zstd': readFileSync(corpusFixture('frames.jsonl.zst')) });
    expect((await readCorpus([{ domain: 'd', patterns: [folder] }])).documents).toHaveLength(50);
  });

  // Public dumps of Reddit and the Pile are packed with --long=27 and 31 (python-zstandard#157).
  it('a window of 128 MiB is read where Node has zstd, and refused by name where it has not', async () => {
    const { documents, rejects } = await readCorpus([{ domain: 'd', patterns: [corpusFixture('window27.jsonl.zst')] }]);
    if ('createZstdDecompress' in (await import('node:zlib'))) expect([documents.length, rejects]).toEqual([50, []]);
    else expect(rejects[0]!.reason).toMatch(/use Node\.js 22\.15 or later, or unpack the file \(zstd -d --long=31\)/);
  });

  it.each([
    ['a.jsonl.bz2', /bzip2 -dc .*a\.jsonl\.bz2 \| gzip > .*a\.jsonl\.gz/],
    ['a.jsonl.xz', /xz -dc/],
    ['a.csv', /duckdb -c "COPY/],
  ])('%s is refused with the command that converts it', async (name, command) => {
    const file = path.join(files({ [name]: 'x' }), name);
    await expect(runWindow(file)).rejects.toMatchObject({
      code: 'INPUT_FORMAT',
      message: expect.stringMatching(command),
    });
  });
});
