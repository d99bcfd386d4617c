// The count scores that are shipped.
import { unitHash } from '../../base/random.js';
import { distinct } from './distinct.js';
import { gzip } from './gzip.js';
import { IdfTable } from './idf.js';
import { lastRecurrence } from './last-recurrence.js';
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

const lastRecurrenceOf = (n: number): CountScore => ({
  name: `last-recurrence-${n}`,
  formula: `share of the ${n}-grams whose most recent earlier place is k or more tokens back`,
  source: 'longattn',
  open: () => ({ value: ({ tokenIds }, k) => lastRecurrence(tokenIds, n, [k])[0]! }),
});

export const shippedCountScores: CountScore[] = [
  lastRecurrenceOf(1),
  lastRecurrenceOf(2),
  lastRecurrenceOf(3),
  recurrenceOf(1),
  recurrenceOf(2),
  recurrenceOf(3),
  {
    name: 'gzip',
    formula: '-(bytes of the DEFLATE-compressed ids) / L',
    source: 'longattn',
    ignoresK: true,
    open: () => ({ value: ({ tokenIds }) => gzip(tokenIds) }),
  },
  {
    name: 'distinct',
    formula: '-(distinct tokens) / L',
    source: 'longattn',
    ignoresK: true,
    open: () => ({ value: ({ tokenIds }) => distinct(tokenIds) }),
  },
  {
    name: 'random',
    formula: 'a number in (0, 1) drawn from the seed and the window id',
    source: 'the baseline that every score must beat',
    ignoresK: true,
    open: ({ seed }) => ({ value: ({ windowId }) => unitHash(seed, windowId) }),
  },
];
