// What is asked of a measurement of stored statistics, and what it gives.
import type { LedgerCheck, Ledger } from '../run/ledger.js';
import type { AttentionScore } from '../scores/score.js';
import type { WindowTable } from './window-table.js';

export interface AttentionTerm {
  score: AttentionScore;
  /** Default: the layer that DS and DU are of. */
  layer?: number;
}

export interface MeasureOptions {
  scores: Ledger;
  /** All parts of the run: a domain is standardised over all its windows. */
  parts: number;
  /** Scores whose components are wanted, each of `layer` or of one of its own; none for a ranking by token ids alone. */
  attention: readonly AttentionTerm[];
  /** Default: the lowest of the scored layers. */
  layer?: number | undefined;
  /** Minimum distance: a stored edge, or (default) the scored one. */
  k?: number | undefined;
  heads: readonly number[] | 'all';
  check?: LedgerCheck | undefined;
  signal?: AbortSignal | undefined;
}

export interface Measured {
  table: WindowTable;
  /** Mean over the chosen heads. */
  ds: Float64Array;
  du: Float64Array;
  /** For each score of `attention` one array a component. */
  components: Float64Array[][];
  /** Undefined where the run has no scores. */
  layer: number | undefined;
  /** As used; undefined when there is no window. */
  k: number | undefined;
  /** Of the scores files: model, kernel, ...; of the windows files where the run has no scores. */
  metadata: Record<string, string>;
}
