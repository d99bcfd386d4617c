// The scores stage: every part of windows to a part of attention statistics, one row a (window, layer).
import type { OnProgress } from '../base/events.js';
import { partName, type LedgerCheck, type LedgerRecord } from '../run/ledger.js';
import type { PartGate } from '../run/part-gate.js';
import { runParts } from '../run/run-parts.js';
import type { ScoreWindows } from './score-batch.js';
import { removeLeftoverSegments, scorePart, type ScorePartOptions } from './score-part.js';
import { ScoreTally } from './score-tally.js';

export interface ScoresOptions extends Omit<ScorePartOptions, 'onWindows' | 'score'> {
  /** Part numbers of this run, or of this shard. */
  parts: readonly number[];
  /** Opened part by part as windows are done, while those of later parts are still cut. Without it all must be done. */
  ready?: PartGate;
  /** Parts at work at once; never changes a byte. */
  workers: number;
  /** Opens the model. Called once, and only when there is something to score. */
  openScorer: () => Promise<ScoreWindows>;
  check?: LedgerCheck;
  onProgress?: OnProgress | undefined;
}

/**
 * @returns the ledger entries in the order of the parts
 * @throws LongattnError PARTS_FAILED and what else runParts throws; PART_MISSING where windows are not done
 */
export async function scoreParts(options: ScoresOptions): Promise<LedgerRecord[]> {
  const { parts, windows, scores, openScorer, onProgress, ready, ...rest } = options;
  await removeLeftoverSegments(scores);
  const tally = new ScoreTally(parts.length, onProgress);
  if (!ready) {
    for (const part of parts) tally.found(part, (await windows.require(partName(part), 'size')).rows);
  }
  let scorer: Promise<ScoreWindows> | undefined;
  const score: ScoreWindows = async (request, signal) => (await (scorer ??= openScorer()))(request, signal);
  return runParts({
    ...rest,
    stage: 'scores',
    parts,
    ledger: scores,
    make: async (part, signal) => {
      await ready?.wait(part, signal);
      return scorePart(part, { ...rest, windows, scores, score, signal, onWindows: (count) => tally.scored(count) });
    },
    onPending: (pending) => {
      tally.start(pending);
      ready?.onOpen((part, { rows }) => tally.found(part, rows));
    },
    ...(onProgress && { onProgress }),
  });
}
