// One window's statistics of one layer as a score sees them: at a minimum distance k, over chosen heads.
//
// k may be any stored bin edge, floor(j*L/32), or the k that was scored (its exact sums stand in `ds` and `variance`).
import { dataError, LongattnError } from '../base/errors.js';
import { binEdge, BINS } from '../base/statistics.js';
import type { ScoreRow } from '../base/records.js';

export type LayerStatistics = Omit<ScoreRow, 'windowId' | 'docId' | 'domain' | 'layer'>;

export class LayerView {
  /** First bin at distance >= k; undefined when k is the scored one and lies between edges. */
  private readonly firstBin: number | undefined;

  /**
   * @param heads indices, or 'all'
   * @param k minimum distance; default the scored one
   * @throws LongattnError INVALID_OPTION for a k that is not stored, or a head that the layer does not have
   */
  constructor(
    readonly row: LayerStatistics,
    heads: readonly number[] | 'all' = 'all',
    readonly k: number = row.k,
  ) {
    const count = row.ds.length;
    this.heads = heads === 'all' ? allHeads(count) : heads;
    const wrong = heads === 'all' ? undefined : heads.find((head) => head >= count);
    if (wrong !== undefined) {
      throw new LongattnError('INVALID_OPTION', `heads must not hold ${wrong}. The layer has heads 0 to ${count - 1}.`);
    }
    this.firstBin = edgeIndex(row.length, k);
    if (this.firstBin === undefined && k !== row.k) throw notStored(row.length, k, row.k);
  }

  readonly heads: readonly number[];

  /** Mean over the chosen heads. */
  mean(ofHead: (head: number) => number): number {
    let total = 0;
    for (const head of this.heads) total += ofHead(head);
    return total / this.heads.length;
  }

  /** DS of a head: mean over the L rows of the attention at distance >= k, all keys. */
  ds(head: number): number {
    if (this.k === this.row.k) return this.row.ds[head]!;
    return this.tail(this.row.massBins, head) + this.tail(this.row.sinkMassBins, head);
  }

  /** Variance of a head over L*L entries, those outside the far triangle as zeros. */
  variance(head: number): number {
    if (this.k === this.row.k) return this.row.variance[head]!;
    const entries = this.row.length ** 2;
    if (entries === 1) return 0;
    const squares = this.tail(this.row.squareBins, head) + this.tail(this.row.sinkSquareBins, head);
    const mass = this.ds(head) * this.row.length;
    return (squares - (mass * mass) / entries) / (entries - 1);
  }

  /** Far mass of a head without the sink, mean over the L rows. */
  content(head: number): number {
    return this.tail(this.row.massBins, head);
  }

  /** Sum of the squared far attention of a head without the sink. */
  contentSquares(head: number): number {
    return this.tail(this.row.squareBins, head);
  }

  private tail(bins: Float64Array, head: number): number {
    if (this.firstBin === undefined) throw notStored(this.row.length, this.k);
    let total = 0;
    for (let bin = head * BINS + this.firstBin; bin < (head + 1) * BINS; bin++) total += bins[bin]!;
    return total;
  }
}

const headLists: number[][] = [];

/** 0 to count - 1; one list a count, because a view is made a window. */
function allHeads(count: number): readonly number[] {
  return (headLists[count] ??= Array.from({ length: count }, (_, head) => head));
}

/** The bin that starts at distance k; undefined when k is no edge. 32 (nothing) for k >= L. */
function edgeIndex(length: number, k: number): number | undefined {
  if (k >= length) return BINS;
  for (let bin = 0; bin < BINS; bin++) if (binEdge(length, bin) === k) return bin;
  return undefined;
}

function notStored(length: number, k: number, scored?: number): LongattnError {
  const edges = [1, 2, 4, 8, 16, 24].map((bin) => binEdge(length, bin));
  const also = scored === undefined ? '' : `, or the scored ${scored}`;
  return dataError(
    'K_NOT_STORED',
    `k must not be ${k} for this score. For windows of ${length} tokens it must be an edge floor(j*${length}/32), such as ${edges.join(', ')}${also}.`,
  );
}
