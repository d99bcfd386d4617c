// A row for every row of the corpus, in its order, so that a join is a zip.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { annotate } from '../../src/annotate/annotate.js';
import { readSelection } from '../../src/arrow/reader.js';
import { documentOf } from '../../src/base/window-id.js';
import { score, select } from '../../src/pipeline/pipeline.js';
import { report } from '../../src/report/report.js';
import { collect } from '../support/collect.js';
import { tempFolder } from '../support/temp-folder.js';

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures');
const model = path.join(FIXTURES, 'models', 'llama');
const WINDOW = 16;
// Shared by the tests: made once.
const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
const output = path.join(folder, 'RUN');

type Annotated = Record<string, unknown> & { row: number; reason: string | null };

async function rowsOf(file: string): Promise<Annotated[]> {
  return (await parquetReadObjects({ file: await asyncBufferFromFile(file), compressors })) as Annotated[];
}

function line(id: string, tokens: number): string {
  return JSON.stringify({ id, ids: Array.from({ length: tokens }, (_, i) => (i * i + tokens) % 100) });
}

beforeAll(async () => {
  mkdirSync(path.join(folder, 'in'), { recursive: true });
  const write = (name: string, lines: string[]): void =>
    writeFileSync(path.join(folder, 'in', name), `${lines.join('\n')}\n`);
  write('a.jsonl', [line('long', 100), line('short', 9), '{"ids": [1,', line('two', 20), line('one', 16)]);
  write('b.jsonl', [line('more', 64)]);
  const input = `book=${path.join(folder, 'in')}`;
  await score({ input, idsField: 'ids', model, window: WINDOW, maxRejectRate: 1, output });
  await select({ output, maxRejectRate: 1, keep: '50%', score: 'content' });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('annotate', () => {
  it('writes a file for each table, with a row for every row of it', async () => {
    const target = path.join(folder, 'OUT');
    const result = await annotate(output, { output: target, scores: 'gzip' });
    expect(result).toMatchObject({ rows: 6, documents: 4, tooShort: 1, refused: 1, folder: target });
    expect(readdirSync(target).sort()).toEqual(['README.md', 'a.jsonl.parquet', 'annotation.json', 'b.jsonl.parquet']);
    const rows = await rowsOf(path.join(target, 'a.jsonl.parquet'));
    expect(Object.keys(rows[0]!)).toEqual([
      ...['id', 'source', 'row', 'length', 'windows', 'kept', 'content_mean', 'content_max', 'content_min'],
      ...['gzip_mean', 'gzip_max', 'gzip_min', 'reason'],
    ]);
    expect(rows.map(({ id, row, length, windows }) => [id, row, length, windows])).toEqual([
      ['long', 1, 100, 7],
      ['short', 2, 9, 0],
      [null, 3, null, 0],
      ['two', 4, 20, 2],
      ['one', 5, 16, 1],
    ]);
    expect(rows.map(({ reason }) => reason)).toEqual([
      null,
      'shorter than a window',
      expect.stringContaining('not valid JSON'),
      null,
      null,
    ]);
    for (const row of [rows[1]!, rows[2]!])
      expect([row['kept'], row['content_mean'], row['gzip_max']]).toEqual([null, null, null]);
  });

  it('holds the numbers that the selection has for the windows of each document', async () => {
    const target = path.join(folder, 'OUT2');
    await annotate(output, { output: target });
    const windows = await collect(readSelection(path.join(output, 'selection', 'selection.arrow')));
    let seen = 0;
    for (const name of ['a.jsonl', 'b.jsonl']) {
      for (const row of await rowsOf(path.join(target, `${name}.parquet`))) {
        const own = windows.filter(({ windowId }) => documentOf(windowId) === `${name}:${row.row}`);
        expect(row['windows']).toBe(own.length);
        if (own.length === 0) continue;
        const scores = own.map((window) => window.score);
        expect(row['kept']).toBe(own.filter(({ selected }) => selected).length / own.length);
        expect(row['content_mean']).toBeCloseTo(scores.reduce((a, b) => a + b) / own.length, 12);
        expect([row['content_min'], row['content_max']]).toEqual([Math.min(...scores), Math.max(...scores)]);
        seen += own.length;
      }
    }
    expect(seen).toBe(windows.length);
  });

  it('holds the numbers of windows of a selection of documents too', async () => {
    const run = path.join(folder, 'WHOLE');
    cpSync(output, run, { recursive: true });
    await annotate(run, { output: path.join(folder, 'OUT4') });
    await select({ output: run, maxRejectRate: 1, unit: 'document', keep: '50%', score: 'content' });
    await annotate(run, { output: path.join(folder, 'OUT5') });
    const [windows, whole] = await Promise.all(
      ['OUT4', 'OUT5'].map((name) => rowsOf(path.join(folder, name, 'a.jsonl.parquet'))),
    );
    const numbers = (rows: Annotated[]): unknown[] =>
      rows.map(({ content_mean, content_max }) => [content_mean, content_max]);
    expect(numbers(whole!)).toEqual(numbers(windows!));
    expect(new Set(whole!.map(({ kept }) => kept))).toEqual(new Set([0, 1, null]));
    await expect(report(run)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('unit'),
    });
  });

  it('writes the same bytes again, and replaces nothing that is not its own', async () => {
    const target = path.join(folder, 'OUT3');
    await annotate(output, { output: target });
    const bytes = (): Buffer[] =>
      readdirSync(target)
        .sort()
        .map((name) => readFileSync(path.join(target, name)));
    const before = bytes();
    await annotate(output, { output: target });
    expect(bytes().every((file, i) => file.equals(before[i]!))).toBe(true);
    await expect(annotate(output, { output: path.join(folder, 'in') })).rejects.toMatchObject({
      code: 'FOLDER_IN_USE',
    });
  });

  it('has text files, each a document, in one file', async () => {
    const texts = path.join(folder, 'texts');
    mkdirSync(texts);
    for (const [name, words] of [
      ['a', 200],
      ['b', 3],
    ] as const)
      writeFileSync(path.join(texts, `${name}.txt`), 'the whale sea ship '.repeat(words));
    const run = path.join(folder, 'TEXTS');
    await select({
      input: `book=${texts}`,
      model: path.join(import.meta.dirname, '..', '..', 'models', 'smollm2-135m-layer0'),
      window: 64,
      output: run,
      score: 'gzip',
    });
    await annotate(run);
    expect(
      (await rowsOf(path.join(run, 'annotation', 'files.parquet'))).map(({ id, row, windows }) => [id, row, windows]),
    ).toEqual([
      ['a.txt', 0, expect.any(Number)],
      ['b.txt', 0, 0],
    ]);
  });

  it('asks for a selection where there is none', async () => {
    const run = path.join(folder, 'NONE');
    cpSync(output, run, { recursive: true });
    rmSync(path.join(run, 'selection'), { recursive: true });
    await expect(annotate(run)).rejects.toMatchObject({ code: 'SELECTION_MISSING' });
  });

  it.each(['format-1', 'format-2'])(
    'completes a run of %s, from before there was a list of documents',
    async (format) => {
      const place = tempFolder();
      cpSync(path.join(FIXTURES, 'runs', format), place, { recursive: true });
      symlinkSync(model, path.join(place, 'model'));
      const before = process.cwd();
      process.chdir(place);
      try {
        await select({ output: 'run', keep: '50%' });
        const stages: string[] = [];
        const onProgress = (event: { type: string; stage?: unknown }): void =>
          void stages.push(`${event.type} ${String(event.stage)}`);
        const { rows } = await annotate('run', {}, { onProgress });
        const lines = ['book.jsonl', 'code.jsonl'].map(
          (name) => readFileSync(name, 'utf8').trimEnd().split('\n').length,
        );
        expect(rows).toBe(lines[0]! + lines[1]!);
        expect(stages).toContain('stage-done documents');
        stages.length = 0;
        await annotate('run', {}, { onProgress });
        expect(stages).not.toContain('stage-done documents');
      } finally {
        process.chdir(before);
      }
    },
  );
});
