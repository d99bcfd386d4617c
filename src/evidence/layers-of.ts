// Which layers a run must score to rank by a finding: of a blend those that it names; none for a count, which asks for no model.
import { attentionTerms, resolveScore } from '../scores/resolve.js';
import type { Finding } from './report.js';

/** Ascending. */
export function layersOf({ score, layer }: Pick<Finding, 'score' | 'layer'>): number[] {
  if (layer !== null) return [layer];
  const named = attentionTerms(resolveScore(score)).flatMap((term) => term.layer ?? []);
  return [...new Set(named)].sort((a, b) => a - b);
}
