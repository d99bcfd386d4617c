// How rare an n-gram is in its domain: in how many windows it occurs, counted in a fixed number of hashed buckets.
//
// Buckets instead of exact keys: memory does not grow with the corpus. Two n-grams in
// one bucket look more common than they are; with 2^22 buckets that touches rare ones of large corpora, all windows alike.
import { firstPlaces, ngramHash } from './ngrams.js';

const BUCKET_BITS = 22;

export class IdfTable {
  private readonly counts = new Uint32Array(1 << BUCKET_BITS);
  private windows = 0;

  /** @param n length of the n-grams */
  constructor(readonly n: number) {}

  /** Count one window: each distinct n-gram once. Linear in tokens. */
  add(ids: Int32Array): void {
    const first = firstPlaces(ids, this.n);
    const seen = new Set<number>();
    for (let t = 0; t < first.length; t++) {
      if (first[t] !== t) continue;
      const bucket = this.bucket(ids, t);
      if (!seen.has(bucket)) this.counts[bucket]!++;
      seen.add(bucket);
    }
    this.windows++;
  }

  /** ln((1 + windows) / (1 + windows with it)), 0 for an n-gram of every window. */
  idf(ids: Int32Array, at: number): number {
    return Math.log((1 + this.windows) / (1 + this.counts[this.bucket(ids, at)]!));
  }

  private bucket(ids: Int32Array, at: number): number {
    return ngramHash(ids, at, this.n) >>> (32 - BUCKET_BITS);
  }
}
