// nll-gain: what the far context is worth to the model itself, in nats a token. The yardstick that cheap scores are held against.
//
// Two passes through the whole model a window, so the parts are small: a kill costs a few windows.
import type { OnProgress } from '../base/events.js';
import { ArrowFile } from '../arrow/file.js';
import type { Columns } from '../arrow/schema.js';
import type { Window } from '../base/records.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { partName, type Ledger, type LedgerRecord } from '../run/ledger.js';
import { runParts } from '../run/run-parts.js';
import { checkLosses, meanLoss } from '../scoring/losses.js';

/**
 * The losses of one window, -ln p of tokens 1 .. L-1, nats: [L-1].
 * `near` = 0: every token sees all before it; else token n sees token i only if n - i < near, or i is one of the first 4 (the sink).
 */
export type WindowLosses = (ids: Int32Array, near: number, signal?: AbortSignal) => Promise<ArrayLike<number>>;

const WINDOWS_A_PART = 4;

const COLUMNS = { case_id: 'utf8', loss: 'float64', near_loss: 'float64' } as const satisfies Columns;

export interface LossOptions {
  ledger: Ledger;
  /** Those to be measured, in an order that does not change between attempts. */
  windows: readonly Window[];
  /** The far context begins here, tokens. */
  k: number;
  losses: WindowLosses;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/** @returns nll-gain by case: mean over tokens of (loss with the near context only) - (loss with all), nats a token */
export async function measureGains(options: LossOptions): Promise<Map<string, number>> {
  const { ledger, windows, onProgress } = options;
  const parts = Array.from({ length: Math.ceil(windows.length / WINDOWS_A_PART) }, (_, part) => part);
  let completed = 0;
  const report = (count: number): void => {
    completed += count;
    onProgress?.({ type: 'progress', stage: 'losses', unit: 'windows', completed, total: windows.length });
  };
  const make = (part: number, signal: AbortSignal): Promise<LedgerRecord> =>
    writeArrowPart(ledger, partName(part), {
      columns: COLUMNS,
      metadata: { k: `${options.k}` },
      rows: lossRows(windowsOf(windows, part), options, signal, () => report(1)),
    });
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

function windowsOf(windows: readonly Window[], part: number): readonly Window[] {
  return windows.slice(part * WINDOWS_A_PART, (part + 1) * WINDOWS_A_PART);
}

async function* lossRows(
  windows: readonly Window[],
  { losses, k }: LossOptions,
  signal: AbortSignal,
  onWindow: () => void,
): AsyncGenerator<Record<keyof typeof COLUMNS, string | number>> {
  for (const { windowId, tokenIds } of windows) {
    signal.throwIfAborted();
    const loss = meanLoss(await losses(tokenIds, 0, signal));
    const near = meanLoss(await losses(tokenIds, k, signal));
    checkLosses(windowId, loss, near);
    yield { case_id: windowId, loss, near_loss: near };
    onWindow();
  }
}

async function readGains(path: string, gains: Map<string, number>): Promise<void> {
  await using file = await ArrowFile.open(path, COLUMNS);
  for await (const { columns, rows } of file.batches(['case_id', 'loss', 'near_loss'])) {
    for (let row = 0; row < rows; row++)
      gains.set(columns.case_id.get(row), columns.near_loss[row]! - columns.loss[row]!);
  }
}
