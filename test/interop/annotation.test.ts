// An annotation is joined with its source by DuckDB and by polars, row by row: a zip.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { annotate } from '../../src/annotate/annotate.js';
import { select } from '../../src/pipeline/pipeline.js';
import { INSTALL_TIMEOUT_MS, installReaders, readWithPython } from '../support/python-readers.js';

const model = path.join(import.meta.dirname, '..', 'fixtures', 'models', 'llama');
const WINDOW = 16;
const dir = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
const corpus = path.join(dir, 'in');
const out = path.join(dir, 'OUT');
const kept = path.join(dir, 'KEPT');
/** Tokens of each document: 9 are too short, none are refused. */
const LENGTHS = [100, 9, 20, 0, 16, 64];
let readers: string;

beforeAll(async () => {
  readers = installReaders();
  mkdirSync(corpus);
  const rows = LENGTHS.map((length, n) => ({
    ...{ id: `d${n}`, ids: Array.from({ length }, (_, i) => (i * i + n) % 100) },
    ...{ url: n === 2 ? null : `https://example.org/${n}`, meta: { lang: 'en', stars: n } },
  }));
  writeFileSync(path.join(corpus, 'a.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  readWithPython(readers, dir, [
    { how: 'write_parquet', paths: [path.join(corpus, 'a.jsonl'), path.join(corpus, 'b.parquet')] },
  ]);
  const run = path.join(dir, 'RUN');
  const input = `book=${corpus}`;
  await select({ input, idsField: 'ids', model, window: WINDOW, maxRejectRate: 1, output: run, score: 'gzip' });
  await annotate(run, { output: out });
  await annotate(run, { output: kept, keepColumns: ['url', 'meta'] });
}, INSTALL_TIMEOUT_MS);
afterAll(() => rmSync(dir, { recursive: true }));

describe('an annotation beside its source', () => {
  it.each(['a.jsonl', 'b.parquet'])('%s: every row has its own', (name) => {
    const paths = [path.join(corpus, name), path.join(out, `${name}.parquet`)];
    const seen = readWithPython(
      readers,
      dir,
      ['duckdb_zip', 'polars_zip'].map((how) => ({ how, paths })),
    );
    for (const { rows, columns } of seen) {
      expect(rows.map((row) => (row['ids'] as number[]).length)).toEqual(LENGTHS);
      expect(rows.map(({ row, length }) => [row, length])).toEqual(LENGTHS.map((n, i) => [i + 1, n === 0 ? null : n]));
      expect(rows.map(({ windows }) => windows)).toEqual([7, 0, 2, 0, 1, 4]);
      expect(rows.map(({ reason }) => reason)).toEqual([
        null,
        'shorter than a window',
        null,
        '"ids" is empty',
        null,
        null,
      ]);
      expect(rows.map(({ gzip_mean }) => typeof gzip_mean === 'number')).toEqual([
        true,
        false,
        true,
        false,
        true,
        true,
      ]);
      expect(rows.map((row) => row['id'])).toEqual(LENGTHS.map((_, n) => `d${n}`));
      expect(columns['length']).toMatch(/^[iI]nt32$/);
    }
    expect(seen[1]!.rows.map((row) => row['annotated_id'])).toEqual(LENGTHS.map((n, i) => (n === 0 ? null : `d${i}`)));
  });

  it.each(['a.jsonl', 'b.parquet'])(
    '%s: the columns that went through stand beside their own, refused rows too',
    (name) => {
      const paths = [path.join(corpus, name), path.join(kept, `${name}.parquet`)];
      const hows = ['duckdb_kept', 'polars_kept'].map((how) => ({ how, paths }));
      const expected = LENGTHS.map((_, n) => ({ id: `d${n}`, row: n + 1, url: true, meta: true }));
      for (const { rows } of readWithPython(readers, dir, hows)) expect(rows).toEqual(expected);
    },
  );
});
