// Percentile bootstrap of AUC, share of pairs and Spearman, fast enough for a hundred thousand cells of a report.
//
// Pairs are resampled together, because a control is made from its real window.
// One set of resamples serves all statistics over n pairs. A resample is a weight a pair, and each statistic is a weighted pass
// over values that were sorted once. Spearman's ranks are those of the full sample.
import { Random } from '../base/random.js';
import { ranks } from '../scores/ranks.js';

export interface Interval {
  value: number;
  /** 95 %. */
  low: number;
  high: number;
}

export class PairBootstrap {
  /** How often each pair was drawn: [resamples x count]; the first row is the sample itself. */
  private readonly weights: Uint16Array;

  constructor(
    readonly count: number,
    seed: number,
    readonly resamples: number,
  ) {
    const random = new Random(seed, `pairs ${count}`);
    this.weights = new Uint16Array((resamples + 1) * count).fill(1, 0, count);
    for (let r = 1; r <= resamples; r++) {
      for (let i = 0; i < count; i++) this.weights[r * count + random.below(count)]!++;
    }
  }

  /** The chance that a random `above` value exceeds a random `below` value, ties half. */
  auc(above: ArrayLike<number>, below: ArrayLike<number>): Interval {
    const { count } = this;
    const order = sortedBoth(above, below);
    const value = (at: number): number => (at < count ? above[at]! : below[at - count]!);
    return this.interval((weight) => {
      let [lower, wins] = [0, 0];
      for (let start = 0; start < order.length;) {
        let [equalAbove, equalBelow, end] = [0, 0, start];
        const current = value(order[start]!);
        for (; end < order.length && value(order[end]!) === current; end++) {
          const at = order[end]!;
          if (at < count) equalAbove += weight(at);
          else equalBelow += weight(at - count);
        }
        wins += equalAbove * (lower + equalBelow / 2);
        lower += equalBelow;
        start = end;
      }
      return wins / (count * count);
    });
  }

  /** Share of pairs in which `above` is larger, ties half. */
  share(above: ArrayLike<number>, below: ArrayLike<number>): Interval {
    const wins = Float64Array.from(above, (a, i) => (a > below[i]! ? 1 : a === below[i]! ? 0.5 : 0));
    return this.interval((weight) => wins.reduce((sum, win, i) => sum + win * weight(i), 0) / this.count);
  }

  /** Rank correlation, -1..1; 0 where one side is constant. */
  spearman(x: ArrayLike<number>, y: ArrayLike<number>): Interval {
    const [rx, ry] = [ranks(x), ranks(y)];
    return this.interval((weight) => {
      let [sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0];
      for (let i = 0; i < this.count; i++) {
        const w = weight(i);
        sx += w * rx[i]!;
        sy += w * ry[i]!;
        sxx += w * rx[i]! ** 2;
        syy += w * ry[i]! ** 2;
        sxy += w * rx[i]! * ry[i]!;
      }
      const [vx, vy] = [sxx - (sx * sx) / this.count, syy - (sy * sy) / this.count];
      // Ranks are multiples of 1/2, so that their sums are exact and a constant side gives exactly 0.
      return vx <= 0 || vy <= 0 ? 0 : (sxy - (sx * sy) / this.count) / Math.sqrt(vx * vy);
    });
  }

  private interval(statistic: (weight: (pair: number) => number) => number): Interval {
    const { count, resamples, weights } = this;
    const draws = new Float64Array(resamples);
    let row = 0;
    const weight = (pair: number): number => weights[row + pair]!;
    const value = statistic(weight);
    for (let r = 1; r <= resamples; r++) {
      row = r * count;
      draws[r - 1] = statistic(weight);
    }
    draws.sort();
    const at = (share: number): number => draws[Math.min(resamples - 1, Math.floor(share * resamples))] ?? value;
    return { value, low: at(0.025), high: at(0.975) };
  }
}

/** Indices of above (0 .. n-1) and below (n .. 2n-1) by value. */
function sortedBoth(above: ArrayLike<number>, below: ArrayLike<number>): Int32Array {
  const count = above.length;
  const all = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    all[i] = above[i]!;
    all[count + i] = below[i]!;
  }
  return Int32Array.from(all, (_, i) => i).sort((a, b) => (all[a]! < all[b]! ? -1 : all[a]! > all[b]! ? 1 : 0));
}
