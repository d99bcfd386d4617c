// The verify stage: the scores of a run against a golden Arrow file, row by row and head by head. For CI: same numbers, or which not.
//
// A golden file is a table of scores in the order of domain, window and layer. It is kept in memory whole: hundreds of windows, not
// millions.
import { dataError, show } from '../base/errors.js';
import { openScores, readScores } from '../arrow/reader.js';
import { scoreRow } from '../arrow/rows.js';
import { scoreColumns } from '../arrow/schema.js';
import { ArrowWriter } from '../arrow/writer.js';
import type { ScoreRow } from '../base/records.js';
import { STATISTIC_ROWS, type Statistic } from '../base/statistics.js';
import { writeAtomically } from '../io/atomic-file.js';
import type { Run } from '../run/directory.js';
import { ifExists } from '../io/file-system.js';
import { partName } from '../run/ledger.js';
import { compareRow, shapeMismatch, type Difference } from './compare-row.js';

/** So many missing or unlike rows are named; all are counted. */
const NAMED_ROWS = 20;

interface ComparisonOptions {
  golden: string;
  /** Largest error allowed, as defined in src/verify/compare-row.ts. Default 1e-5. */
  rtol?: number;
  signal?: AbortSignal | undefined;
}

export interface RowName {
  domain: string;
  windowId: string;
  layer: number;
}

export interface VerifyResult {
  /** True when every row is on both sides and no number differs by more than rtol. */
  ok: boolean;
  rtol: number;
  /** Rows that were compared. */
  rows: number;
  /** Of them, those with a number beyond rtol. */
  rowsBeyond: number;
  /** The largest difference of each column, largest first. */
  worst: Difference[];
  /** In the golden file, not in the run; the first few, and how many there are. */
  missingInRun: { count: number; rows: RowName[] };
  missingInGolden: { count: number; rows: RowName[] };
  /** Same window and layer, but another length, k or number of heads. */
  unlike: { count: number; rows: (RowName & { reason: string })[] };
  /** What the two files say of themselves, where it differs: model, kernel, ... */
  metadata: { name: string; run: string | undefined; golden: string | undefined }[];
}

/**
 * @throws LongattnError GOLDEN_MISSING, ARROW_INVALID, ARROW_SCHEMA, PART_MISSING, PART_CHANGED
 */
export async function verifyScores(
  run: Run,
  { golden, rtol = 1e-5, signal }: ComparisonOptions,
): Promise<VerifyResult> {
  const { fs } = run.scores;
  if (!(await ifExists(fs.stat(golden)))) {
    throw dataError(
      'GOLDEN_MISSING',
      `${golden} does not exist. Give the golden file, or write it from this run with --update.`,
    );
  }
  const expected = new Map<string, ScoreRow>();
  for await (const row of readScores(golden, { fs })) {
    if (expected.has(keyOf(row)))
      throw dataError(
        'GOLDEN_TWICE',
        `${golden} has window ${show(row.windowId)}, layer ${row.layer}, twice. Write it anew with --update.`,
      );
    expected.set(keyOf(row), row);
  }
  const result: VerifyResult = {
    ...{ ok: true, rtol, rows: 0, rowsBeyond: 0, worst: [], metadata: await compareMetadata(run, golden) },
    ...{
      missingInRun: { count: 0, rows: [] },
      missingInGolden: { count: 0, rows: [] },
      unlike: { count: 0, rows: [] },
    },
  };
  const worst = new Map<Statistic, Difference>();
  for await (const row of rowsOfRun(run)) {
    signal?.throwIfAborted();
    const other = expected.get(keyOf(row));
    expected.delete(keyOf(row));
    const reason = other && shapeMismatch(row, other);
    if (!other) note(result.missingInGolden, nameOf(row));
    else if (reason !== undefined) note(result.unlike, { ...nameOf(row), reason });
    else {
      const differences = compareRow(row, other);
      result.rows++;
      if (differences.some(({ error }) => error > rtol)) result.rowsBeyond++;
      for (const difference of differences) {
        if (difference.error > (worst.get(difference.column)?.error ?? -1)) worst.set(difference.column, difference);
      }
    }
  }
  for (const row of expected.values()) note(result.missingInRun, nameOf(row));
  result.worst = [...worst.values()].sort((a, b) => b.error - a.error);
  const unmatched = result.missingInRun.count + result.missingInGolden.count + result.unlike.count;
  result.ok = result.rowsBeyond === 0 && unmatched === 0;
  return result;
}

/**
 * Write the scores of a run as a golden file. Two runs of the same windows give the same bytes, whatever their parts.
 * @returns the number of rows
 * @throws LongattnError PART_MISSING, PART_CHANGED, NO_WINDOWS, and those of the disk
 */
export async function writeGolden(run: Run, golden: string): Promise<number> {
  const rows: ScoreRow[] = [];
  for await (const row of rowsOfRun(run)) rows.push(row);
  const first = rows[0];
  if (!first) throw dataError('NO_WINDOWS', `${run.dir} has no scores to make a golden file of. Score a corpus first.`);
  rows.sort((a, b) => byBytes(a.domain, b.domain) || byBytes(a.windowId, b.windowId) || a.layer - b.layer);
  const extras: [string, true][] = STATISTIC_ROWS.flatMap(([name, { when }]) =>
    when && first[name] !== undefined ? [[when, true]] : [],
  );
  const columns = scoreColumns(first.ds.length, Object.fromEntries(extras));
  // The hash of the run names its inputs, which a golden file outlives.
  const { spec_hash: _, ...metadata } = await metadataOf(run);
  await writeAtomically(
    golden,
    async (sink) => {
      const writer = new ArrowWriter(sink, columns, { metadata });
      for (const row of rows) await writer.push(scoreRow(row));
      await writer.close();
    },
    run.scores.fs,
  );
  return rows.length;
}

async function* rowsOfRun({ scores, manifest }: Run): AsyncGenerator<ScoreRow, void, undefined> {
  for (let part = 0; part < manifest.parts; part++) {
    const { rows } = await scores.require(partName(part));
    yield* readScores(scores.file(partName(part)), { rows, fs: scores.fs });
  }
}

async function metadataOf({ scores }: Run): Promise<Record<string, string>> {
  await using file = await openScores(scores.file(partName(0)), scores.fs);
  return Object.fromEntries(file.metadata);
}

async function compareMetadata(run: Run, golden: string): Promise<VerifyResult['metadata']> {
  if (run.manifest.parts === 0) return [];
  await run.scores.require(partName(0), 'size');
  const { spec_hash: _, ...own } = await metadataOf(run);
  await using file = await openScores(golden, run.scores.fs);
  const names = [...new Set([...Object.keys(own), ...file.metadata.keys()])].sort();
  return names
    .map((name) => ({ name, run: own[name], golden: file.metadata.get(name) }))
    .filter((entry) => entry.run !== entry.golden);
}

function note<T>(list: { count: number; rows: T[] }, row: T): void {
  if (list.count++ < NAMED_ROWS) list.rows.push(row);
}

const nameOf = ({ domain, windowId, layer }: ScoreRow): RowName => ({ domain, windowId, layer });
const keyOf = ({ domain, windowId, layer }: ScoreRow): string => JSON.stringify([domain, windowId, layer]);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
