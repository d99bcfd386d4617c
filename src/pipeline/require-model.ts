// What a run without a model can do: cut windows, count in them, rank by counts. Anything else asks for the model by name.
import { LongattnError } from '../base/errors.js';
import type { Spec } from '../options/spec.js';
import { needsModel, resolveScore } from '../scores/resolve.js';

const COUNT = 'last-recurrence-2';

/**
 * Called before windows are cut, so that none are cut in vain.
 * @throws LongattnError MISSING_OPTION where the score needs the statistics of a model, and there is none
 */
export function requireModelFor({ model, score }: Pick<Spec, 'model' | 'score'>): void {
  if (model !== undefined || !needsModel(resolveScore(score))) return;
  throw new LongattnError(
    'MISSING_OPTION',
    `model is missing: the score ${score} is made of a model's attention. Give --score ${COUNT} or another count, which need none, or start the run with --model.`,
  );
}

/**
 * @param model its name or description, where there is one
 * @param dir of the run
 * @throws LongattnError MISSING_OPTION
 */
export function requireModel<T>(model: T | undefined, dir: string): T {
  if (model !== undefined) return model;
  throw new LongattnError(
    'MISSING_OPTION',
    `model is missing: without one ${dir} has windows and no scores. Select by a count such as ${COUNT}, or start a run with --model in another folder.`,
  );
}
