// The counts of one window: a row of counts/part-NNNNN.arrow.
import type { Window } from '../base/records.js';
import { distinct } from '../scores/counts/distinct.js';
import { gzip } from '../scores/counts/gzip.js';
import { lastRecurrence } from '../scores/counts/last-recurrence.js';
import { repeats } from '../scores/counts/repeats.js';
import { countedDistances, REPEATS } from './columns.js';
import type { COUNT_COLUMNS } from './columns.js';

export type CountRow = Record<keyof typeof COUNT_COLUMNS, string | number | readonly number[]>;

/** Linear in the tokens; signs are those of the scores of the same name (higher: more redundancy). */
export function countRow({ windowId, domain, tokenIds }: Pick<Window, 'windowId' | 'domain' | 'tokenIds'>): CountRow {
  const ks = countedDistances(tokenIds.length);
  return {
    window_id: windowId,
    domain,
    distinct: distinct(tokenIds),
    gzip: gzip(tokenIds),
    repeats: REPEATS.map((n) => repeats(tokenIds, n)),
    last_recurrence_1: lastRecurrence(tokenIds, 1, ks),
    last_recurrence_2: lastRecurrence(tokenIds, 2, ks),
    last_recurrence_3: lastRecurrence(tokenIds, 3, ks),
  };
}
