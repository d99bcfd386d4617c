// A candidate as a report has it: its choices, its lift, and every number of pairs on some windows.
import type { Candidate } from './candidate.js';
import { NLL_GAIN, POOLED, type Cell, type Cells } from './cells.js';
import type { Judge } from './judge.js';
import type { Finding } from './report.js';

/** A set of windows, and what is measured on it. */
export interface Measures {
  cells: Cells;
  judge: Judge;
}

/** @param objective by which it was chosen; null where nothing was */
export function findingOf(candidate: Candidate, objective: number | null, { cells, judge }: Measures): Finding {
  return {
    ...choicesOf(candidate),
    objective,
    lift: judge.lift(candidate),
    // Pooled cells alone: report.arrow has the domains.
    tested: everyCell(cells, candidate).filter(({ domain }) => domain === POOLED),
    seconds: null,
  };
}

/** Against each control, and how it follows the yardstick. */
export function everyCell(cells: Cells, candidate: Candidate): Cell[] {
  const against = cells.table.controls.flatMap((control) => cells.against(candidate, control));
  return candidate.score === NLL_GAIN ? against : [...against, ...cells.following(candidate)];
}

export function choicesOf({ score, layer, k, heads }: Candidate): Pick<Finding, 'score' | 'layer' | 'heads' | 'k'> {
  const which = heads === undefined || heads === 'all' ? (heads ?? null) : [...heads];
  return { score, layer: layer ?? null, heads: which, k: k ?? null };
}
