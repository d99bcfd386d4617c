// One line a domain: what a person wants to see of a selection.
import type { Choice } from './choose.js';
import type { Measured } from './measured.js';

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
  /** Of the windows; of the documents, where those were chosen. */
  keptTokens: number;
  /** Only where documents were chosen. */
  keptDocuments?: number;
}

/**
 * Domains in the order of the corpus.
 * @param lengths tokens of each document, where documents were chosen
 */
export function summariseDomains(
  { table, ds, du, layer }: Measured,
  choice: Choice,
  lengths?: Int32Array,
): DomainSummary[] {
  const mean = (values: Float64Array, windows: Uint32Array): number | undefined =>
    layer === undefined ? undefined : meanOf(values, windows);
  return table.byDomain().map((windows, domain) => {
    let [documents, last, kept] = [0, -1, 0];
    let [keptDocuments, documentTokens] = [0, 0];
    // By index: this runs once a window, and an iterator of a typed array makes an object for each.
    for (let i = 0; i < windows.length; i++) {
      const window = windows[i]!;
      const isKept = choice.reason[window] === 0;
      const document = table.documents[window]!;
      if (document !== last) {
        documents++;
        if (isKept) keptDocuments++;
        if (isKept && lengths) documentTokens += lengths[document]!;
      }
      last = document;
      if (isKept) kept++;
    }
    return {
      domain: table.domainNames[domain]!,
      documents,
      windows: windows.length,
      tokens: windows.length * table.window,
      dsMean: mean(ds, windows),
      duMean: mean(du, windows),
      scoreCut: kept > 0 ? choice.cuts[domain] : undefined,
      kept,
      ...(lengths ? { keptTokens: documentTokens, keptDocuments } : { keptTokens: kept * table.window }),
    };
  });
}

function meanOf(values: Float64Array, windows: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < windows.length; i++) sum += values[windows[i]!]!;
  return sum / windows.length;
}
