// Resamples of the real windows, drawn once and shared by all candidates, so that two of them can be compared on the same draws.
//
// A resample is a weight a window. Windows are drawn with replacement within their domain: a domain keeps its number of windows, and
// a control, being made from its real window, is drawn with it.
import { Random } from '../base/random.js';
import type { Interval } from './bootstrap.js';

export class Resamples {
  readonly #weights: Uint16Array[];
  readonly #sample: Uint16Array;

  /** @param groups places (0 .. windows - 1) of the windows of each domain; together they are all windows */
  constructor(
    readonly windows: number,
    groups: readonly ArrayLike<number>[],
    seed: number,
    readonly count: number,
  ) {
    const random = new Random(seed, 'real windows');
    this.#sample = new Uint16Array(windows).fill(1);
    this.#weights = Array.from({ length: count }, () => {
      const weights = new Uint16Array(windows);
      for (const group of groups) {
        for (let i = 0; i < group.length; i++) weights[group[random.below(group.length)]!]!++;
      }
      return weights;
    });
  }

  /** How often each window was drawn in resample r: [windows]; no copy. */
  weights(r: number): Uint16Array {
    return this.#weights[r]!;
  }

  /** Every window once: the sample itself. */
  sample(): Uint16Array {
    return this.#sample;
  }
}

/** A number on the sample and on every resample: what an interval, or the comparison of two of them, is made from. */
export interface Draws {
  value: number;
  /** [resamples] */
  draws: Float64Array;
}

/** @param statistic of a weight a window */
export function draw(resamples: Resamples, statistic: (weights: Uint16Array) => number): Draws {
  const draws = Float64Array.from({ length: resamples.count }, (_, r) => statistic(resamples.weights(r)));
  return { value: statistic(resamples.sample()), draws };
}

/** The middle 95 % of the draws. */
export function intervalOf({ value, draws }: Draws): Interval {
  const sorted = draws.slice().sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? value;
  return { value, low: at(0.025), high: at(0.975) };
}

/** `a - b` on the same resamples. */
export function difference(a: Draws, b: Draws): Interval {
  return intervalOf({ value: a.value - b.value, draws: a.draws.map((draw, r) => draw - b.draws[r]!) });
}

/** Standard deviation of the draws: the standard error of the number. */
export function standardError({ draws }: Draws): number {
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  return Math.sqrt(draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length);
}
