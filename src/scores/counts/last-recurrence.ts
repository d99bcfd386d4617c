// last-recurrence: how much of a window comes back after a long silence. Needs no model, nothing of the domain, and one linear pass.
//
// The LAST earlier place is asked for, not the first: what was also said nearby is no use of far context, however far back it began.
import { ngramNames } from './ngram-names.js';

/**
 * Share of the window's n-grams whose most recent earlier place is `k` or more tokens back: (1/N) * #{t : t - last(g_t) >= k}, N = L - n + 1.
 * @param ids [L]
 * @param n length of the n-grams
 * @param ks minimum distances in tokens, each at least 1
 * @returns one share (0..1) a k; 0 for a window without n-grams
 */
export function lastRecurrence(ids: Int32Array, n: number, ks: readonly number[]): number[] {
  const names = ngramNames(ids, n);
  const last = new Int32Array(names.length).fill(-1);
  const far = new Float64Array(ks.length);
  for (let t = 0; t < names.length; t++) {
    const before = last[names[t]!]!;
    last[names[t]!] = t;
    if (before < 0) continue;
    for (let i = 0; i < ks.length; i++) if (t - before >= ks[i]!) far[i]!++;
  }
  return Array.from(far, (count) => (names.length === 0 ? 0 : count / names.length));
}
