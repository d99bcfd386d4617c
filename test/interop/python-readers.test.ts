// The files of a run in the hands of others: pyarrow, datasets, polars and DuckDB must see the rows that we wrote.
//
// The libraries are installed on first use (scripts/setup-python.mjs); where that fails, so do these tests.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as zlib from 'node:zlib';
import { attention } from '../../src/attention/attention.js';
import { writeAttention } from '../../src/attention/attention-file.js';
import { readScores, readSelection, readWindows } from '../../src/arrow/reader.js';
import { scoreRow, windowRow, type Row } from '../../src/arrow/rows.js';
import { selectionRow } from '../support/rows.js';
import { EXPORT_COLUMNS } from '../../src/arrow/schema.js';
import { keptWindows } from '../../src/export/kept-windows.js';
import { partName } from '../../src/run/ledger.js';
import { exportWindows } from '../../src/export/export-windows.js';
import { collect } from '../support/collect.js';
import { makeSelectedRun, type MadeExport } from '../support/exported-run.js';
import { INSTALL_TIMEOUT_MS, installReaders, readWithPython, type Job, type Seen } from '../support/python-readers.js';

const ROOT = path.resolve(import.meta.dirname, '..', '..');

/** Node.js writes zstd from 22.15 on: scripts/test-node24.mjs runs these tests there too. */
const ZSTD = 'createZstdCompress' in zlib ? (['jsonl.zst'] as const) : [];

const dir = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
let readers: string;
let made: MadeExport;
let expected: object[];

beforeAll(async () => {
  readers = installReaders();
  made = await makeSelectedRun(path.join(dir, 'run'));
  const { run, selection, textOf } = made;
  expected = (
    await collect(
      keptWindows({ windows: run.windows, parts: run.manifest.parts, selectionPath: selection.path, textOf }),
    )
  ).map(plain);
  // Small files, so that there are several.
  for (const format of ['hf', 'arrow', 'parquet', 'jsonl', ...ZSTD] as const) {
    const { files } = await exportWindows(run, selection, {
      format,
      textOf,
      folder: path.join(dir, format),
      shardBytes: 1,
    });
    expect(files.length).toBeGreaterThan(format === 'jsonl' ? 5 : 0);
  }
}, INSTALL_TIMEOUT_MS);
afterAll(() => rmSync(dir, { recursive: true }));

const read = (jobs: Job[]): Seen[] => readWithPython(readers, dir, jobs);

function plain(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value,
    ]),
  );
}

const byId = (rows: readonly unknown[]): unknown[] =>
  [...rows].sort((a, b) => ((a as { window_id: string }).window_id < (b as { window_id: string }).window_id ? -1 : 1));

const renamed = (row: object, from: string, to: string): object =>
  Object.fromEntries(Object.entries(row).map(([name, value]: [string, unknown]) => [name === from ? to : name, value]));

describe('the exported folder', () => {
  it('is read as a data set, by every way that its users have', () => {
    const folder = (format: string): string => path.join(dir, format);
    const jobs: Job[] = [
      ...['hf_load_from_disk', 'hf_load_dataset', 'hf_load_dataset_streaming', 'hf_from_file', 'hf_transformed'].map(
        (how) => ({ how, paths: [folder('hf')] }),
      ),
      ...['pyarrow_stream', 'polars_stream', 'duckdb_arrow'].map((how) => ({ how, paths: [folder('hf')] })),
      ...['pyarrow_folder', 'pyarrow_dataset', 'polars_scan', 'duckdb_arrow', 'hf_folder'].map((how) => ({
        how,
        paths: [folder('arrow')],
      })),
      ...['hf_parquet', 'hf_folder', 'pyarrow_parquet', 'polars_parquet', 'duckdb_parquet'].map((how) => ({
        how,
        paths: [folder('parquet')],
      })),
      ...['hf_json', 'hf_folder', 'polars_json', 'duckdb_json'].map((how) => ({ how, paths: [folder('jsonl')] })),
      ...ZSTD.flatMap((format) =>
        ['hf_json', 'hf_folder', 'zstd_lines'].map((how) => ({ how, paths: [folder(format)] })),
      ),
    ];
    const seen = read(jobs);
    expect(seen).toHaveLength(jobs.length);
    seen.forEach(({ columns, rows }, i) => {
      const job = `${jobs[i]!.how} ${path.basename(jobs[i]!.paths[0]!)}`;
      const inputIds = ['hf', 'parquet'].includes(path.basename(jobs[i]!.paths[0]!));
      const named = (row: object): object => (inputIds ? renamed(row, 'token_ids', 'input_ids') : row);
      expect([job, Object.keys(columns)]).toEqual([job, Object.keys(named(EXPORT_COLUMNS))]);
      expect([job, byId(rows)]).toEqual([job, byId(expected.map(named))]);
    });
  });

  it('has the features that its columns say', () => {
    const [disk, stream] = read([
      { how: 'hf_load_from_disk', paths: [path.join(dir, 'hf')] },
      { how: 'pyarrow_stream', paths: [path.join(dir, 'hf')] },
    ]);
    expect(disk!.columns['text']).toBe("Value('large_string')");
    expect(disk!.columns['input_ids']).toBe("List(Value('int32'))");
    expect(stream!.columns).toMatchObject({
      text: 'large_string',
      input_ids: 'list<item: int32>',
      ds: 'double',
      rank: 'int32',
    });
  });
});

it('the lines of its card open it', () => {
  const formats = ['hf', 'parquet', 'arrow', 'jsonl', ...ZSTD];
  const seen = read(formats.map((format) => ({ how: 'card', paths: [path.join(dir, format)] })));
  const lines = seen.flatMap(({ rows }) => rows);
  expect(lines.length).toBeGreaterThan(6);
  expect(lines.filter(({ rows }) => rows !== expected.length)).toEqual([]);
});

it('Parquet has the least and the largest value of each column but the lists', () => {
  const folder = path.join(dir, 'parquet');
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => path.join(folder, name));
  const [{ rows }] = read([{ how: 'parquet_statistics', paths }]) as [Seen];
  expect(rows.length).toBeGreaterThan(0);
  const columns = Object.keys(EXPORT_COLUMNS).map((name) => (name === 'token_ids' ? 'input_ids' : name));
  const expected = Object.fromEntries(columns.map((name) => [name, name !== 'input_ids']));
  for (const row of rows) expect(row).toEqual(expected);
});

describe('the token files', () => {
  it('hold the ids of each window between the places that their indexes name', async () => {
    const { run, selection, textOf } = made;
    const folder = path.join(dir, 'tokens');
    await exportWindows(run, selection, { format: 'tokens', textOf, folder });
    const seen = read(
      ['book', 'code'].map((domain) => ({ how: 'token_files', paths: [path.join(folder, domain, '00000')] })),
    );
    const rows = (expected as Row[]).map(({ text: _, token_ids, ...row }) => ({ ...row, ids: token_ids }));
    const byDomain = [...rows].sort((a, b) =>
      (a as unknown as Row)['domain']! < (b as unknown as Row)['domain']! ? -1 : 1,
    );
    expect(seen.flatMap((one) => one.rows)).toEqual(byDomain);
    // What the viewer of the Hub shows: where each window comes from.
    const [shown] = read([{ how: 'hf_folder', paths: [folder] }]);
    expect(shown!.rows).toEqual(byDomain.map(({ ids: _, ...row }) => row));
  });
});

describe('the tables of a run', () => {
  it('are read with the values that were written, the empty part too', async () => {
    const { run, selection } = made;
    const parts = [0, 1, 2].map(partName);
    const windows: unknown[] = [];
    const scores: unknown[] = [];
    for (const name of parts) {
      for await (const row of readWindows(run.windows.file(name))) windows.push(plain(windowRow(row)));
      for await (const row of readScores(run.scores.file(name))) scores.push(plain(scoreRow(row)));
    }
    const chosen = (await collect(readSelection(selection.path))).map((row) => plain(selectionRow(row)));
    const tables = [
      { paths: parts.map((name) => run.windows.file(name)), rows: windows },
      { paths: parts.map((name) => run.scores.file(name)), rows: scores },
      { paths: [selection.path], rows: chosen },
    ];
    const seen = read(
      tables.flatMap(({ paths }) => [
        { how: 'pyarrow_files', paths },
        { how: 'polars_files', paths },
      ]),
    );
    tables.forEach(({ rows }, i) => {
      expect(rows.length).toBeGreaterThan(20);
      expect(seen[2 * i]!.rows).toEqual(rows);
      expect(seen[2 * i + 1]!.rows).toEqual(rows);
    });
    expect(seen[2]!.columns).toMatchObject({
      window_id: 'string',
      layer: 'int32',
      ds: 'fixed_size_list<item: double not null>[3]',
    });
  });
});

describe('a file of attention', () => {
  it('has its maps and rows as tensors of numpy, with the values that were written', async () => {
    const model = path.join(ROOT, 'test', 'fixtures', 'models', 'llama');
    const ids = Array.from({ length: 50 }, (_, n) => (n * n + 3) % 512);
    const file = path.join(dir, 'attention.arrow');
    const result = await attention({ model, ids, layers: [0, 1], heads: [0, 3], rows: [7, 30, 49], map: 6 });
    await writeAttention(file, result);
    const [seen] = read([{ how: 'pyarrow_tensors', paths: [file] }]);
    const [map, rows, ...records] = seen!.rows;
    const padded = result.attention.flatMap((one) => one.rows.flatMap((row) => [...row, ...zeros(50 - row.length)]));
    expect(map).toEqual({
      name: 'map',
      dtype: 'float32',
      shape: [4, 6, 6],
      values: result.attention.flatMap((one) => [...one.map!]),
    });
    expect(rows).toEqual({ name: 'rows', dtype: 'float32', shape: [4, 3, 50], values: padded });
    expect(records).toEqual(
      [0, 1].flatMap((layer) => [0, 3].map((head) => ({ layer, head, token_ids: ids, row: [7, 30, 49] }))),
    );
    expect(seen!.columns['map']).toBe('extension<arrow.fixed_shape_tensor[value_type=float, shape=[6,6]]>');
  });
});

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
