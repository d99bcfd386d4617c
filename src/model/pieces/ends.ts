// Both ends of the model: embedding before the layers, final norm and language model head after them.
import type { ModelPiece, PlanContext } from '../plan.js';
import { normTensors, type NormStyle } from './norms.js';

export interface EmbeddingRules {
  name?: string;
  /** Factor on the embedding row; default 1. */
  scale?: (model: PlanContext) => number;
}

export function embedding(rules: EmbeddingRules = {}): ModelPiece {
  return (model) => ({
    settings: { 'embed.scale': rules.scale?.(model) ?? 1, 'embed.norm': false },
    score: {
      embed: { name: `${rules.name ?? 'embed_tokens'}.weight`, shape: [model.sizes.vocab, model.sizes.hidden] },
    },
  });
}

export interface HeadRules {
  norm: NormStyle;
  /** Name of the final norm, without `.weight`. */
  normName?: string;
  name?: string;
  embeddingName?: string;
  /** `tie_word_embeddings` where the config does not say. */
  tied: boolean;
  /** Factor on the logits; default 1. */
  scale?: (model: PlanContext) => number;
  softcap?: (model: PlanContext) => number;
}

/** Final norm and head, for the loss. */
export function head(rules: HeadRules): ModelPiece {
  return (model) => {
    const { vocab, hidden } = model.sizes;
    const tied = model.config.bool('tie_word_embeddings', rules.tied);
    return {
      forwardSettings: {
        'final_norm.kind': rules.norm.kind,
        'final_norm.eps': rules.norm.eps(model),
        'final_norm.plus_one': rules.norm.plusOne ?? false,
        'head.scale': rules.scale?.(model) ?? 1,
        'head.softcap': rules.softcap?.(model) ?? 0,
      },
      forward: {
        ...normTensors('final_norm', rules.normName ?? 'norm', rules.norm, model),
        head: tied
          ? { name: `${rules.embeddingName ?? 'embed_tokens'}.weight`, shape: [vocab, hidden] }
          : { name: `${rules.name ?? 'lm_head'}.weight`, shape: [vocab, hidden], absolute: true },
      },
    };
  };
}
