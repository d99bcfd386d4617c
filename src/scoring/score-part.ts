// One part of windows to one part of scores, kept in segments on the way: a kill costs one segment at most.
//
// How many windows a segment has depends on their length alone, never on the batch or the workers. The finished part is written
// from the rows of its segments, so its bytes do not tell how often it was interrupted.
import { readScores, readWindows } from '../arrow/reader.js';
import { scoreRow, type Row } from '../arrow/rows.js';
import { scoreColumns, type Metadata } from '../arrow/schema.js';
import type { DistanceRule } from '../base/distance.js';
import { mapOrdered } from '../base/map-ordered.js';
import type { ScoreRow, Window } from '../base/records.js';
import { sizeOf, storedStatistics, type Per } from '../base/statistics.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { ifExists } from '../io/file-system.js';
import { partName, type Ledger, type LedgerRecord } from '../run/ledger.js';
import { scoreBatch, type BatchSettings, type ScoreWindows } from './score-batch.js';

/** Tokens of a segment, about: at W = 32,768 it is 8 windows, seconds to minutes of work. */
const SEGMENT_TOKENS = 1 << 18;
/** Rows of a segment wait in memory: with all layers of a large model a row set of one window is several MB. */
const SEGMENT_BYTES = 64 << 20;
/** One batch is computed while the rows of the one before are written. */
const BATCHES_IN_FLIGHT = 2;
const BYTES: Record<Per, number> = { head: 8, bin: 8, token: 4, window: 8 };

export interface ScorePartOptions extends BatchSettings {
  /** How k was told: the metadata says this. */
  kRule: DistanceRule;
  windows: Ledger;
  scores: Ledger;
  score: ScoreWindows;
  /** Windows a call of the scorer; never changes a byte. */
  batch: number;
  /** Model, revision, dtype, rope, kernel, ...: into the schema of the file, with layers, window, k and spec_hash. */
  metadata: Metadata;
  signal?: AbortSignal | undefined;
  /** Ends the part after the segments that are at work: the next attempt goes on from there. */
  drain?: AbortSignal | undefined;
  /** Called with the number of windows that were scored, or found scored. */
  onWindows?: (count: number) => void;
}

export const segmentName = (part: number, segment: number): string =>
  `${partName(part)}.seg-${String(segment).padStart(4, '0')}`;

export function segmentWindows({ window, layers, heads, tokens }: BatchSettings): number {
  const stored = storedStatistics({ tokens });
  const bytesOfRow = stored.reduce((sum, [, { per }]) => sum + BYTES[per] * sizeOf(per, heads, window), 0);
  const bytesOfWindow = layers.length * bytesOfRow;
  return Math.max(1, Math.min(Math.floor(SEGMENT_TOKENS / window), Math.floor(SEGMENT_BYTES / bytesOfWindow), 256));
}

/** @throws LongattnError of the windows part, the scorer or the disk, or the reason of `drain`; segments that are whole stay for the next attempt */
export async function scorePart(part: number, options: ScorePartOptions): Promise<LedgerRecord> {
  const { windows, scores, layers, window, onWindows } = options;
  const { rows } = await windows.require(partName(part), 'size');
  const size = segmentWindows(options);
  const segments = Math.ceil(rows / size);
  const done = new Set<number>();
  for (let segment = 0; segment < segments; segment++) {
    if ((await scores.inspect(segmentName(part, segment))).status !== 'done') continue;
    done.add(segment);
    onWindows?.(Math.min(size, rows - segment * size));
  }
  let written = done.size;
  const input = readWindows(windows.file(partName(part)), { rows, fs: windows.fs });
  const scored = mapOrdered(
    batchesOf(input, size, options.batch, done, options.drain),
    async ({ segment, windows: batch }) => {
      const result = { segment, rows: await scoreBatch(batch, options, options.score, options.signal) };
      onWindows?.(batch.length);
      return result;
    },
    { concurrency: BATCHES_IN_FLIGHT, weigh: () => 1, maxWeight: BATCHES_IN_FLIGHT },
  );
  for await (const { segment, rows: segmentRows } of bySegment(scored)) {
    await writeScores(scores, segmentName(part, segment), segmentRows.map(scoreRow), options);
    written++;
  }
  if (written < segments) options.drain?.throwIfAborted();
  const counts = { windows: rows, rows: rows * layers.length, tokens: rows * window };
  const record = await writeScores(scores, partName(part), rowsOfSegments(part, segments, scores), options, counts);
  for (let segment = 0; segment < segments; segment++) await scores.remove(segmentName(part, segment));
  return record;
}

/** A process that was killed between the entry of a part and the removal of its segments leaves them: they are of no more use. */
export async function removeLeftoverSegments(scores: Ledger): Promise<void> {
  for (const folder of scores.folders()) {
    for (const file of (await ifExists(scores.fs.readdir(folder))) ?? []) {
      const [, segment, part] = /^((part-\d+)\.seg-\d+)\.(?:arrow|done\.json)$/.exec(file) ?? [];
      if (segment && (await scores.inspect(part!, 'size')).status === 'done') await scores.remove(segment);
    }
  }
}

function writeScores(
  ledger: Ledger,
  name: string,
  rows: AsyncIterable<Row> | Iterable<Row>,
  { heads, tokens, losses, metadata, layers, window, kRule }: ScorePartOptions,
  counts: Record<string, number> = {},
): Promise<LedgerRecord> {
  const own = { layers: layers.join(','), window: `${window}`, k: `${kRule}`, spec_hash: ledger.specHash };
  return writeArrowPart(ledger, name, {
    columns: scoreColumns(heads, { tokens, losses }),
    metadata: { ...metadata, ...own },
    rows,
    entry: () => ({ counts }),
  });
}

/** Batches of at most `batch` windows that never reach over the end of a segment; segments in `done` are passed over. */
async function* batchesOf(
  windows: AsyncIterable<Window>,
  size: number,
  batch: number,
  done: ReadonlySet<number>,
  drain: AbortSignal | undefined,
): AsyncGenerator<{ segment: number; windows: Window[] }, void, undefined> {
  let gathered: Window[] = [];
  let at = 0;
  for await (const window of windows) {
    const segment = Math.floor(at / size);
    if (at % size === 0 && drain?.aborted) return;
    at++;
    if (done.has(segment)) continue;
    gathered.push(window);
    if (gathered.length < batch && at % size !== 0) continue;
    yield { segment, windows: gathered };
    gathered = [];
  }
  if (gathered.length > 0) yield { segment: Math.floor((at - 1) / size), windows: gathered };
}

/** Joins the rows of the batches of a segment. */
async function* bySegment(
  batches: AsyncIterable<{ segment: number; rows: ScoreRow[] }>,
): AsyncGenerator<{ segment: number; rows: ScoreRow[] }> {
  let current: { segment: number; rows: ScoreRow[] } | undefined;
  for await (const { segment, rows } of batches) {
    if (current?.segment === segment) {
      current.rows.push(...rows);
      continue;
    }
    if (current) yield current;
    current = { segment, rows };
  }
  if (current) yield current;
}

async function* rowsOfSegments(part: number, segments: number, scores: Ledger): AsyncGenerator<Row> {
  for (let segment = 0; segment < segments; segment++) {
    const name = segmentName(part, segment);
    const { rows } = await scores.require(name, 'size');
    for await (const row of readScores(scores.file(name), { rows, fs: scores.fs })) yield scoreRow(row);
  }
}
