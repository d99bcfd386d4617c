// repeats: how much of a window says again, word for word, what stood in it before. A guard, not a score: a model's far context is
// worth most in such a text, and it teaches least.
import { ngramNames } from './ngram-names.js';

/**
 * Share of the window's tokens that lie inside a run of `n` or more tokens which already stood earlier in the window. The first time
 * does not count: a passage of a quarter window that stands in it four times gives 0.75. The two places may overlap.
 *
 * A token lies in such a run exactly where some n-gram over it occurred before, so that the n-grams of one length decide.
 * @param ids [L]
 * @param n fewest tokens of a repeat, >= 1
 * @returns 0..1; 0 for a window shorter than n + 1
 */
export function repeats(ids: Int32Array, n: number): number {
  const names = ngramNames(ids, n);
  let [known, inside, covered] = [0, 0, 0];
  for (let t = 0; t < names.length; t++) {
    // Names count up in the order of first places: a name below the number of those seen is an n-gram seen before.
    if (names[t] === known) {
      known++;
      continue;
    }
    inside += t + n - Math.max(covered, t);
    covered = t + n;
  }
  return ids.length === 0 ? 0 : inside / ids.length;
}
