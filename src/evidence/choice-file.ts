// choice.json: the chosen score, layer, k and heads as options of `longattn run --config`, and where they were found.
//
// Keys that begin with "_" are for people: the option reader passes over them.
import { resolveDistance, type DistanceRule } from '../stages/distance.js';
import type { EvidenceReport } from './report.js';

/** @param rule k as the runs to come will score it: selectK is written only where it differs */
export function choiceFile(report: EvidenceReport, rule: DistanceRule): Record<string, unknown> {
  const { choice, model, corpus } = report;
  const scored = resolveDistance(rule, corpus.window);
  return {
    _found: {
      by: 'longattn validate: chosen on one half of the windows, tested on the other',
      model: { architecture: model.architecture, path: model.path, revision: model.revision },
      corpus: { input: corpus.input, domains: corpus.domains, window: corpus.window, seed: corpus.seed },
      tested: choice.tested,
    },
    window: corpus.window,
    layer: [choice.layer],
    selectLayer: choice.layer,
    score: choice.score,
    heads: choice.heads ?? 'all',
    ...(choice.k !== null && choice.k !== scored ? { selectK: choice.k } : {}),
  };
}
