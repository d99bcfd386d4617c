import type { PageHeads } from './page-data.js';

/** Mean and standard deviation of DS of each head over all windows of a domain. */
export class HeadMeans {
  readonly #sums: { windows: number; sums: number[]; squares: number[] }[];

  constructor(domains: number) {
    this.#sums = Array.from({ length: domains }, () => ({ windows: 0, sums: [], squares: [] }));
  }

  add(domain: number, heads: Float64Array): void {
    const own = this.#sums[domain]!;
    own.windows++;
    for (const [head, value] of heads.entries()) {
      own.sums[head] = (own.sums[head] ?? 0) + value;
      own.squares[head] = (own.squares[head] ?? 0) + value * value;
    }
  }

  result(): PageHeads[] {
    return this.#sums.map(({ windows, sums, squares }) => {
      const mean = sums.map((sum) => sum / windows);
      return { mean, std: squares.map((sum, head) => Math.sqrt(Math.max(0, sum / windows - mean[head]! ** 2))) };
    });
  }
}
