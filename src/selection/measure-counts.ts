// Count scores for all windows of a run. What stands in counts/ is read there, a few numbers a window. Anything else costs a pass over
// all token ids, and another one before it where a score must know what is rare in its domain (idf).
//
// Parts and their rows come in the order of the run, so that shards and workers change nothing.
import { dataError, show } from '../base/errors.js';
import type { OnProgress } from '../base/events.js';
import { ArrowFile } from '../arrow/file.js';
import { requireRows } from '../arrow/reader.js';
import { WINDOW_COLUMNS } from '../arrow/schema.js';
import { partName, type Ledger, type LedgerCheck } from '../run/ledger.js';
import { requireVerified } from '../run/verified-parts.js';
import type { CountScore, CountScorer } from '../scores/counts/count-score.js';
import { storedCount } from '../counts/stored-count.js';
import { readCounts } from './read-counts.js';
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
  onProgress?: OnProgress | undefined;
}

/** @returns for each score one number a window @throws LongattnError PART_MISSING, PART_CHANGED, SCORES_STALE, SCORE_NOT_FINITE */
export async function measureCounts(options: MeasureCountsOptions): Promise<Float64Array[]> {
  const { counts, table, k } = options;
  const stored = counts.map(({ name }) => storedCount(name, k, table.window));
  const wanted = stored.flatMap((one) => one ?? []);
  const read = wanted.length > 0 ? (await readCounts({ ...options, window: table.window }, wanted, table)).values : [];
  const others = counts.filter((_, i) => !stored[i]);
  const passed = others.length > 0 ? await passOver({ ...options, counts: others }) : [];
  return stored.map((one) => (one ? read : passed).shift()!);
}

async function passOver(options: MeasureCountsOptions): Promise<Float64Array[]> {
  const { counts, table, k, seed, windows, parts } = options;
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  const records = await requireVerified(windows, names, options.check, options.signal);
  const rows = records.map((record) => record.rows);
  const scorers: CountScorer[][] = table.domainNames.map(() => counts.map((score) => score.open({ seed })));
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
