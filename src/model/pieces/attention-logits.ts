// What happens between q.k and the softmax: scale, softcap, the sliding mask, sink logits.
import type { LayerPiece, PlanContext } from '../plan.js';

export interface ScoreRules {
  /** Factor on q.k; default headDim^-0.5. */
  scale?: (model: PlanContext, layer: number) => number;
  /** 0: none. */
  softcap?: (model: PlanContext) => number;
  /** Keys that a query sees, itself included; 0: all. */
  window?: (model: PlanContext, layer: number) => number;
  /** Tensor of one more logit a head in the normaliser (gpt_oss). */
  sinks?: string;
}

export function scores(rules: ScoreRules = {}): LayerPiece {
  return (model, layer) => ({
    settings: {
      'attention.scale': rules.scale?.(model, layer) ?? model.sizes.headDim ** -0.5,
      'attention.softcap': rules.softcap?.(model) ?? 0,
      'attention.window': rules.window?.(model, layer) ?? 0,
    },
    score: rules.sinks ? { sinks: { name: rules.sinks, shape: [model.sizes.heads] } } : {},
  });
}

/** One window for every layer: `sliding_window`, null for none; `absent` where the config has no such key. */
export function windowEverywhere(absent: number): (model: PlanContext) => number {
  return ({ config }) => config.intOrNone('sliding_window', absent);
}
