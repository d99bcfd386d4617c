// Choose score, layer, k and heads on one half of the windows, and measure the choice on the other.
import type { CombineSettings } from '../scores/score.js';
import { findScore } from '../scores/registry.js';
import { attentionCandidate, type Candidate, type LayerRows } from './candidate.js';
import type { Cells } from './cells.js';

export interface Judged {
  candidate: Candidate;
  /** On the first half: see Cells.objective. */
  objective: number;
}

/** The best candidate of each score, best first. Ties go to the one that came first (the lower layer). */
export function bestOfEachScore(judged: readonly Judged[]): Judged[] {
  const best = new Map<string, Judged>();
  for (const one of judged) {
    const before = best.get(one.candidate.score);
    if (!before || one.objective > before.objective) best.set(one.candidate.score, one);
  }
  return [...best.values()].sort((a, b) => b.objective - a.objective);
}

/**
 * The heads of a chosen (score, layer, k): single heads are ranked by their objective, and of the nested sets of the best 1, 2, 4, ...
 * the best set is taken; all heads where none is better.
 * @param cells of the first half
 */
export function chooseHeads(chosen: Judged, rows: LayerRows, settings: CombineSettings, cells: Cells): Judged {
  const { score: name, layer, k = rows[0]!.k, heads } = chosen.candidate;
  if (heads === undefined) return chosen;
  const score = findScore(name);
  const judge = (some: readonly number[]): Judged => {
    const candidate = attentionCandidate(score, rows, { layer: layer!, heads: some, k }, settings);
    return { candidate, objective: cells.objective(candidate) };
  };
  const count = rows[0]!.ds.length;
  const single = Array.from({ length: count }, (_, head) => ({ head, objective: judge([head]).objective }));
  single.sort((a, b) => b.objective - a.objective || a.head - b.head);
  let best = chosen;
  for (let size = 1; size < count; size *= 2) {
    const some = single.slice(0, size).map(({ head }) => head);
    const set = judge(some.sort((a, b) => a - b));
    if (set.objective > best.objective) best = set;
  }
  return best;
}
