// AUC of pairs under resamples of the real windows: sorted once, walked once a resample.
import { ordered, ownAndCross, pairWins } from './bootstrap.js';
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
 * NaN is refused: it has no place in an order.
 * @returns the AUC under weights of the real windows, ties half; 0.5 where none of the pairs was drawn
 */
export function aucWalk({ above, below, real }: PairSides): (weights: ArrayLike<number>) => number {
  for (const side of [above, below]) {
    for (let at = 0; at < side.length; at++) {
      if (Number.isNaN(side[at])) throw new RangeError(`value ${at} of the pairs is not a number`);
    }
  }
  const { pairs, isAbove, ends } = ordered(above, below);
  const places = pairs.map((pair) => real[pair]!);
  const own = pairWins(above, below);
  return (weights) => {
    let [lower, wins, total] = [0, 0, 0];
    for (let group = 0, at = 0; group < ends.length; group++) {
      let [equalAbove, equalBelow] = [0, 0];
      for (const end = ends[group]!; at < end; at++) {
        const weight = weights[places[at]!]!;
        equalAbove += weight * isAbove[at]!;
        equalBelow += weight * (1 - isAbove[at]!);
      }
      wins += equalAbove * (lower + equalBelow / 2);
      lower += equalBelow;
      total += equalAbove;
    }
    let [squares, ownOnce, ownSquares] = [0, 0, 0];
    for (let pair = 0; pair < own.length; pair++) {
      const weight = weights[real[pair]!]!;
      squares += weight * weight;
      ownOnce += weight * own[pair]!;
      ownSquares += weight * weight * own[pair]!;
    }
    return total === 0 ? 0.5 : ownAndCross(total, ownOnce, wins - ownSquares, total * total - squares);
  };
}
