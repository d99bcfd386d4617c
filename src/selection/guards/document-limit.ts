// At most n windows of one document: a selection by rank alone can fill up with a few long documents.
import type { Limit } from './limits.js';

/**
 * @param most windows of a document, >= 1
 * @param documents number of each window's document
 */
export function documentLimit(most: number, documents: ArrayLike<number>): Limit {
  const taken = new Map<number, number>();
  return {
    reason: 'its document has enough windows',
    admits: (window) => (taken.get(documents[window]!) ?? 0) < most,
    take: (window) => taken.set(documents[window]!, (taken.get(documents[window]!) ?? 0) + 1),
  };
}
