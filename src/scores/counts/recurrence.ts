// recurrence: how much of a window repeats something said far back. Needs no model and one linear pass.
import type { IdfTable } from './idf.js';
import { firstPlaces } from './ngrams.js';

/**
 * Share of the window's n-grams that were first seen `k` or more tokens back, each weighted by its idf in the domain:
 * sum_t idf(g_t) [t - first(g_t) >= k] / sum_t idf(g_t). Counts, not attention: blind to meaning, and to a repeated passage it is 1.
 * @returns 0..1; 0 for a window without n-grams or whose n-grams all occur in every window
 */
export function recurrence(ids: Int32Array, k: number, idf: IdfTable): number {
  const first = firstPlaces(ids, idf.n);
  let far = 0;
  let all = 0;
  for (let t = 0; t < first.length; t++) {
    const weight = idf.idf(ids, t);
    all += weight;
    if (first[t] !== t && t - first[t]! >= k) far += weight;
  }
  return all > 0 ? far / all : 0;
}
