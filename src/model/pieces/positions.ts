// How a layer knows positions: rotation of Q and K, possibly of another kind in sliding layers, a bias by distance, or nothing.
import type { LayerPiece, PlanContext, Settings } from '../plan.js';
import { readRope, type Rope, type RopeFamily } from '../rope.js';
import type { LayerType } from './layer-types.js';

export interface RotaryRules {
  /** Base, share and key names; `headDim` where it is not the head's. */
  family?: (model: PlanContext) => Partial<RopeFamily>;
  /** Pairs are (2j, 2j+1) instead of (j, j + dim/2). */
  interleaved?: boolean | ((model: PlanContext) => boolean);
  /** Each pair turns the other way. */
  reversed?: boolean;
  /** First rotated value of a head. */
  offset?: (model: PlanContext) => number;
  /** False for layers without any position (NoPE). */
  use?: (model: PlanContext, layer: number) => boolean;
  /** Layer types with a rotation of their own each. */
  typeOf?: (model: PlanContext, layer: number) => LayerType;
  /** A last word on the parameters. */
  adjust?: (rope: Rope, model: PlanContext) => Rope;
}

/** Rotation of Q and K by position. */
export function rotary(rules: RotaryRules = {}): LayerPiece {
  return (model, layer) => {
    if (rules.use?.(model, layer) === false) return { settings: { positions: 'none', rope: 'none' } };
    const type = rules.typeOf?.(model, layer);
    const name = type === undefined ? 'main' : type === 'sliding_attention' ? 'sliding' : 'full';
    const read = readRope(model.config, ropeFamily(model, rules.family?.(model)), type, model.ropeTheta);
    const rope = rules.adjust?.(read, model) ?? read;
    const interleaved =
      typeof rules.interleaved === 'function' ? rules.interleaved(model) : (rules.interleaved ?? false);
    return {
      settings: { positions: 'none', rope: name },
      globals: {
        ...ropeSettings(name, rope, interleaved, rules.offset?.(model) ?? 0),
        ...(rules.reversed && { [`rope.${name}.reversed`]: true }),
      },
    };
  };
}

/** A family's rules with the usual ones for what it leaves open. */
export function ropeFamily(model: PlanContext, rules: Partial<RopeFamily> = {}): RopeFamily {
  return { headDim: model.sizes.headDim, theta: 10_000, ...rules };
}

/** A bias of slope * (i - n) on the logits; no rotation. */
export function alibi(slopes: (model: PlanContext) => number[]): LayerPiece {
  return (model) => ({ settings: { positions: 'alibi', rope: 'none', 'alibi.slopes': slopes(model) } });
}

/** Nothing in the layers: positions were added to the embedding. */
export function learnedPositions(offset: number): LayerPiece {
  return () => ({ settings: { positions: 'learned', rope: 'none', 'positions.offset': offset } });
}

/** The keys of one rotary set: those that its type reads, no others. */
function ropeSettings(name: string, rope: Rope, interleaved: boolean, offset: number): Settings {
  const typed: Settings = {};
  if (['linear', 'dynamic', 'llama3', 'yarn'].includes(rope.type)) typed['factor'] = rope.factor;
  if (['dynamic', 'llama3', 'yarn', 'longrope'].includes(rope.type))
    typed['original_length'] = rope.originalMaxPositions;
  if (rope.type === 'llama3') {
    Object.assign(typed, { low_freq_factor: rope.lowFreqFactor, high_freq_factor: rope.highFreqFactor });
  }
  if (rope.type === 'yarn') {
    Object.assign(typed, { beta_fast: rope.betaFast, beta_slow: rope.betaSlow, truncate: rope.truncate });
  }
  if (rope.type === 'longrope')
    Object.assign(typed, { short_factor: rope.shortFactors, long_factor: rope.longFactors });
  const all: Settings = {
    type: rope.type,
    theta: rope.theta,
    dim: rope.dim,
    offset,
    interleaved,
    attention_factor: rope.attentionFactor,
    ...typed,
  };
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [`rope.${name}.${key}`, value]));
}
