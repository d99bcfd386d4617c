// The scores stage over a run: opens the model only when there is something to score.
//
// With a gate it works on the parts whose windows are done while those of later ones are still cut.
import { invalid } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { usableProcessors } from '../base/processors.js';
import type { JsonObject } from '../io/canonical-json.js';
import { checkReach } from '../model/open-model.js';
import { deviceCount } from '../native/device.js';
import { halfFor } from '../native/half.js';
import { loadBinding } from '../native/load.js';
import { modelMetadata } from '../native/model-metadata.js';
import { Scorer } from '../native/scorer.js';
import type { PartGate } from '../run/part-gate.js';
import { requireSameKernel } from '../run/kernel.js';
import { partsOfShard, type Share } from '../run/run-parts.js';
import { scoreParts } from '../scoring/score-parts.js';
import type { PreparedModel } from './prepare.js';

export interface ScoresHooks extends Hooks {
  ready?: PartGate;
  share?: Share;
  /** Let this worker compute with another kernel than the first one's. */
  mixedKernels?: boolean | undefined;
}

/**
 * Score the windows of this shard's parts.
 * @param hooks `ready` is opened part by part as their windows are done; without it all must be
 * @throws LongattnError LAYER_CANNOT_SEE_FAR, ADDON_MISSING, TORCH_MISSING, and those of the model and the parts
 */
export async function scoresStage(
  { spec, run, parts, model }: PreparedModel,
  { mixedKernels = false, ...hooks }: ScoresHooks = {},
): Promise<void> {
  if (spec.losses && spec.k === 0) {
    throw invalid('k', 0, 'at least 1 with --losses: the near context is the last k tokens');
  }
  checkReach(model, spec.k);
  halfFor(model.specText, spec.device); // what is missing is told before the work
  let scorer: Scorer | undefined;
  const metadata = { ...modelMetadata(model, spec.device), ...givenTokenizer(run.manifest.spec) };
  try {
    await scoreParts({
      check: 'size',
      parts: partsOfShard(parts.length, spec.shard),
      workers: spec.workers,
      windows: run.windows,
      scores: run.scores,
      window: spec.window,
      layers: model.layers,
      k: spec.k,
      kRule: spec.kRule,
      tokens: spec.tokens,
      losses: spec.losses,
      heads: model.heads,
      vocabSize: model.vocabSize,
      batch: spec.batch * deviceCount(spec.device),
      metadata,
      openScorer: async () => {
        const machine = { threads: spec.threads, memoryBytes: spec.memory, device: spec.device };
        const opened = await Scorer.open(model.specText, machine, hooks.onProgress, hooks);
        scorer = opened;
        await requireSameKernel(run, metadata['kernel']!, mixedKernels);
        const { kernel } = loadBinding().cpu();
        const facts = {
          kernel,
          threads: spec.threads || usableProcessors(),
          model: model.architecture,
          revision: model.revision,
        };
        hooks.onProgress?.({ type: 'stage-facts', stage: 'scores', facts });
        return (request, signal) => opened.score(request, { signal });
      },
      ...hooks,
    });
    if (scorer) hooks.onProgress?.({ type: 'stage-facts', stage: 'scores', facts: tableFacts(scorer.counters()) });
  } finally {
    await scorer?.[Symbol.asyncDispose]();
  }
}

/** Of a run whose text was read with another tokenizer than the model's. */
function givenTokenizer({ tokenizerPath, tokenizer }: JsonObject): Record<string, string> {
  return tokenizerPath === undefined || typeof tokenizer !== 'string' ? {} : { tokenizer };
}

/** How often the projections of a token were there already: layer 0 only, so there may be nothing to say. */
function tableFacts({ distinctTokens = 0, tokensFound = 0, ...rest }: Record<string, number>): Record<string, number> {
  const hitRate = distinctTokens > 0 && { tableHitRate: tokensFound / distinctTokens };
  return { distinctTokens, tokensFound, ...rest, ...hitRate };
}
