// nll-gain: what the far context is worth to the model itself, in nats a token. The yardstick that cheap scores are held against.
//
// Two passes through the whole model a window, so the parts are small: a kill costs a few windows. The layers that are scored are
// passed on the way: their statistics are kept beside the losses, so that no window goes through them twice.
import type { OnProgress } from '../base/events.js';
import { ArrowFile } from '../arrow/file.js';
import { scoreRow } from '../arrow/rows.js';
import { scoreColumns, type Columns } from '../arrow/schema.js';
import type { ScoreRow, Window } from '../base/records.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { partName, type Ledger, type LedgerRecord } from '../run/ledger.js';
import { runParts } from '../run/run-parts.js';
import { scoreBatch, type BatchSettings, type ScoreWindows } from '../scoring/score-batch.js';

/**
 * The losses of one window, -ln p of tokens 1 .. L-1, nats: [L-1].
 * `near` = 0: every token sees all before it; else token n sees token i only if n - i < near, or i is one of the first 4 (the sink).
 */
export type WindowLosses = (ids: Int32Array, near: number, signal?: AbortSignal) => Promise<ArrayLike<number>>;

const WINDOWS_A_PART = 4;

const COLUMNS = { case_id: 'utf8', loss: 'float64', near_loss: 'float64' } as const satisfies Columns;

export interface LossOptions {
  ledger: Ledger;
  /** Where the statistics go, a part a part of losses. */
  statistics: Ledger;
  /** `k`, tokens: the far context begins there. */
  settings: BatchSettings;
  /** Those to be measured, in an order that does not change between attempts. */
  windows: readonly Window[];
  score: ScoreWindows;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/** @returns nll-gain by case: mean over tokens of (loss with the near context only) - (loss with all), nats a token */
export async function measureGains(options: LossOptions): Promise<Map<string, number>> {
  const { ledger, windows, onProgress } = options;
  const parts = lossParts(windows);
  let completed = 0;
  const report = (count: number): void => {
    completed += count;
    onProgress?.({ type: 'progress', stage: 'losses', unit: 'windows', completed, total: windows.length });
  };
  const make = async (part: number, signal: AbortSignal): Promise<LedgerRecord> => {
    const rows = await scored(windowsOf(windows, part), options, signal, () => report(1));
    await writeStatistics(part, rows.flat(), options);
    return writeArrowPart(ledger, partName(part), {
      columns: COLUMNS,
      metadata: { k: `${options.settings.k}` },
      rows: rows.map(([row]) => ({ case_id: row!.windowId, loss: row!.loss, near_loss: row!.nearLoss })),
    });
  };
  await runParts({
    stage: 'losses',
    parts,
    workers: 1,
    ledger,
    make,
    onPending: (pending) =>
      report(windows.length - pending.reduce((sum, part) => sum + windowsOf(windows, part).length, 0)),
    ...(options.signal && { signal: options.signal }),
    ...(onProgress && { onProgress }),
  });
  const gains = new Map<string, number>();
  for (const part of parts) await readGains(ledger.file(partName(part)), gains);
  return gains;
}

/** Numbers of the parts that the losses of so many windows have. */
export function lossParts(windows: readonly Window[]): number[] {
  return Array.from({ length: Math.ceil(windows.length / WINDOWS_A_PART) }, (_, part) => part);
}

export function windowsOf(windows: readonly Window[], part: number): readonly Window[] {
  return windows.slice(part * WINDOWS_A_PART, (part + 1) * WINDOWS_A_PART);
}

/** For each window its rows, one a layer. */
async function scored(
  windows: readonly Window[],
  { settings, score }: LossOptions,
  signal: AbortSignal,
  onWindow: () => void,
): Promise<ScoreRow[][]> {
  const rows: ScoreRow[][] = [];
  for (const window of windows) {
    rows.push(await scoreBatch([window], { ...settings, losses: true }, score, signal));
    onWindow();
  }
  return rows;
}

async function writeStatistics(
  part: number,
  rows: readonly ScoreRow[],
  { statistics, settings: { heads, tokens } }: LossOptions,
): Promise<void> {
  await writeArrowPart(statistics, partName(part), {
    columns: scoreColumns(heads, { tokens }),
    rows: rows.map(({ loss: _, nearLoss: __, ...row }) => scoreRow(row)),
  });
}

async function readGains(path: string, gains: Map<string, number>): Promise<void> {
  await using file = await ArrowFile.open(path, COLUMNS);
  for await (const { columns, rows } of file.batches(['case_id', 'loss', 'near_loss'])) {
    for (let row = 0; row < rows; row++)
      gains.set(columns.case_id.get(row), columns.near_loss[row]! - columns.loss[row]!);
  }
}
