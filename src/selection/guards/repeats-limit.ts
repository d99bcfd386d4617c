// The guard against verbatim repeats: what a score of far context likes best and a model learns least from.
//
// The model's own loss takes a passage that stands in a window four times for the best far context there is, and so does every score
// that follows it. No score of long-range dependency can be asked to mind that: it is looked at apart.
import type { ResolvedScore } from '../../scores/resolve.js';
import type { Limit } from './limits.js';

/** Fewest tokens of a repeat. */
export const REPEAT_TOKENS = 64;
export const DEFAULT_MAX_REPEATS = 0.3;
/** The paper's ranking stays the paper's, and chance stays chance. */
const UNGUARDED = ['longattn', 'longattn-minmax', 'ds', 'du', 'random'];

/** The largest share of a window where none is asked for; 1 refuses nothing. */
export function defaultMaxRepeats(score: ResolvedScore): number {
  return score.kind !== 'blend' && UNGUARDED.includes(score.score.name) ? 1 : DEFAULT_MAX_REPEATS;
}

/** @param shares of each window inside a repeat of 64 tokens or more */
export function repeatsLimit(most: number, shares: ArrayLike<number>): Limit {
  return {
    reason: 'repeats itself',
    admits: (window) => shares[window]! <= most,
    take: () => undefined,
  };
}
