// What a run without a model can do: cut windows, count in them, rank by counts. Anything else asks for the model by name.
import { LongattnError } from '../base/errors.js';
import type { Spec } from '../options/spec.js';
import { attentionTerms, needsModel, resolveScore } from '../scores/resolve.js';

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
 * Called before windows are cut, so that no layer is scored in vain.
 * @throws LongattnError INVALID_OPTION where a blend names a layer that will not be scored
 */
export function requireLayersFor({ model, layers, score }: Pick<Spec, 'model' | 'layers' | 'score'>): void {
  if (model === undefined || layers === 'all') return;
  const missing = attentionTerms(resolveScore(score)).find(
    ({ layer }) => layer !== undefined && !layers.includes(layer),
  );
  if (missing === undefined) return;
  throw new LongattnError(
    'INVALID_OPTION',
    `score must not be ${score} here: it asks for ${missing.score.name} of layer ${missing.layer}, and the layers to score are ${layers.join(', ')}. Name it in --layers.`,
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
