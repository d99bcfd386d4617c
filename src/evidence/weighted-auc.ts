// AUC of pairs under resamples of the real windows: sorted once, walked once a resample.
import { draw, type Draws, type Resamples } from './resample.js';

export interface PairSides {
  /** Values of the side that must be higher. */
  above: ArrayLike<number>;
  below: ArrayLike<number>;
  /** Place of each pair's real window in the sample: a pair is drawn with it. */
  real: ArrayLike<number>;
}

/** The smallest AUC over some controls, on the sample and on each resample. */
export function worstAuc(resamples: Resamples, controls: readonly PairSides[]): Draws {
  const walks = controls.map(aucWalk);
  return draw(resamples, (weights) => Math.min(...walks.map((walk) => walk(weights))));
}

/**
 * NaN is refused: equal to nothing, it would be walked over for ever.
 * @returns the AUC under weights of the real windows, ties half; 0.5 where none of the pairs was drawn
 */
export function aucWalk({ above, below, real }: PairSides): (weights: ArrayLike<number>) => number {
  const count = above.length;
  const value = (at: number): number => (at < count ? above[at]! : below[at - count]!);
  for (let at = 0; at < 2 * count; at++) {
    if (Number.isNaN(value(at))) throw new RangeError(`value ${at} of the pairs is not a number`);
  }
  const order = Int32Array.from({ length: 2 * count }, (_, at) => at).sort((a, b) => compare(value(a), value(b)));
  return (weights) => {
    let [lower, wins, total] = [0, 0, 0];
    for (let start = 0; start < order.length;) {
      let [equalAbove, equalBelow, end] = [0, 0, start];
      const current = value(order[start]!);
      for (; end < order.length && value(order[end]!) === current; end++) {
        const at = order[end]!;
        if (at < count) equalAbove += weights[real[at]!]!;
        else equalBelow += weights[real[at - count]!]!;
      }
      wins += equalAbove * (lower + equalBelow / 2);
      lower += equalBelow;
      total += equalAbove;
      start = end;
    }
    return total === 0 ? 0.5 : wins / (total * total);
  };
}

/** Also of -Infinity, which stands for a window that the guard refuses. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
