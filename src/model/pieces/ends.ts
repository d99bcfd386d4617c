// Both ends of the model: embedding before the layers, final norm and language model head after them.
import type { ModelPiece, PlanContext, TensorRef, Tensors } from '../plan.js';
import { pair } from '../plan.js';
import { normTensors, type NormStyle } from './norms.js';
import { isOn, type Switch } from './projections.js';

export interface EmbeddingRules {
  name?: string;
  /** Factor on the embedding row; default 1. */
  scale?: (model: PlanContext) => number;
  /** Norm of the embedding row (bloom, nanochat), with the eps of the norm in front of the attention. */
  norm?: { style: NormStyle; name: string };
  /** Table of learned positions: name without `.weight`, and rows that come before position 0. */
  positions?: { name: string; offset: number };
  /** The embedding is narrower than the hidden size and is projected to it (some of opt). */
  project?: { name: string; width: (model: PlanContext) => number };
}

export function embedding(rules: EmbeddingRules = {}): ModelPiece {
  return (model) => {
    const { vocab, hidden, maxPositions } = model.sizes;
    const width = rules.project?.width(model) ?? hidden;
    const { positions, norm } = rules;
    return {
      globals: {
        'embed.scale': rules.scale?.(model) ?? 1,
        'embed.norm': norm !== undefined,
        ...(norm?.style.kind === 'rms' && { 'embed.norm.kind': 'rms' }),
        ...(width !== hidden && { 'embed.width': width }),
      },
      score: {
        embed: { name: `${rules.name ?? 'embed_tokens'}.weight`, shape: [vocab, width] },
        ...(norm && normTensors('embed_norm', norm.name, norm.style, model)),
        ...(positions && {
          positions: { name: `${positions.name}.weight`, shape: [maxPositions! + positions.offset, hidden] },
        }),
        ...(width !== hidden && { embed_project: { name: `${rules.project!.name}.weight`, shape: [hidden, width] } }),
      },
    };
  };
}

export interface HeadRules {
  norm: NormStyle;
  /** Name of the final norm, without `.weight`; undefined: none. */
  normName?: (model: PlanContext) => string | undefined;
  /** Name of the head, without `.weight` and without the decoder's prefix. */
  name?: string;
  bias?: Switch;
  embeddingName?: string;
  /** `tie_word_embeddings` where the config does not say. */
  tied: boolean;
  /** Factor on the logits; default 1. */
  scale?: (model: PlanContext) => number;
  softcap?: (model: PlanContext) => number;
  /** The hidden state is projected to the embedding's width before the head (some of opt). */
  project?: { name: string; width: (model: PlanContext) => number };
}

/** Final norm and head, for the loss. */
export function head(rules: HeadRules): ModelPiece {
  return (model) => {
    const { hidden } = model.sizes;
    const normName = rules.normName ? rules.normName(model) : 'norm';
    const width = rules.project?.width(model) ?? hidden;
    return {
      globals: {
        'final_norm.kind': normName === undefined ? 'none' : rules.norm.kind,
        ...(normName !== undefined && {
          'final_norm.eps': rules.norm.eps(model),
          'final_norm.plus_one': rules.norm.plusOne ?? false,
        }),
        'head.scale': rules.scale?.(model) ?? 1,
        'head.softcap': rules.softcap?.(model) ?? 0,
      },
      forward: {
        ...(normName !== undefined && normTensors('final_norm', normName, rules.norm, model)),
        ...(width !== hidden && { head_project: { name: `${rules.project!.name}.weight`, shape: [width, hidden] } }),
        ...headTensors(rules, model, width),
      },
    };
  };
}

/** A tied head is the embedding, unless the checkpoint has a head of its own; a bias of the head is never tied. */
function headTensors(rules: HeadRules, model: PlanContext, width: number): Tensors {
  const {
    config,
    sizes: { vocab },
  } = model;
  const name = rules.name ?? 'lm_head';
  const tied = config.bool('tie_word_embeddings', rules.tied);
  const shape = [vocab, width];
  // Beside a decoder that is called language_model.model the head is language_model.lm_head.
  const inside: TensorRef = { name: `language_model.${name}.weight`, shape, absolute: true };
  const own: TensorRef = { name: `${name}.weight`, shape, absolute: true, instead: inside };
  return pair(
    'head',
    tied ? { name: `${rules.embeddingName ?? 'embed_tokens'}.weight`, shape, instead: own } : own,
    isOn(rules.bias, model) ? { name: `${name}.bias`, shape: [vocab], absolute: true } : undefined,
  );
}
