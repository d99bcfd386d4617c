// One line a domain: what a person wants to see of a selection.
import type { Choice } from './choose.js';
import type { Measured } from './measure.js';

export interface DomainSummary {
  domain: string;
  /** Documents with at least one window. */
  documents: number;
  windows: number;
  /** Of all windows; where windows overlap, tokens count twice. */
  tokens: number;
  /** Undefined where the run has no scores. */
  dsMean: number | undefined;
  duMean: number | undefined;
  /** Score of the last kept window; undefined where none is kept. */
  scoreCut: number | undefined;
  kept: number;
  keptTokens: number;
}

/** Domains in the order of the corpus. */
export function summariseDomains({ table, ds, du, layer }: Measured, choice: Choice): DomainSummary[] {
  const mean = (sum: number, windows: number): number | undefined => (layer === undefined ? undefined : sum / windows);
  return table.byDomain().map((windows, domain) => {
    let [documents, last, kept, dsSum, duSum] = [0, -1, 0, 0, 0];
    for (const window of windows) {
      if (table.documents[window] !== last) documents++;
      last = table.documents[window]!;
      if (choice.reason[window] === 0) kept++;
      dsSum += ds[window]!;
      duSum += du[window]!;
    }
    return {
      domain: table.domainNames[domain]!,
      documents,
      windows: windows.length,
      tokens: windows.length * table.window,
      dsMean: mean(dsSum, windows.length),
      duMean: mean(duSum, windows.length),
      scoreCut: kept > 0 ? choice.cuts[domain] : undefined,
      kept,
      keptTokens: kept * table.window,
    };
  });
}
