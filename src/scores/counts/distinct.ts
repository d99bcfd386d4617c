// distinct: how few different tokens a window needs.
import { ngramNames } from './ngram-names.js';

/** Minus the share of distinct tokens, so that more redundancy is a higher score: -1 (all differ) to 0. */
export function distinct(ids: Int32Array): number {
  let count = 0;
  // Names count up in the order of first places.
  for (const name of ngramNames(ids, 1)) if (name === count) count++;
  return ids.length === 0 ? 0 : -count / ids.length;
}
