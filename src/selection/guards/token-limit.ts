// No more tokens than a budget, where what is chosen has lengths of its own: one that no longer fits is passed over, so that a long
// document at the top does not end the choice.
import type { Limit } from './limits.js';

/** @param lengths tokens of each */
export function tokenLimit(most: number, lengths: ArrayLike<number>): Limit {
  let taken = 0;
  return {
    reason: 'over the token budget',
    admits: (at) => taken + lengths[at]! <= most,
    take: (at) => void (taken += lengths[at]!),
  };
}
