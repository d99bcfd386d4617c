import { beforeEach, describe, expect, it } from '@jest/globals';
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ArrowFile } from '../../src/arrow/file.js';
import { openScores, readScores, readSelection, readWindows } from '../../src/arrow/reader.js';
import { scoreRow, windowRow, type Row } from '../../src/arrow/rows.js';
import {
  EXPORT_COLUMNS,
  scoreColumns,
  SELECTION_COLUMNS,
  WINDOW_COLUMNS,
  type Columns,
} from '../../src/arrow/schema.js';
import { ArrowWriter, type ArrowOptions } from '../../src/arrow/writer.js';
import type { SelectionRow, Window } from '../../src/base/records.js';
import { writeAtomically } from '../../src/io/atomic-file.js';
import { collect } from '../support/collect.js';
import { makeScore, makeWindow, selectionRow } from '../support/rows.js';
import { faultyFs } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';

async function write(file: string, columns: Columns, rows: Iterable<Row>, options: Partial<ArrowOptions> = {}) {
  return writeAtomically(file, async (sink) => {
    const writer = new ArrowWriter(sink, columns, { metadata: {}, ...options });
    for (const row of rows) await writer.push(row);
    await writer.close();
  });
}

const plain = (windows: Window[]) => windows.map((window) => ({ ...window, tokenIds: [...window.tokenIds] }));

describe('tables of a run', () => {
  let file: string;
  beforeEach(() => {
    file = path.join(tempFolder(), 'part.arrow');
  });

  it('give windows back as they were written, at any batch size', async () => {
    const anyWindow = fc.record({
      windowId: fc.string({ unit: 'grapheme' }),
      docId: fc.string(),
      domain: fc.constantFrom('book', 'Märchen', '代码'),
      source: fc.string(),
      charStart: fc.nat(),
      charEnd: fc.nat(),
      tokenStart: fc.nat(),
      tokenIds: fc.int32Array({ maxLength: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyWindow, { maxLength: 30 }),
        fc.integer({ min: 1, max: 2000 }),
        async (windows, batchBytes) => {
          await write(file, WINDOW_COLUMNS, windows.map(windowRow), { batchBytes });
          expect(plain(await collect(readWindows(file, { rows: windows.length })))).toEqual(plain(windows));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('give scores back to the bit, with and without token_ds and losses', async () => {
    for (const [tokens, losses] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const scores = Array.from({ length: 7 }, (_, i) => makeScore(i, { heads: 3, length: 10, tokens, losses }));
      await write(file, scoreColumns(3, { tokens, losses }), scores.map(scoreRow), {
        batchBytes: 4000,
        metadata: { model: 'tiny' },
      });
      expect(await collect(readScores(file, { rows: 7 }))).toEqual(scores);
      await using opened = await openScores(file);
      const { heads, metadata } = opened;
      expect([heads, opened.extras.tokens ?? false, opened.extras.losses ?? false, metadata.get('model')]).toEqual([
        3,
        tokens,
        losses,
        'tiny',
      ]);
    }
  });

  it('give selections back, more than a byte of booleans', async () => {
    const rows: SelectionRow[] = Array.from({ length: 21 }, (_, i) => {
      return {
        windowId: `w${i}`,
        domain: 'book',
        ds: i / 3,
        du: -i,
        lds: i,
        score: i / 2,
        rank: 21 - i,
        selected: i % 3 === 0,
        reason: i % 3 ? 'below the cut' : 'kept',
      };
    });
    await write(file, SELECTION_COLUMNS, rows.map(selectionRow));
    expect(await collect(readSelection(file))).toEqual(rows);
  });

  it('are what Apache Arrow reads too, as file and as stream', async () => {
    const row = { ...windowRow(makeWindow(1, 5)), text: 'Wal 🐋', ds: 0.25, du: -1e-9, lds: 1.5, score: 0.5, rank: 1 };
    for (const format of ['file', 'stream'] as const) {
      await write(file, EXPORT_COLUMNS, [row, row], { format });
      const table = tableFromIPC(readFileSync(file));
      expect(table.numRows).toBe(2);
      expect(table.get(1)!.toJSON()).toMatchObject({ text: 'Wal 🐋', ds: 0.25, rank: 1, token_start: 5 });
      expect(table.schema.fields.map((field) => field.name)).toEqual(Object.keys(EXPORT_COLUMNS));
      expect(table.schema.fields.every((field) => !field.nullable)).toBe(true);
    }
  });

  it('may be empty', async () => {
    await write(file, WINDOW_COLUMNS, []);
    expect(await collect(readWindows(file, { rows: 0 }))).toEqual([]);
    expect(tableFromIPC(readFileSync(file)).numRows).toBe(0);
  });

  it('give the same bytes for the same rows', async () => {
    const windows = Array.from({ length: 20 }, (_, i) => makeWindow(i, 40));
    const first = await write(file, WINDOW_COLUMNS, windows.map(windowRow), { batchBytes: 1000 });
    expect(await write(file, WINDOW_COLUMNS, windows.map(windowRow), { batchBytes: 1000 })).toEqual(first);
  });

  it('read only the columns that are asked for', async () => {
    const scores = Array.from({ length: 50 }, (_, i) => makeScore(i, { heads: 4, length: 10 }));
    const { bytes } = await write(file, scoreColumns(4), scores.map(scoreRow));
    await using opened = await openScores(file);
    for await (const { columns, rows } of opened.batches(['ds', 'window_id'])) {
      expect(rows).toBe(50);
      expect(Object.keys(columns).sort()).toEqual(['ds', 'window_id']);
      expect(columns.ds.values.byteLength).toBeLessThan(bytes / 20);
      expect(columns.window_id.get(7)).toBe(scores[7]!.windowId);
    }
  });

  it('hold numbers only where they fit', async () => {
    await expect(
      write(file, WINDOW_COLUMNS, [{ ...windowRow(makeWindow(0, 4)), token_start: 2 ** 31 }]),
    ).rejects.toThrow('2147483648');
    await expect(write(file, scoreColumns(3), [scoreRow(makeScore(0, { heads: 2, length: 10 }))])).rejects.toThrow(
      '2 values',
    );
  });
});

describe('a damaged table', () => {
  let file: string;
  let whole: Buffer;
  beforeEach(async () => {
    file = path.join(tempFolder(), 'part.arrow');
    await write(
      file,
      WINDOW_COLUMNS,
      Array.from({ length: 9 }, (_, i) => windowRow(makeWindow(i, 20))),
      { batchBytes: 500 },
    );
    whole = readFileSync(file);
  });

  it('is refused wherever it was cut', async () => {
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(collect(readWindows(file))).rejects.toMatchObject({ code: 'ARROW_INVALID', exitCode: 3 });
    }
  });

  it('with any byte changed is read or refused, never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= mask;
        writeFileSync(file, bytes);
        const windows = await collect(readWindows(file)).catch((error: { code: string }) => error.code);
        if (typeof windows === 'string') expect(['ARROW_INVALID', 'ARROW_SCHEMA']).toContain(windows);
      }),
      { numRuns: 400 },
    );
  });

  it('is told from one with fewer rows by the ledger', async () => {
    await expect(collect(readWindows(file, { rows: 10 }))).rejects.toMatchObject({
      code: 'ROWS_MISSING',
      message: expect.stringContaining('9 rows'),
    });
  });

  it('of another kind is refused with what was expected and what is there', async () => {
    writeFileSync(file, tableToIPC(tableFromArrays({ text: ['a'], window_id: Int32Array.of(1) }), 'file'));
    await expect(collect(readWindows(file))).rejects.toMatchObject({
      code: 'ARROW_SCHEMA',
      message: expect.stringMatching(/column window_id of type utf8; there it is int32/),
    });
    await expect(openScores(file)).rejects.toMatchObject({ code: 'ARROW_SCHEMA' });
    writeFileSync(file, 'no Arrow at all, but long enough to have a tail');
    await expect(ArrowFile.open(file, {})).rejects.toMatchObject({ code: 'ARROW_INVALID' });
    await expect(ArrowFile.open(`${file}.gone`, {})).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });

  it('on a disk that fails says so', async () => {
    await expect(collect(readWindows(file, { fs: faultyFs({ fail: { read: 'EIO' } }) }))).rejects.toMatchObject({
      code: 'READ_FAILED',
      exitCode: 4,
    });
  });
});
