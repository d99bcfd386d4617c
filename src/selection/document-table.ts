// The documents of a run as what is ranked and chosen in place of its windows: each with one number of its windows, and its own length.
import { dataError } from '../base/errors.js';
import { readDocuments } from '../documents/read-documents.js';
import type { Run } from '../run/directory.js';
import type { Choice, ChoiceTable } from './choose.js';
import type { SelectionOptions } from './selection-options.js';
import type { WindowTable } from './window-table.js';

export const AGGREGATES = ['mean', 'max', 'min'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** A row a document with at least one window, in the order of the corpus. */
export interface DocumentTable extends ChoiceTable {
  /** Tokens of each. */
  readonly lengths: Int32Array;
  /** Of document d the windows [first[d], first[d + 1]). */
  readonly first: Int32Array;
}

/** @throws LongattnError PART_MISSING and PART_CHANGED of documents/, SCORES_STALE where it is of other windows */
export async function documentTable(run: Run, table: WindowTable, options: SelectionOptions): Promise<DocumentTable> {
  const count = table.length === 0 ? 0 : table.documents[table.length - 1]! + 1;
  const first = new Int32Array(count + 1).fill(table.length);
  for (let window = table.length - 1; window >= 0; window--) first[table.documents[window]!] = window;
  const lengths = new Int32Array(count);
  let at = 0;
  const list = readDocuments({ windows: run.windows, parts: run.manifest.parts }, options);
  for await (const { windows, tokens } of list) {
    if (windows === 0) continue;
    if (at === count || first[at + 1]! - first[at]! !== windows) throw stale(run);
    lengths[at++] = tokens;
  }
  if (at !== count) throw stale(run);
  return documentsOf(table, first, lengths);
}

/** @param first of each document its first window, and the number of windows behind them */
export function documentsOf(table: ChoiceTable, first: Int32Array, lengths: Int32Array): DocumentTable {
  const length = lengths.length;
  const domains = Uint16Array.from({ length }, (_, d) => table.domains[first[d]!]!);
  const lists: number[][] = table.domainNames.map(() => []);
  for (let d = 0; d < length; d++) lists[domains[d]!]!.push(d);
  const positions = lists.map((list) => Uint32Array.from(list));
  return {
    ...{ length, lengths, first, window: table.window, domains, domainNames: table.domainNames },
    documents: Int32Array.from({ length }, (_, d) => d),
    starts: new Int32Array(length),
    byDomain: () => positions,
    // Ties are broken by the id of the first window, which begins with the document's key.
    ids: {
      compare: (a, b) => table.ids.compare(first[a]!, first[b]!),
      bytes: (d) => table.ids.bytes(first[d]!),
    },
  };
}

/** One number a document from one a window. */
export function perDocument(values: ArrayLike<number>, first: Int32Array, how: Aggregate): Float64Array {
  const result = new Float64Array(first.length - 1);
  for (let d = 0; d < result.length; d++) {
    const end = first[d + 1]!;
    let value = values[first[d]!]!;
    for (let window = first[d]! + 1; window < end; window++) {
      const next = values[window]!;
      value = how === 'mean' ? value + next : how === 'max' ? Math.max(value, next) : Math.min(value, next);
    }
    result[d] = how === 'mean' ? value / (end - first[d]!) : value;
  }
  return result;
}

/** What became of a document is what became of each of its windows. */
export function perWindow(
  choice: Choice,
  scores: Float64Array,
  documents: ArrayLike<number>,
): { choice: Choice; scores: Float64Array } {
  const { length } = documents;
  const rank = Int32Array.from({ length }, (_, window) => choice.rank[documents[window]!]!);
  const reason = Uint8Array.from({ length }, (_, window) => choice.reason[documents[window]!]!);
  return {
    choice: { ...choice, rank, reason },
    scores: Float64Array.from({ length }, (_, window) => scores[documents[window]!]!),
  };
}

function stale({ dir }: Run): Error {
  return dataError(
    'SCORES_STALE',
    `The list of documents of ${dir} does not belong to its windows. Remove its folder documents.`,
  );
}
