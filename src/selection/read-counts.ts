// The stored counts of all windows of a run as columns: a few numbers a window, read in seconds whatever the length of the windows.
import { dataError } from '../base/errors.js';
import { ArrowFile } from '../arrow/file.js';
import { requireRows } from '../arrow/reader.js';
import { COUNT_COLUMNS } from '../counts/columns.js';
import { ensureCounts, type EnsureCounts } from '../counts/counts-part.js';
import type { StoredCount } from '../counts/stored-count.js';
import { partName, type LedgerCheck } from '../run/ledger.js';
import { requireVerified } from '../run/verified-parts.js';
import { WindowTable } from './window-table.js';

/** Folder of the counts that a table was made from here: its ids are theirs, and are not read again. */
const madeFrom = new WeakMap<WindowTable, string>();

export interface ReadCounts extends EnsureCounts {
  check?: LedgerCheck | undefined;
}

/**
 * @param wanted columns, an array each is returned
 * @param table the windows of the run in its order; default: made here, from the counts themselves
 * @throws LongattnError PART_MISSING, PART_CHANGED, SCORES_STALE where the table is of other windows
 */
export async function readCounts(
  options: ReadCounts,
  wanted: readonly StoredCount[],
  table?: WindowTable,
): Promise<{ table: WindowTable; values: Float64Array[] }> {
  const ledger = await ensureCounts(options);
  const names = Array.from({ length: options.parts }, (_, part) => partName(part));
  const records = await requireVerified(ledger, names, options.check, options.signal);
  const total = records.reduce((sum, { rows }) => sum + rows, 0);
  if (table && table.length !== total) throw stale(ledger.folder);
  const into = table ?? new WindowTable(total, options.window);
  const own = table !== undefined && madeFrom.get(table) === ledger.folder;
  if (!table) madeFrom.set(into, ledger.folder);
  const values = wanted.map(() => new Float64Array(total));
  // Domains are of the table: with one they are not read again.
  const known = own ? [] : table ? (['window_id'] as const) : (['window_id', 'domain'] as const);
  const columns = [...new Set([...known, ...wanted.map(({ column }) => column)])];
  let at = 0;
  for (const [part, { rows }] of records.entries()) {
    await using file = await ArrowFile.open(ledger.file(partName(part)), COUNT_COLUMNS, ledger.fs);
    const first = at;
    for await (const batch of file.batches(columns, { reuse: true })) {
      options.signal?.throwIfAborted();
      if (!table) into.append(batch.columns.window_id, batch.columns.domain);
      // The parts were made from the same windows in the same order: the ends of a batch are enough to see that they are of this run.
      else if (!own && batch.rows > 0 && !sameEnds(batch.columns.window_id, at, batch.rows, table))
        throw stale(file.path);
      wanted.forEach(({ column, item }, i) => copyColumn(batch.columns[column], item, values[i]!, at, batch.rows));
      at += batch.rows;
    }
    requireRows(file.path, at - first, rows);
  }
  return { table: into, values };
}

function sameEnds(ids: { get(row: number): string }, at: number, rows: number, table: WindowTable): boolean {
  return [0, rows - 1].every((row) => ids.get(row) === table.ids.get(at + row));
}

function copyColumn(
  column: Float64Array | { values: Float64Array },
  item: number,
  into: Float64Array,
  at: number,
  rows: number,
): void {
  if (column instanceof Float64Array) return into.set(column.subarray(0, rows), at);
  const width = rows === 0 ? 1 : column.values.length / rows;
  for (let row = 0; row < rows; row++) into[at + row] = column.values[row * width + item]!;
}

function stale(path: string): Error {
  return dataError('SCORES_STALE', `The scores do not belong to the windows of ${path}. Score again.`);
}
