// Q, K, V and output projections, and the norms of Q and K.
import type { LayerPiece, Part, PlanContext, Settings, TensorRef, Tensors } from '../plan.js';
import { pair } from '../plan.js';
import { normTensors, type NormStyle } from './norms.js';

type Switch = boolean | ((model: PlanContext) => boolean);

export interface ProjectionRules {
  /** Tensor names without `.weight`. */
  q?: string;
  k?: string;
  v?: string;
  o?: string;
  /** Do Q, K and V have a bias, and does the output projection? Default: no. */
  bias?: Switch;
  outBias?: Switch;
  qkNorm?: QkNormRules;
  /** Q and K are clamped to [-c, c]; 0: they are not. */
  clip?: (model: PlanContext) => number;
}

export interface QkNormRules {
  style: NormStyle;
  q: string;
  k: string;
  over: 'head' | 'full';
  place?: 'before' | 'after';
  /** A weight of its own for each head (cohere). */
  weightPerHead?: boolean;
  use?: (model: PlanContext) => boolean;
}

/** Four separate matrices, as in llama. */
export function separateProjections(rules: ProjectionRules = {}): LayerPiece {
  const names = {
    q: 'self_attn.q_proj',
    k: 'self_attn.k_proj',
    v: 'self_attn.v_proj',
    o: 'self_attn.o_proj',
    ...rules,
  };
  return (model) => {
    const { hidden, heads, kvHeads, headDim, valueDim } = model.sizes;
    const bias = isOn(rules.bias, model);
    const common = attentionExtras(model, rules);
    return {
      ...common,
      score: {
        ...linear('q', names.q, heads * headDim, hidden, bias),
        ...linear('k', names.k, kvHeads * headDim, hidden, bias),
        ...common.score,
      },
      forward: {
        ...linear('v', names.v, kvHeads * valueDim, hidden, bias),
        ...linear('o', names.o, hidden, heads * valueDim, isOn(rules.outBias, model)),
      },
    };
  };
}

/** What every form of projection may have besides: norms of Q and K, a clamp. */
export function attentionExtras(
  model: PlanContext,
  rules: ProjectionRules,
): Part & { settings: Settings; score: Tensors } {
  const settings: Settings = { 'attention.clip': rules.clip?.(model) ?? 0 };
  const norm = rules.qkNorm;
  if (!norm || norm.use?.(model) === false) return { settings: { ...settings, 'qk_norm.kind': 'none' }, score: {} };
  const { heads, kvHeads, headDim } = model.sizes;
  const shape = (count: number) =>
    norm.over === 'full' ? [count * headDim] : norm.weightPerHead ? [count, headDim] : [headDim];
  return {
    settings: {
      ...settings,
      'qk_norm.kind': norm.style.kind,
      'qk_norm.over': norm.over,
      'qk_norm.place': norm.place ?? 'before',
      'qk_norm.eps': norm.style.eps(model),
      'qk_norm.plus_one': norm.style.plusOne ?? false,
    },
    score: {
      ...normTensors('q_norm', norm.q, norm.style, model, shape(heads)),
      ...normTensors('k_norm', norm.k, norm.style, model, shape(kvHeads)),
    },
  };
}

/** A linear layer of `out` x `inner` under `role`. */
export function linear(role: string, name: string, out: number, inner: number, bias: boolean): Tensors {
  const weight: TensorRef = { name: `${name}.weight`, shape: [out, inner] };
  return pair(role, weight, bias ? { name: `${name}.bias`, shape: [out] } : undefined);
}

export function isOn(value: Switch | undefined, model: PlanContext): boolean {
  return typeof value === 'function' ? value(model) : (value ?? false);
}
