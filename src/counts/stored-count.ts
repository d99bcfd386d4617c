// Which scores over token ids stand in counts/, and where: what is stored is read, anything else is a pass over all token ids.
import { COUNT_COLUMNS, countedDistances } from './columns.js';

export interface StoredCount {
  column: Exclude<keyof typeof COUNT_COLUMNS, 'window_id' | 'domain'>;
  /** Index into the list of a column that has several numbers a window; 0 for one number. */
  item: number;
}

/**
 * @param score name
 * @param k minimum distance, tokens
 * @param window W, in tokens
 * @returns undefined where the score, or the score at this k, is not stored
 */
export function storedCount(score: string, k: number, window: number): StoredCount | undefined {
  if (score === 'distinct' || score === 'gzip') return { column: score, item: 0 };
  const ngram = /^last-recurrence-([123])$/.exec(score)?.[1] as '1' | '2' | '3' | undefined;
  if (ngram === undefined) return undefined;
  const item = countedDistances(window).indexOf(k);
  return item < 0 ? undefined : { column: `last_recurrence_${ngram}`, item };
}
