// The count scores that are shipped.
import { unitHash } from '../../base/random.js';
import { gzip } from './gzip.js';
import { IdfTable } from './idf.js';
import { firstPlaces } from './ngrams.js';
import { recurrence } from './recurrence.js';
import type { CountScore, CountScorer } from './count-score.js';

class RecurrenceScorer implements CountScorer {
  private readonly table: IdfTable;

  constructor(n: number) {
    this.table = new IdfTable(n);
  }

  observe(ids: Int32Array): void {
    this.table.add(ids);
  }

  value({ tokenIds }: { tokenIds: Int32Array }, k: number): number {
    return recurrence(tokenIds, k, this.table);
  }
}

const recurrenceOf = (n: number): CountScore => ({
  name: `recurrence-${n}`,
  formula: `share of the ${n}-grams first seen k or more tokens back, weighted by idf in the domain`,
  source: 'longattn',
  open: () => new RecurrenceScorer(n),
});

export const shippedCountScores: CountScore[] = [
  recurrenceOf(1),
  recurrenceOf(2),
  recurrenceOf(3),
  {
    name: 'gzip',
    formula: '-(bytes of the DEFLATE-compressed ids) / L',
    source: 'longattn',
    ignoresK: true,
    open: ({ vocabulary }) => ({ value: ({ tokenIds }) => gzip(tokenIds, vocabulary) }),
  },
  {
    name: 'distinct',
    formula: '-(distinct tokens) / L',
    source: 'longattn',
    ignoresK: true,
    open: () => ({ value: ({ tokenIds }) => -distinctTokens(tokenIds) / Math.max(1, tokenIds.length) }),
  },
  {
    name: 'random',
    formula: 'a number in (0, 1) drawn from the seed and the window id',
    source: 'the baseline that every score must beat',
    ignoresK: true,
    open: ({ seed }) => ({ value: ({ windowId }) => unitHash(seed, windowId) }),
  },
];

function distinctTokens(ids: Int32Array): number {
  return firstPlaces(ids, 1).reduce((count, first, at) => count + (first === at ? 1 : 0), 0);
}
