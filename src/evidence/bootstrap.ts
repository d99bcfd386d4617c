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
    const { count, weights } = this;
    const { pairs, isAbove, ends } = ordered(above, below);
    const own = pairWins(above, below);
    return this.interval((row) => {
      let [lower, wins] = [0, 0];
      for (let group = 0, at = 0; group < ends.length; group++) {
        let [equalAbove, equalBelow] = [0, 0];
        for (const end = ends[group]!; at < end; at++) {
          const weight = weights[row + pairs[at]!]!;
          equalAbove += weight * isAbove[at]!;
          equalBelow += weight * (1 - isAbove[at]!);
        }
        wins += equalAbove * (lower + equalBelow / 2);
        lower += equalBelow;
      }
      let [squares, ownOnce, ownSquares] = [0, 0, 0];
      for (let i = 0; i < count; i++) {
        const weight = weights[row + i]!;
        squares += weight * weight;
        ownOnce += weight * own[i]!;
        ownSquares += weight * weight * own[i]!;
      }
      return ownAndCross(count, ownOnce, wins - ownSquares, count * count - squares);
    });
  }

  /** Share of pairs in which `above` is larger, ties half. */
  share(above: ArrayLike<number>, below: ArrayLike<number>): Interval {
    const { count, weights } = this;
    const wins = pairWins(above, below);
    return this.interval((row) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += wins[i]! * weights[row + i]!;
      return sum / count;
    });
  }

  /** Rank correlation, -1..1; 0 where one side is constant. */
  spearman(x: ArrayLike<number>, y: ArrayLike<number>): Interval {
    const { count, weights } = this;
    const [rx, ry] = [ranks(x), ranks(y)];
    return this.interval((row) => {
      let [sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        const weight = weights[row + i]!;
        const x = weight * rx[i]!;
        const y = weight * ry[i]!;
        sx += x;
        sy += y;
        sxx += x * rx[i]!;
        syy += y * ry[i]!;
        sxy += x * ry[i]!;
      }
      const [vx, vy] = [sxx - (sx * sx) / count, syy - (sy * sy) / count];
      // Ranks are multiples of 1/2, so that their sums are exact and a constant side gives exactly 0.
      return vx <= 0 || vy <= 0 ? 0 : (sxy - (sx * sy) / count) / Math.sqrt(vx * vy);
    });
  }

  /** @param statistic of the weights that begin at a place of `weights`; a plain index, because a function a weight is most of the time */
  private interval(statistic: (row: number) => number): Interval {
    const { count, resamples } = this;
    const draws = new Float64Array(resamples);
    const value = statistic(0);
    for (let r = 1; r <= resamples; r++) draws[r - 1] = statistic(r * count);
    draws.sort();
    const at = (share: number): number => draws[Math.min(resamples - 1, Math.floor(share * resamples))] ?? value;
    return { value, low: at(0.025), high: at(0.975) };
  }
}

/** Of each pair: 1 where `above` is larger, 0.5 where both are equal, 0 where it is smaller. */
export function pairWins(above: ArrayLike<number>, below: ArrayLike<number>): Float64Array {
  return Float64Array.from(above, (a, i) => (a > below[i]! ? 1 : a === below[i]! ? 0.5 : 0));
}

/**
 * AUC of n pairs, some drawn more than once. One comparison in n is of a window with its own control, as in the sample, whatever was
 * drawn: a pair drawn twice would otherwise meet itself four times, and the interval of few pairs would lie beside their AUC.
 * @param own wins within the pairs, of n
 * @param cross wins of windows over the controls of others, of `crossings`
 */
export function ownAndCross(n: number, own: number, cross: number, crossings: number): number {
  return crossings === 0 ? own / n : own / n / n + ((1 - 1 / n) * cross) / crossings;
}

export interface Ordered {
  /** Pair of each value, lowest value first. */
  pairs: Int32Array;
  /** 1 where the value is of the side above. */
  isAbove: Uint8Array;
  /** Places after the last of each group of equal values. */
  ends: Int32Array;
}

/** Both sides of n pairs by value. */
export function ordered(above: ArrayLike<number>, below: ArrayLike<number>): Ordered {
  const count = above.length;
  const all = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    all[i] = above[i]!;
    all[count + i] = below[i]!;
  }
  const order = Int32Array.from(all, (_, i) => i).sort((a, b) => (all[a]! < all[b]! ? -1 : all[a]! > all[b]! ? 1 : 0));
  const ends: number[] = [];
  for (let at = 0; at < order.length; at++) if (all[order[at]!] !== all[order[at + 1]!]) ends.push(at + 1);
  return {
    pairs: order.map((at) => (at < count ? at : at - count)),
    isAbove: Uint8Array.from(order, (at) => (at < count ? 1 : 0)),
    ends: Int32Array.from(ends),
  };
}
