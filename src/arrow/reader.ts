// The tables of a run as plain records, one after the other, a batch in memory at a time.
//
// Arrays in a record are views into the batch: keep one only by copying it, or the whole batch stays in memory.
import { dataError } from '../base/errors.js';
import type { ScoreRow, SelectionRow, Window } from '../base/records.js';
import {
  STATISTIC_ROWS,
  storedStatistics,
  type Extras,
  type Per,
  type PerColumn,
  type Statistics,
} from '../base/statistics.js';
import { nodeFileSystem, type FileSystem } from '../io/file-system.js';
import { ArrowFile, type BatchOptions } from './file.js';
import { fixedSize, scoreColumns, SELECTION_COLUMNS, WINDOW_COLUMNS, type ColumnType } from './schema.js';
import type { ListColumn, TextColumn } from './columns.js';

interface ColumnPer {
  head: ListColumn<Float64Array>;
  bin: ListColumn<Float64Array>;
  token: ListColumn<Float32Array>;
  window: Float64Array;
}

/** The columns of a batch of scores, whatever the number of heads. */
export interface ScoreBatch {
  rows: number;
  columns: {
    window_id: TextColumn;
    doc_id: TextColumn;
    domain: TextColumn;
    layer: Int32Array;
    length: Int32Array;
    k: Int32Array;
  } & { [Name in keyof PerColumn]: ColumnPer[PerColumn[Name]] };
}

export type ScoreColumn = keyof ScoreBatch['columns'];

export interface ScoresFile extends AsyncDisposable {
  path: string;
  heads: number;
  /** What is there that is stored on request alone. */
  extras: Extras;
  metadata: ReadonlyMap<string, string>;
  /** Batch after batch, only the named columns are read (and there). */
  batches<Name extends ScoreColumn>(
    names: readonly Name[],
    options?: BatchOptions,
  ): AsyncIterable<{ rows: number; columns: Pick<ScoreBatch['columns'], Name> }>;
}

/** @throws LongattnError ARROW_INVALID, ARROW_SCHEMA, FILE_MISSING, READ_FAILED */
export async function openScores(path: string, fs: FileSystem = nodeFileSystem): Promise<ScoresFile> {
  const file = await ArrowFile.open(path, {}, fs);
  try {
    const type = file.typeOf('ds') ?? '';
    const heads = /^float64\[\d+\]$/.test(type) ? fixedSize(type as `float64[${number}]`) : 1;
    const found = STATISTIC_ROWS.filter(([, { column }]) => file.typeOf(column) !== undefined);
    const extras: Extras = Object.fromEntries(found.flatMap(([, { when }]) => (when ? [[when, true]] : [])));
    file.require(scoreColumns(heads, extras));
    return {
      path,
      heads,
      extras,
      metadata: file.metadata,
      batches: (names, options) =>
        (file as unknown as ArrowFile<Record<ScoreColumn, ColumnType>>).batches(names, options) as never,
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @param options.rows as the ledger has it; another number is an error */
export async function* readScores(
  path: string,
  options: { rows?: number; fs?: FileSystem } = {},
): AsyncGenerator<ScoreRow> {
  await using file = await openScores(path, options.fs);
  const names = Object.keys(scoreColumns(file.heads, file.extras)) as ScoreColumn[];
  let rows = 0;
  const stored = storedStatistics(file.extras);
  for await (const { columns, rows: count } of file.batches(names)) {
    for (let row = 0; row < count; row++) yield scoreAt(columns, row, stored);
    rows += count;
  }
  requireRows(path, rows, options.rows);
}

function scoreAt(columns: ScoreBatch['columns'], row: number, stored: ReturnType<typeof storedStatistics>): ScoreRow {
  const statistics: Record<string, unknown> = {};
  for (const [name, { column }] of stored) statistics[name] = cellOf(columns[column as keyof PerColumn], row);
  return {
    windowId: columns.window_id.get(row),
    docId: columns.doc_id.get(row),
    domain: columns.domain.get(row),
    layer: columns.layer[row]!,
    length: columns.length[row]!,
    k: columns.k[row]!,
    ...(statistics as unknown as Statistics),
  };
}

/** The numbers of a statistic in one row: no copy. */
export function cellOf(column: ColumnPer[Per], row: number): Float64Array | Float32Array | number {
  return column instanceof Float64Array ? column[row]! : column.get(row);
}

/** @param options.rows as the ledger has it; another number is an error */
export async function* readWindows(
  path: string,
  options: { rows?: number; fs?: FileSystem } = {},
): AsyncGenerator<Window> {
  await using file = await ArrowFile.open(path, WINDOW_COLUMNS, options.fs);
  let rows = 0;
  for await (const { columns, rows: count } of file.batches(
    Object.keys(WINDOW_COLUMNS) as (keyof typeof WINDOW_COLUMNS)[],
  )) {
    for (let row = 0; row < count; row++) {
      yield {
        windowId: columns.window_id.get(row),
        docId: columns.doc_id.get(row),
        domain: columns.domain.get(row),
        source: columns.source.get(row),
        charStart: columns.char_start[row]!,
        charEnd: columns.char_end[row]!,
        tokenStart: columns.token_start[row]!,
        tokenIds: columns.token_ids.get(row),
      };
    }
    rows += count;
  }
  requireRows(path, rows, options.rows);
}

export async function* readSelection(
  path: string,
  options: { rows?: number; fs?: FileSystem } = {},
): AsyncGenerator<SelectionRow> {
  await using file = await ArrowFile.open(path, SELECTION_COLUMNS, options.fs);
  let rows = 0;
  for await (const { columns, rows: count } of file.batches(
    Object.keys(SELECTION_COLUMNS) as (keyof typeof SELECTION_COLUMNS)[],
  )) {
    for (let row = 0; row < count; row++) {
      yield {
        windowId: columns.window_id.get(row),
        domain: columns.domain.get(row),
        ds: columns.ds[row]!,
        du: columns.du[row]!,
        lds: columns.lds[row]!,
        score: columns.score[row]!,
        rank: columns.rank[row]!,
        selected: columns.selected[row] === 1,
        reason: columns.reason.get(row),
      };
    }
    rows += count;
  }
  requireRows(path, rows, options.rows);
}

/** A file whose batches are whole may still lack some: only the ledger knows. @throws LongattnError ROWS_MISSING */
export function requireRows(path: string, found: number, expected: number | undefined): void {
  if (expected === undefined || found === expected) return;
  throw dataError('ROWS_MISSING', `${path} has ${found} rows; its ledger entry says ${expected}. Make it again.`);
}
