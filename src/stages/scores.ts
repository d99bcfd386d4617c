// The scores stage: every part of windows to a part of attention statistics, one row a (window, layer).
import type { OnProgress } from '../events.js';
import { partName, type LedgerCheck, type LedgerRecord } from '../run/ledger.js';
import { runParts } from '../run/run-parts.js';
import type { ScoreWindows } from './score-batch.js';
import { removeLeftoverSegments, scorePart, type ScorePartOptions } from './score-part.js';

export interface ScoresOptions extends Omit<ScorePartOptions, 'onWindows' | 'score'> {
  /** Part numbers of this run, or of this shard. Their windows must be done. */
  parts: readonly number[];
  /** Parts at work at once; never changes a byte. */
  workers: number;
  /** Opens the model. Called once, and only when there is something to score. */
  openScorer: () => Promise<ScoreWindows>;
  check?: LedgerCheck;
  onProgress?: OnProgress;
}

/**
 * @returns the ledger entries in the order of the parts
 * @throws LongattnError PARTS_FAILED and what else runParts throws; PART_MISSING where windows are not done
 */
export async function scoreParts(options: ScoresOptions): Promise<LedgerRecord[]> {
  const { parts, windows, scores, openScorer, onProgress, ...rest } = options;
  await removeLeftoverSegments(scores);
  const windowsOf = new Map<number, number>();
  for (const part of parts) windowsOf.set(part, (await windows.require(partName(part), 'size')).rows);
  const total = sum(windowsOf.values());
  let completed = 0;
  const report = (count: number): void => {
    completed += count;
    onProgress?.({ type: 'progress', stage: 'scores', unit: 'windows', completed, total });
  };
  let scorer: Promise<ScoreWindows> | undefined;
  const score: ScoreWindows = async (request, signal) => (await (scorer ??= openScorer()))(request, signal);
  return runParts({
    ...rest,
    stage: 'scores',
    parts,
    ledger: scores,
    make: (part, signal) => scorePart(part, { ...rest, windows, scores, score, signal, onWindows: report }),
    onPending: (pending) => report(total - sum(pending.map((part) => windowsOf.get(part)!))),
    ...(onProgress && { onProgress }),
  });
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
