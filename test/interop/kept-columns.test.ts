// Columns of the corpus that went through, in the hands of pyarrow: their types and values are the source's.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { annotate } from '../../src/annotate/annotate.js';
import { exportRun, select } from '../../src/pipeline/pipeline.js';
import { INSTALL_TIMEOUT_MS, installReaders, readWithPython } from '../support/python-readers.js';

const model = path.join(import.meta.dirname, '..', 'fixtures', 'models', 'llama');
const dir = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
const files = { parquet: path.join(dir, 'typed.parquet'), arrow: path.join(dir, 'typed.arrow') };
const lines = path.join(dir, 'lines', 'meta.jsonl');
/** In the order of the file; of the last two `datasets` has no feature. */
const COLUMNS = [
  ...['dictionary', 'stamp', 'nanos', 'price', 'wide', 'notes', 'nothing', 'huge', 'small', 'single', 'half', 'bytes'],
  ...['day', 'time', 'span', 'point', 'tags', 'url', 'flag', 'deep', 'pair', 'pairs'],
];
const FEATURES = COLUMNS.slice(0, -2);
const META = [
  { id: 'm0', ids: ids(40), meta: { lang: 'en', score: 1.5, tags: ['a'] }, n: 1, mixed: 'x', big: 9007199254740991 },
  { id: 'm1', ids: ids(20), meta: { lang: null, extra: { deep: [{ k: 1 }] } }, n: null, mixed: 3, half: 0.5 },
];
let readers: string;

function ids(length: number): number[] {
  return Array.from({ length }, (_, i) => (i * i) % 100);
}

async function run(name: string, input: string): Promise<string> {
  const output = path.join(dir, name);
  await select({ input: `book=${input}`, idsField: 'ids', model, window: 16, output, score: 'gzip', keep: 1 });
  return output;
}

async function exported(output: string, options: object): Promise<string[]> {
  await exportRun({ output, score: 'gzip', keep: 1, ...options });
  const folder = path.join(output, 'export');
  return readdirSync(folder, { recursive: true })
    .map((file) => path.join(folder, String(file)))
    .filter((file) => /data-.*|provenance\.arrow$/.test(file))
    .sort();
}

function compare(source: string, key: string, paths: readonly string[]): Record<string, unknown>[] {
  return readWithPython(readers, dir, [{ how: 'kept_like_source', paths: [source, key, ...paths] }])[0]!.rows;
}

const same = (columns: readonly string[], rows: number): unknown =>
  expect.arrayContaining(columns.map((name) => expect.objectContaining({ name, same: true, sameType: true, rows })));

beforeAll(async () => {
  readers = installReaders();
  readWithPython(readers, dir, [{ how: 'write_typed', paths: [files.parquet, files.arrow] }]);
  mkdirSync(path.dirname(lines));
  writeFileSync(lines, META.map((row) => `${JSON.stringify(row)}\n`).join(''));
}, INSTALL_TIMEOUT_MS);
afterAll(() => rmSync(dir, { recursive: true }));

describe('columns of the corpus', () => {
  it.each(['parquet', 'arrow'] as const)(
    'of %s are the same in every export and in the annotation',
    async (kind) => {
      const source = files[kind];
      const output = await run(`RUN-${kind}`, source);
      for (const format of ['parquet', 'arrow', 'hf', 'tokens', 'mds'] as const) {
        const columns = format === 'hf' ? FEATURES : COLUMNS;
        const found = compare(source, 'doc_id', await exported(output, { format, keepColumns: columns }));
        expect(found).toEqual(same(columns, 7 + 3 + 1));
        expect(found).toHaveLength(columns.length);
      }
      const documents = await exported(output, { format: 'parquet', unit: 'document', keepColumns: 'all' });
      expect(compare(source, 'doc_id', documents)).toEqual(same(COLUMNS, 3));
      await annotate(output, { keepColumns: 'all' });
      const annotation = path.join(output, 'annotation', `${path.basename(source)}.parquet`);
      expect(compare(source, 'id', [annotation])).toEqual(same(COLUMNS, 4));
    },
    120_000,
  );

  it('of hf are opened by datasets, with the features that they have', async () => {
    const output = await run('RUN-hf', files.parquet);
    await exported(output, { format: 'hf', keepColumns: FEATURES });
    const [seen] = readWithPython(readers, dir, [
      { how: 'hf_columns', paths: [path.join(output, 'export'), files.parquet] },
    ]);
    expect(seen!.rows.filter(({ same: isSame }) => isSame !== true)).toEqual([]);
    expect(seen!.rows).toHaveLength(FEATURES.length);
  }, 60_000);

  it('of JSON lines have the types of their values, in JSON lines the same values', async () => {
    const output = await run('RUN-jsonl', lines);
    const columns = { keepColumns: 'all', format: 'jsonl' };
    const [file] = await exported(output, columns);
    const rows = readFileSync(file!, 'utf8').trimEnd().split('\n');
    const first = (id: string): Record<string, unknown> =>
      rows.map((row) => JSON.parse(row) as Record<string, unknown>).find((row) => row['doc_id'] === id)!;
    expect(first('m0')).toMatchObject({
      ...{ meta: { lang: 'en', score: 1.5, tags: ['a'], extra: null }, n: 1, mixed: '"x"', big: 9007199254740991 },
      half: null,
    });
    expect(first('m1')).toMatchObject({
      meta: { lang: null, extra: { deep: [{ k: 1 }] } },
      n: null,
      mixed: '3',
      half: 0.5,
    });
    const parquet = await exported(output, { keepColumns: 'all', format: 'parquet' });
    const [seen] = readWithPython(readers, dir, [{ how: 'types_of', paths: parquet }]);
    expect(seen!.columns).toMatchObject({
      meta: 'struct<lang: string, score: double, tags: list<item: string>, extra: struct<deep: list<item: struct<k: int64>>>>',
      ...{ n: 'int64', mixed: 'string', big: 'int64', half: 'double' },
    });
  }, 60_000);
});
