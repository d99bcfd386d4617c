// choice.json: the chosen score, layer, k and heads as options of `longattn run --config`, and where they were found.
//
// `_found` says of which model and corpus the choice is true: a run with another model refuses it (src/pipeline/choice-model.ts).
import { findScore } from '../scores/registry.js';
import { extrasOf } from '../scores/score.js';
import { resolveDistance, type DistanceRule } from '../base/distance.js';
import type { EvidenceReport } from './report.js';

export interface ChoiceOrigin {
  /** k as the runs to come will score it: selectK is written only where it differs. */
  rule: DistanceRule;
  /** Of the model as a run that scores the chosen layer alone opens it. */
  revision: string;
  ropeTheta?: number | undefined;
  dtype?: 'float32' | 'weights' | undefined;
}

export function choiceFile(report: EvidenceReport, origin: ChoiceOrigin): Record<string, unknown> {
  const { rule, revision, ropeTheta, dtype = 'float32' } = origin;
  const { choice, model, corpus } = report;
  const layer = [choice.layer];
  const heads = choice.heads ?? 'all';
  const scored = resolveDistance(rule, corpus.window);
  return {
    _found: {
      by: 'longattn validate: chosen on one half of the windows, tested on the other',
      model: { architecture: model.architecture, path: model.path, revision },
      corpus: { input: corpus.input, domains: corpus.domains, window: corpus.window, seed: corpus.seed },
      tested: choice.tested,
      chosen: { score: choice.score, layer, heads, k: choice.k },
    },
    window: corpus.window,
    layers: layer,
    selectLayer: choice.layer,
    score: choice.score,
    heads,
    ...(extrasOf(findScore(choice.score)).has('tokens') ? { tokens: true } : {}),
    ...(ropeTheta === undefined ? {} : { ropeTheta }),
    ...(dtype === 'float32' ? {} : { dtype }),
    ...(choice.k !== null && choice.k !== scored ? { selectK: choice.k } : {}),
  };
}
