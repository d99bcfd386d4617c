// Count scores for all windows of a run: two passes over the windows parts, linear in tokens, a batch in memory at a time.
//
// The first pass shows every window to the scorer of its domain (what is rare there?) and finds the largest id. Parts and their rows
// come in the order of the run, so that shards and workers change nothing.
import { dataError, show } from '../base/errors.js';
import { ArrowFile } from '../arrow/file.js';
import { requireRows } from '../arrow/reader.js';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { partName, type Ledger, type LedgerCheck } from '../run/ledger.js';
import { requireVerified } from '../run/verified-parts.js';
import type { CountScore, CountScorer } from '../scores/counts/count-score.js';
import type { WindowTable } from './window-table.js';

export interface MeasureCountsOptions {
  windows: Ledger;
  parts: number;
  counts: readonly CountScore[];
  /** The windows of the run, in its order. */
  table: WindowTable;
  /** Minimum distance, tokens. */
  k: number;
  seed: number;
  check?: LedgerCheck | undefined;
  signal?: AbortSignal | undefined;
}

/** @returns for each score one number a window @throws LongattnError PART_MISSING, PART_CHANGED, SCORES_STALE, SCORE_NOT_FINITE */
export async function measureCounts(options: MeasureCountsOptions): Promise<Float64Array[]> {
  const { counts, table, k, seed, windows, parts } = options;
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  const records = await requireVerified(windows, names, options.check, options.signal);
  const rows = records.map((record) => record.rows);
  let vocabulary = 0;
  await eachWindow(options, rows, (_, ids) => {
    for (let i = 0; i < ids.length; i++) if (ids[i]! >= vocabulary) vocabulary = ids[i]! + 1;
  });
  const scorers: CountScorer[][] = table.domainNames.map(() => counts.map((score) => score.open({ vocabulary, seed })));
  if (scorers.flat().some((scorer) => scorer.observe)) {
    await eachWindow(options, rows, (at, ids) => {
      for (const scorer of scorers[table.domains[at]!]!) scorer.observe?.(ids);
    });
  }
  const values = counts.map(() => new Float64Array(table.length));
  await eachWindow(options, rows, (at, tokenIds, windowId) => {
    scorers[table.domains[at]!]!.forEach((scorer, s) => {
      const value = scorer.value({ windowId, tokenIds }, k);
      if (!Number.isFinite(value)) {
        throw dataError(
          'SCORE_NOT_FINITE',
          `The score ${counts[s]!.name} must be a finite number; of window ${show(windowId)} it is ${value}. Mend the score.`,
        );
      }
      values[s]![at] = value;
    });
  });
  return values;
}

async function eachWindow(
  { windows, parts, table, signal }: MeasureCountsOptions,
  rows: readonly number[],
  visit: (at: number, tokenIds: Int32Array, windowId: string) => void,
): Promise<void> {
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const path = windows.file(partName(part));
    await using file = await ArrowFile.open(path, WINDOW_COLUMNS, windows.fs);
    const first = at;
    for await (const { columns, rows: count } of file.batches(['window_id', 'token_ids'])) {
      signal?.throwIfAborted();
      for (let row = 0; row < count; row++, at++) {
        const id = columns.window_id.get(row);
        if (at >= table.length || table.ids.get(at) !== id) throw stale(path, id);
        visit(at, columns.token_ids.get(row), id);
      }
    }
    requireRows(path, at - first, rows[part]);
  }
  if (at !== table.length) throw stale(windows.folder);
}

function stale(path: string, id?: string): Error {
  const where = id === undefined ? '' : ` at ${show(id)}`;
  return dataError('SCORES_STALE', `The scores do not belong to the windows of ${path}${where}. Score again.`);
}
