// ProLong's long-dependency score (Chen et al., 2024, arXiv 2405.17915): how much each earlier segment of a window helps to predict a
// later one, by the perplexities of pairs of segments.
//
// Dependency strength, distance and specificity are the paper's. Three things are ours, because what we have of the paper does not say
// them: the number of segments (16 of any window, where the paper draws pairs at random to bound the cost), the distribution of the
// specificity (the softmax of the strengths), and how the three are put together (see `prolong`).
import type { WindowLosses } from '../losses.js';

export const SEGMENTS = 16;

/**
 * sum_i DSP_i sum_{j<i, DST_ij > 0} (DST_ij + DDI_ij), with DST_ij = (PPL(c_i) - PPL(c_i|c_j)) / PPL(c_i), DDI_ij = (i - j) / (N - 1), and
 * DSP_i = (ln n - H) / ln n, H the entropy (nats) of the softmax of the n = i strengths of segment i.
 *
 * A perplexity is of all tokens of c_i but the first, which nothing predicts where c_i stands alone.
 * @param ids [L]; tokens behind the last whole segment are left out
 * @param losses of the model; called N + N(N-1)/2 times, with at most 2L/N tokens each: about 16 L tokens in all
 * @param segments N
 * @returns at least 0; 0 for a window of fewer than 2 N tokens
 */
export async function prolong(
  ids: Int32Array,
  losses: WindowLosses,
  { segments = SEGMENTS, signal }: { segments?: number; signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const size = Math.floor(ids.length / segments);
  if (size < 2) return 0;
  const segment = (at: number): Int32Array => ids.subarray(at * size, (at + 1) * size);
  let score = 0;
  for (let i = 1; i < segments; i++) {
    const alone = lastMean(await losses(segment(i), 0, signal), size - 1);
    const strengths: number[] = [];
    for (let j = 0; j < i; j++) {
      const pair = new Int32Array(2 * size);
      pair.set(segment(j));
      pair.set(segment(i), size);
      strengths.push(1 - Math.exp(lastMean(await losses(pair, 0, signal), size - 1) - alone));
    }
    const helped = strengths.reduce(
      (sum, strength, j) => (strength > 0 ? sum + strength + (i - j) / (segments - 1) : sum),
      0,
    );
    score += specificity(strengths) * helped;
  }
  return score;
}

/** Mean of the last `count` losses. */
function lastMean(losses: ArrayLike<number>, count: number): number {
  let sum = 0;
  for (let at = losses.length - count; at < losses.length; at++) sum += losses[at]!;
  return sum / count;
}

/** 1 where one earlier segment has it all, 0 where all are alike, or where there is one alone. */
function specificity(strengths: readonly number[]): number {
  if (strengths.length < 2) return 0;
  const most = Math.max(...strengths);
  const total = Math.log(strengths.reduce((sum, strength) => sum + Math.exp(strength - most), 0)) + most;
  // By logarithms: a segment that misleads the model has a strength far below 0, whose share is 0 and has none.
  const entropy = strengths.reduce((sum, strength) => sum - Math.exp(strength - total) * (strength - total), 0);
  return 1 - entropy / Math.log(strengths.length);
}
