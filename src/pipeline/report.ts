// What a run function hands back: one line a domain, with the fields of the stages that were run.
import path from 'node:path';
import { dataError, show } from '../base/errors.js';
import type { RemovalResult } from '../selection/removal/report-removal.js';
import type { NullModel, SelectionResult } from '../selection/select-windows.js';
import type { RefusedFile } from '../run/refused-files.js';
import type { WindowsResult } from './windows-stage.js';

/** One line a domain; fields of stages that have not been run are absent. */
export interface DomainReport {
  domain: string;
  /** Documents read, those too short for a window included. */
  documents: number;
  windows: number;
  /** Tokens of the documents. */
  tokens: number;
  dsMean?: number;
  duMean?: number;
  /** Score of the last kept window. */
  scoreCut?: number | undefined;
  kept?: number;
  keptTokens?: number;
  /** With `unit: 'document'` only. */
  keptDocuments?: number;
}

export interface RunSummary {
  domains: DomainReport[];
  shortDocuments: number;
  /** Rows that were refused one by one. */
  rejects: number;
  rejectsPath: string;
  /** Files and groups of rows that were refused, with `allowRefusedFiles`. */
  refused: RefusedFile[];
  /** Rows in which NaN or Infinity was read as null. */
  nonFinite: number;
  /** What uniform attention would have for a mean DS; absent before the selection. */
  nullModel?: NullModel;
  /** What the selection removes; only with `removalReport`. */
  removal?: RemovalResult;
  /** The address that the export was sent to; only with `to`. */
  uploaded?: string;
  /** Path of what was made last. */
  result: string;
}

/** @throws LongattnError PART_CHANGED where the windows' ledger and the selection name other windows: a line would be missing or wrong */
export function report(windows: WindowsResult, result: string, selection?: SelectionResult): RunSummary {
  const nullModel = selection?.nullModel && { nullModel: selection.nullModel };
  const chosen = new Map(selection?.domains.map((domain) => [domain.domain, domain]));
  if (selection) requireSameWindows(windows, chosen);
  const domains = Object.entries(windows.counts).map(([domain, { documents, windows: count, tokens }]) => {
    const { dsMean, duMean, scoreCut, kept, keptTokens, keptDocuments } = chosen.get(domain) ?? {};
    const means = dsMean === undefined ? {} : { dsMean, duMean: duMean! };
    const choice = kept === undefined ? {} : { ...means, scoreCut, kept, keptTokens: keptTokens! };
    const whole = keptDocuments === undefined ? {} : { keptDocuments };
    return { domain, documents, windows: count, tokens, ...choice, ...whole };
  });
  const shortDocuments = Object.values(windows.counts).reduce((sum, domain) => sum + domain.shortDocuments, 0);
  const { rejects, rejectsPath, refused, nonFinite } = windows;
  return { domains, shortDocuments, rejects, rejectsPath, refused, nonFinite, ...nullModel, result };
}

function requireSameWindows(
  { counts, rejectsPath }: WindowsResult,
  chosen: ReadonlyMap<string, { windows: number }>,
): void {
  for (const domain of new Set([...Object.keys(counts), ...chosen.keys()])) {
    const [cut, scored] = [counts[domain]?.windows ?? 0, chosen.get(domain)?.windows ?? 0];
    if (cut === scored) continue;
    throw dataError(
      'PART_CHANGED',
      `The ledger of the windows has ${cut} of the domain ${show(domain)}, and ${scored} were scored: an entry was changed, or the plan. ` +
        `Remove ${path.join(path.dirname(rejectsPath), 'windows', '*.done.json')} and run the same command again: the windows are cut ` +
        'again, and the scores stay. If it says so again, start a new run in another folder.',
    );
  }
}
