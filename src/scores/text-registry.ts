// Every score over token ids by its name, and how a user adds one.
import { invalid, LongattnError } from '../base/errors.js';
import { shippedTextScores } from './counts/shipped.js';
import type { TextScore } from './counts/text-score.js';

const registry = new Map<string, TextScore>(shippedTextScores.map((score) => [score.name, score]));

export function hasTextScore(name: string): boolean {
  return registry.has(name);
}

/** @throws LongattnError INVALID_OPTION naming the scores that exist */
export function findTextScore(name: string): TextScore {
  const score = registry.get(name);
  if (!score) throw invalid('score', name, `one of ${[...registry.keys()].join(', ')}`);
  return score;
}

export function listTextScores(): TextScore[] {
  return [...registry.values()];
}

/** Make a score of your own over token ids usable by `select` and `validate`. Refuses a name that is taken. */
export function registerTextScore(score: TextScore): void {
  if (registry.has(score.name)) {
    throw new LongattnError(
      'SCORE_EXISTS',
      'usage',
      `A score must not be named ${JSON.stringify(score.name)}: it exists. Choose another name.`,
    );
  }
  registry.set(score.name, score);
}
