// choice.json: the chosen score with its layer (or layers), k and heads, or a count that needs none, as options of `longattn run --config`, and
// where they were found.
//
// `_found` says of which model and corpus the choice is true: a run with another model refuses it (src/pipeline/choice-model.ts).
import { attentionTerms, resolveScore } from '../scores/resolve.js';
import { extrasOf } from '../scores/score.js';
import { resolveDistance, type DistanceRule } from '../base/distance.js';
import type { Certificate } from './certificate.js';
import { layersOf } from './layers-of.js';
import type { EvidenceReport } from './report.js';

export interface ChoiceOrigin {
  /** k as the runs to come will score it: selectK is written only where it differs. */
  rule: DistanceRule;
  /** Of the model as a run that scores the chosen layers alone opens it. */
  revision: string;
  ropeTheta?: number | undefined;
  configOverride?: Readonly<Record<string, unknown>> | undefined;
  dtype?: 'float32' | 'weights' | undefined;
}

export function choiceFile(
  report: EvidenceReport,
  origin: ChoiceOrigin,
  certificate: Pick<Certificate, 'sha256' | 'tells' | 'page'>,
): Record<string, unknown> {
  const { rule, revision, ropeTheta, configOverride, dtype = 'float32' } = origin;
  const { choice, model, corpus } = report;
  const scored = resolveDistance(rule, corpus.window);
  const layers = layersOf(choice);
  return {
    _found: {
      by: 'longattn validate: chosen on one half of the windows, tested on the other',
      model: { architecture: model.architecture, path: model.path, revision },
      corpus: { input: corpus.input, domains: corpus.domains, window: corpus.window, seed: corpus.seed },
      tested: choice.tested,
      chosen: {
        score: choice.score,
        ...(layers.length === 0 ? {} : { layer: layers, heads: choice.heads ?? 'all' }),
        k: choice.k,
      },
      certificate: { sha256: certificate.sha256, tells: certificate.tells, page: certificate.page },
    },
    window: corpus.window,
    score: choice.score,
    ...(layers.length === 0 ? {} : ofLayers(choice, layers, { ropeTheta, configOverride, dtype })),
    ...(choice.k !== null && choice.k !== scored ? { selectK: choice.k } : {}),
  };
}

function ofLayers(
  { score, layer, heads }: EvidenceReport['choice'],
  layers: readonly number[],
  { ropeTheta, configOverride, dtype }: Pick<ChoiceOrigin, 'ropeTheta' | 'configOverride' | 'dtype'>,
): Record<string, unknown> {
  const tokens = attentionTerms(resolveScore(score)).some((term) => extrasOf(term.score).has('tokens'));
  return {
    layers,
    // A blend that names its layers is ranked by none.
    ...(layer === null ? {} : { selectLayer: layer }),
    heads: heads ?? 'all',
    ...(tokens ? { tokens: true } : {}),
    ...(ropeTheta === undefined ? {} : { ropeTheta }),
    ...(configOverride === undefined ? {} : { configOverride }),
    ...(dtype === 'float32' ? {} : { dtype }),
  };
}
