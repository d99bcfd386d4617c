// How the halves of a layer are joined to the residual stream.
import type { LayerPiece, PlanContext } from '../plan.js';
import { isOn, type Switch } from './projections.js';

export interface JoinRules {
  /** The MLP reads the layer's input, not the sum with the attention. Without a norm of its own it reads the attention's. */
  parallel?: Switch;
  /** Factor on what either half adds; default 1. */
  scale?: (model: PlanContext) => number;
  /** What is added to is the norm's output, not its input (an option of bloom). */
  fromNorm?: Switch;
}

export function join(rules: JoinRules = {}): LayerPiece {
  return (model) => ({
    forwardSettings: {
      'block.parallel': isOn(rules.parallel, model),
      'block.residual_scale': rules.scale?.(model) ?? 1,
      'block.residual_from_norm': isOn(rules.fromNorm, model),
    },
  });
}
