// How far scores agree: over all real windows by rank, and in what each of them would keep. Two scores of a high rank correlation can keep
// different windows, as it is the few at the top that are kept.
import { spearman } from '../scores/ranks.js';
import type { Candidate } from './candidate.js';
import type { Cells } from './cells.js';
import { bestOf } from './lift.js';

export interface Agreement {
  /** `content@14`, in the order of the rows and columns. */
  scores: string[];
  /** Spearman on the real windows, pooled: standardised within their domain. */
  matrix: number[][];
  /** Share of the best windows that both keep, 0..1; `share` is what chance gives. 0 where the guard leaves neither a window. */
  kept: number[][];
  /** Of the windows of each domain, that is kept. */
  share: number;
}

/**
 * @param cells of the windows that are looked at
 * @param refused by row of the case table: 1 where the guard refuses the window
 */
export function agreementOf(
  candidates: readonly Candidate[],
  cells: Cells,
  refused: Uint8Array,
  share: number,
): Agreement {
  const values = candidates.map((candidate) => cells.standardReals(candidate));
  const kept = candidates.map((candidate) => keptBy(candidate, cells, refused, share));
  return {
    scores: candidates.map(({ score, layer }) => (layer === undefined ? score : `${score}@${layer}`)),
    matrix: values.map((x) => values.map((y) => spearman(x, y))),
    kept: kept.map((a) => kept.map((b) => inCommon(a, b))),
    share,
  };
}

/** Rows of the case table, of all domains. */
function keptBy(candidate: Candidate, { table }: Cells, refused: Uint8Array, share: number): Set<number> {
  const rows = table.domains.flatMap((domain) => {
    const reals = table.reals(domain);
    const barred = Uint8Array.from(reals, (row) => (candidate.unguarded ? 0 : refused[row]!));
    const places = Array.from(reals, (_, place) => place);
    return bestOf(places, candidate.values(reals), barred, share).map((place) => reals[place]!);
  });
  return new Set(rows);
}

/** Both over the mean of their numbers, which differ where the guard leaves too few. */
function inCommon(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const both = [...a].filter((row) => b.has(row)).length;
  return both === 0 ? 0 : (2 * both) / (a.size + b.size);
}
