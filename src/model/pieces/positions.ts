// How a layer knows positions: rotation of Q and K, possibly of another kind in sliding layers, or none.
import type { LayerPiece, PlanContext, Settings } from '../plan.js';
import { readRope, type Rope, type RopeFamily } from '../rope.js';

export interface RotaryRules {
  family?: (model: PlanContext) => Omit<RopeFamily, 'headDim'> & { headDim?: number };
  /** Pairs are (2j, 2j+1) instead of (j, j + dim/2). */
  interleaved?: boolean;
  /** First rotated value of a head. */
  offset?: (model: PlanContext) => number;
  /** False for layers without any position (NoPE). */
  use?: (model: PlanContext, layer: number) => boolean;
}

/** Rotation of Q and K by position. */
export function rotary(rules: RotaryRules = {}): LayerPiece {
  return (model, layer) => {
    const none = { settings: { positions: 'none', rope: 'none' } };
    if (rules.use?.(model, layer) === false) return none;
    const family = { headDim: model.sizes.headDim, theta: 10_000, ...rules.family?.(model) };
    const rope = readRope(model.config, family, 'full_attention', model.ropeTheta);
    return {
      settings: { positions: 'none', rope: 'main' },
      globals: ropeSettings('main', rope, rules.interleaved ?? false, rules.offset?.(model) ?? 0),
    };
  };
}

/** The keys of one rotary set: those that its type reads, no others. */
export function ropeSettings(name: string, rope: Rope, interleaved: boolean, offset: number): Settings {
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
