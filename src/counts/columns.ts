// counts/part-NNNNN.arrow: a few numbers a window that need its token ids alone, beside the part of the windows that they are of.
//
// A table of its own, not columns of windows/: there a batch is filled by token ids and holds a hundred windows, here it holds a
// hundred thousand, and ten million windows are read in seconds. And a run from before there were counts gets the very same files.
import type { Columns } from '../arrow/schema.js';

/** Lengths of a verbatim repeat, tokens. */
export const REPEATS = [16, 64] as const;
/** Lengths of the n-grams of last-recurrence. */
export const NGRAMS = [1, 2, 3] as const;
/** Minimum distances of last-recurrence, as numbers of 32 distance bins: an eighth, a quarter and a half of the window. */
const EDGES = [4, 8, 16];
const BINS = 32;

/** Raised when a number in the table would be another one. */
export const COUNTS_VERSION = 1;

/** One float64 a window each; `last_recurrence_N` and `repeats` hold one a distance and one a length. */
export const COUNT_COLUMNS = {
  window_id: 'utf8',
  domain: 'utf8',
  distinct: 'float64',
  gzip: 'float64',
  repeats: `float64[${REPEATS.length}]`,
  last_recurrence_1: `float64[${EDGES.length}]`,
  last_recurrence_2: `float64[${EDGES.length}]`,
  last_recurrence_3: `float64[${EDGES.length}]`,
} as const satisfies Columns;

/** The minimum distances that are counted for windows of W tokens; at least 1, so that very short windows have a number too. */
export function countedDistances(window: number): number[] {
  return EDGES.map((edge) => Math.max(1, Math.floor((edge * window) / BINS)));
}
