// Every candidate of a report, a layer at a time: all scores, at every k asked for, over the mean of the heads and each single one.
import { listScores } from '../scores/registry.js';
import { extrasOf, type AttentionScore, type CombineSettings } from '../scores/score.js';
import { attentionCandidate, blendCandidate, countCandidates, type Candidate, type LayerRows } from './candidate.js';
import type { CaseTable } from './case-table.js';

/** Blended by default: what sees meaning with what sees repetition. */
const BLENDED = ['content', 'recurrence-2'] as const;

export interface EnumerateOptions {
  /** Minimum distances asked for, tokens; stored bin edges. */
  ks: readonly number[];
  settings: CombineSettings;
  /** Whether the far mass of each token was stored. */
  tokens: boolean;
}

/** The scores that the stored statistics allow; nll-gain is measured apart, as the yardstick. */
export function usableScores(tokens: boolean): AttentionScore[] {
  return listScores().filter((score) => {
    const extras = extrasOf(score);
    return (tokens || !extras.has('tokens')) && !extras.has('losses');
  });
}

/** Candidates of one layer over the mean of all heads, and the default blend. */
export function* layerCandidates(
  table: CaseTable,
  layer: number,
  rows: LayerRows,
  options: EnumerateOptions,
): Generator<Candidate> {
  const counts = countCandidates(table);
  for (const score of usableScores(options.tokens)) {
    for (const k of score.ignoresK ? [options.ks[0]!] : options.ks) {
      const candidate = attentionCandidate(score, rows, { layer, heads: 'all', k }, options.settings);
      yield candidate;
      const partner = counts.find((other) => other.score === BLENDED[1] && other.k === k);
      if (score.name === BLENDED[0] && partner) yield blendCandidate(candidate, partner);
    }
  }
}

/** The same for each single head. */
export function* headCandidates(layer: number, rows: LayerRows, options: EnumerateOptions): Generator<Candidate> {
  const heads = rows[0]!.ds.length;
  for (const score of usableScores(options.tokens)) {
    if (score.ignoresHeads) continue;
    for (const k of score.ignoresK ? [options.ks[0]!] : options.ks) {
      for (let head = 0; head < heads; head++) {
        yield attentionCandidate(score, rows, { layer, heads: [head], k }, options.settings);
      }
    }
  }
}
