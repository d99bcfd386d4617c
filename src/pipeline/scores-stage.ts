// The scores stage over a run: opens the model only when there is something to score.
import { modelMetadata } from '../native/model-metadata.js';
import { Scorer } from '../native/scorer.js';
import { partsOfShard } from '../run/run-parts.js';
import { requireFarVisible, resolveDistance } from '../stages/distance.js';
import { scoreParts } from '../stages/scores.js';
import type { Prepared } from './prepare.js';
import type { StageHooks } from './windows-stage.js';

/**
 * Score the windows of this shard's parts; their windows must be done.
 * @throws LongattnError LAYER_CANNOT_SEE_FAR, ADDON_MISSING, and those of the model and the parts
 */
export async function scoresStage({ spec, run, parts, model }: Prepared, hooks: StageHooks = {}): Promise<void> {
  const { slidingWindows, layers, layerCount } = model;
  const sees = (layer: number): number | undefined => slidingWindows[layer] || undefined;
  requireFarVisible(layers, resolveDistance(spec.k, spec.window), sees, layerCount);
  let scorer: Scorer | undefined;
  try {
    await scoreParts({
      parts: partsOfShard(parts.length, spec.shard),
      workers: spec.workers,
      windows: run.windows,
      scores: run.scores,
      window: spec.window,
      layers,
      k: spec.k,
      tokens: spec.tokens,
      heads: model.heads,
      vocabSize: model.vocabSize,
      batch: spec.batch,
      metadata: modelMetadata(model),
      openScorer: async () => {
        const opened = await Scorer.open(model.specText, {
          threads: spec.threads,
          memoryBytes: spec.memory,
          device: spec.device,
        });
        scorer = opened;
        return (request, signal) => opened.score(request, { signal });
      },
      ...hooks,
    });
  } finally {
    await scorer?.[Symbol.asyncDispose]();
  }
}
