// The minimum distance k of a run.

/** As given: tokens, the paper's rule, or that of the authors' code. */
export type DistanceRule = number | 'quarter' | 'authors';

/** @param length L of the window, tokens @returns k, tokens */
export function resolveDistance(rule: DistanceRule, length: number): number {
  const quarter = Math.floor(length / 4);
  return rule === 'quarter' ? quarter : rule === 'authors' ? length - 3 * quarter : rule;
}
