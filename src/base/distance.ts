// The minimum distance k of a run.

/** As given: tokens, the paper's rule, or that of the authors' code. */
export type DistanceRule = number | 'quarter' | 'authors';

/** Of every command, and of a model opened by hand. */
export const DEFAULT_DISTANCE = 'quarter';

/** @param length L of the window, tokens @returns k, tokens */
export function resolveDistance(rule: DistanceRule, length: number): number {
  const quarter = Math.floor(length / 4);
  return rule === 'quarter' ? quarter : rule === 'authors' ? length - 3 * quarter : rule;
}
