// input_ids of tokenised data sets are found by themselves, where there is no field for text at all.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as library from 'parquet-wasm';
import type { Columns } from '../../src/arrow/schema.js';
import { ArrowWriter } from '../../src/arrow/writer.js';
import { ParquetStream } from '../../src/export/formats/parquet-stream.js';
import type { Sink } from '../../src/io/file-sink.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { window } from '../../src/pipeline/pipeline.js';
import { demoModel } from '../support/cli.js';
import { readCorpus } from '../support/documents.js';
import { tempFolder } from '../support/temp-folder.js';

/** Of the demo model, and of its tokenizer. */
const VOCABULARY = 49_152;
let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

const put = (name: string, ...rows: object[]): string => {
  const file = path.join(folder, name);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
};

function collector(): { chunks: Uint8Array[]; sink: Sink } {
  const chunks: Uint8Array[] = [];
  return { chunks, sink: { write: async (chunk) => void chunks.push(chunk.slice()) } };
}

/** The same table as an Arrow and as a Parquet file. */
async function putTables(name: string, columns: Columns, rows: readonly Record<string, unknown>[]): Promise<string[]> {
  const arrow = collector();
  const writer = new ArrowWriter(arrow.sink, columns, { metadata: {}, format: 'stream' });
  for (const row of rows) await writer.push(row);
  await writer.close();
  const bytes = Buffer.concat(arrow.chunks);
  const parquet = collector();
  const stream = new ParquetStream(parquet.sink, library, columns, { rows: 10, bytes: 1 << 20 });
  await stream.write(bytes);
  await stream.close();
  const files = [`${name}.arrow`, `${name}.parquet`].map((file) => path.join(folder, file));
  writeFileSync(files[0]!, bytes);
  writeFileSync(files[1]!, Buffer.concat(parquet.chunks));
  return files;
}

const read = (file: string, ...rest: [Parameters<typeof readCorpus>[1]?]) =>
  readCorpus([{ domain: 'd', patterns: [file] }], ...rest);

describe('input_ids', () => {
  it('are the document where a row has no field for text', async () => {
    const file = put(
      'a.jsonl',
      { input_ids: [1, 2, 3] },
      { text: 'a text', input_ids: [4] },
      { text: null, input_ids: [5] },
    );
    const { documents, rejects } = await read(file);
    expect(documents.map(({ ids, text, idsFound }) => [ids && [...ids], text, idsFound])).toEqual([
      [[1, 2, 3], undefined, true],
      [undefined, 'a text', undefined],
    ]);
    expect(rejects.map(({ line }) => line)).toEqual([3]);
  });

  it('are found in Arrow and Parquet files without a column of text, and only there', async () => {
    const ids = Int32Array.of(7, 8);
    const rows = [{ id: 'x', input_ids: ids, labels: ids, text: 'text' }];
    for (const file of await putTables('ids', { id: 'utf8', input_ids: 'list<int32>', labels: 'list<int32>' }, rows)) {
      const { documents, rejects } = await read(file);
      expect(rejects).toEqual([]);
      expect(documents.map(({ docId, ids, idsFound }) => [docId, [...ids!], idsFound])).toEqual([['x', [7, 8], true]]);
    }
    for (const file of await putTables('both', { input_ids: 'list<int32>', text: 'utf8' }, rows)) {
      expect((await read(file)).documents).toMatchObject([{ text: 'text' }]);
    }
  });

  it('are not found where another field was named', async () => {
    const file = put('a.jsonl', { input_ids: [1, 2, 3], body: 'text' });
    expect((await read(file, { textField: 'body' })).documents).toMatchObject([{ text: 'text' }]);
    expect((await read(file, { textField: 'story' })).documents).toEqual([]);
  });
});

describe('a run over found ids', () => {
  const options = (file: string): RunOptions => ({
    ...{ input: `book=${file}`, model: demoModel, window: 4, output: path.join(folder, 'RUN') },
  });

  it('says whose tokenizer is assumed', async () => {
    const file = put('a.jsonl', { input_ids: [1, 2, 3, 4] }, { input_ids: [1, 2, 3, VOCABULARY - 1] });
    const warnings: string[] = [];
    const summary = await window(options(file), {
      onProgress: (event) => event.type === 'warning' && event.code === 'IDS_FOUND' && warnings.push(event.message),
    });
    expect(summary).toMatchObject({ rejects: 0, domains: [{ windows: 2 }] });
    expect(warnings).toEqual([expect.stringMatching(/a\.jsonl.*ids of the tokenizer of .*smollm2/)]);
  });

  it('refuses the file whose largest id is beyond the vocabulary', async () => {
    const file = put('a.jsonl', { input_ids: [1, 2, 3, 4] }, { input_ids: [1, 2, VOCABULARY, 4] });
    await expect(window(options(file))).rejects.toMatchObject({
      code: 'INPUT_REFUSED',
      message: expect.stringMatching(/a\.jsonl.*row 2: input_ids has 49152 at 2, and the vocabulary ends at 49152/),
    });
    const { model: tokenizer, ...rest } = options(file);
    const modelless = window({ ...rest, tokenizer, score: 'gzip', output: path.join(folder, 'COUNTS') });
    await expect(modelless).rejects.toMatchObject({ code: 'INPUT_REFUSED' });
    // With the field named, or files excused, it is the row.
    expect(await window({ ...options(file), allowRefusedFiles: true })).toMatchObject({ domains: [{ windows: 1 }] });
  });
});
