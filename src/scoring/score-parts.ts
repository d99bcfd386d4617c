// The scores stage: every part of windows to a part of attention statistics, one row a (window, layer).
import type { OnProgress } from '../base/events.js';
import { partName, type Ledger, type LedgerCheck, type LedgerRecord } from '../run/ledger.js';
import type { PartGate } from '../run/part-gate.js';
import type { Readiness } from '../run/part-queue.js';
import { runParts, type Share } from '../run/run-parts.js';
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
  /** With other processes; then `ready` is needed too. */
  share?: Share | undefined;
  check?: LedgerCheck;
  onProgress?: OnProgress | undefined;
}

/**
 * @returns the ledger entries in the order of the parts
 * @throws LongattnError PARTS_FAILED and what else runParts throws; PART_MISSING where windows are not done
 */
export async function scoreParts(options: ScoresOptions): Promise<LedgerRecord[]> {
  const { parts, windows, scores, openScorer, onProgress, ready, ...rest } = options;
  // A listing of every folder: not for each of thousands of workers.
  if (!rest.share?.trustListing) await removeLeftoverSegments(scores);
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
      if (ready && rest.share) await openIfDone(part, ready, windows);
      await ready?.wait(part, signal);
      const onWindows = (count: number): void => tally.scored(count);
      return scorePart(part, { ...rest, windows, scores, score, signal, drain: rest.share?.drain, onWindows });
    },
    ready: ready && rest.share && readiness(ready, windows, rest.share.trustListing),
    onPending: (pending) => {
      tally.start(pending);
      ready?.onOpen((part, { rows }) => tally.found(part, rows));
    },
    ...(onProgress && { onProgress }),
  });
}

/** The windows may have been made by another process. */
async function openIfDone(part: number, gate: PartGate, windows: Ledger): Promise<void> {
  if (!gate.isOpen(part)) gate.open(part, await windows.require(partName(part), 'size'));
}

/** The parts whose windows were made here, as soon as they are, and those that others have made. */
function readiness(gate: PartGate, windows: Ledger, trustListing = false): Readiness {
  let listed: ReadonlySet<number> = new Set();
  return {
    has: (part) => gate.isOpen(part) || (trustListing && listed.has(part)),
    refresh: async () => {
      listed = await windows.listed();
      if (trustListing) return;
      for (const part of listed) {
        if (gate.isOpen(part)) continue;
        const state = await windows.inspect(partName(part), 'size');
        if (state.status === 'done') gate.open(part, state.record);
      }
    },
    changed: () => gate.changed(),
    ended: () => gate.isClosed,
  };
}
