// The minimum distance k of a run, and whether a layer can see that far at all.
import { dataError } from '../errors.js';

/** As given: tokens, the paper's rule, or that of the authors' code. */
export type DistanceRule = number | 'quarter' | 'authors';

/** @param length L of the window, tokens @returns k, tokens */
export function resolveDistance(rule: DistanceRule, length: number): number {
  const quarter = Math.floor(length / 4);
  return rule === 'quarter' ? quarter : rule === 'authors' ? length - 3 * quarter : rule;
}

/**
 * A layer whose sliding window is at most k has far mass exactly 0 for every text: an error, not a data set of zeros.
 *
 * @param layers those to be scored
 * @param slidingWindow of a layer: key i is visible iff n - i < it; undefined for full attention
 * @param layerCount of the model, to name a layer that would do
 * @throws LongattnError LAYER_CANNOT_SEE_FAR
 */
export function requireFarVisible(
  layers: readonly number[],
  k: number,
  slidingWindow: (layer: number) => number | undefined,
  layerCount: number,
): void {
  const blind = layers.find((layer) => (slidingWindow(layer) ?? Infinity) <= k);
  if (blind === undefined) return;
  const full = Array.from({ length: layerCount }, (_, layer) => layer).filter(
    (layer) => slidingWindow(layer) === undefined,
  );
  const advice =
    full.length > 0
      ? `Choose a layer with full attention, such as --layer ${full[0]}, or`
      : 'The model has no layer with full attention: choose';
  throw dataError(
    'LAYER_CANNOT_SEE_FAR',
    `layer ${blind} sees only the last ${slidingWindow(blind)} tokens, so nothing is at distance k = ${k} or more and its far mass is 0 for every text. ` +
      `${advice} a k below ${slidingWindow(blind)}.`,
  );
}
