// Q, K, V and output projections from separate matrices or from one, and the norms of Q and K.
import type { LayerPiece, Part, PlanContext, Settings, TensorRef, Tensors } from '../plan.js';
import { pair, rowBlocks, rows } from '../plan.js';
import { normTensors, type NormStyle } from './norms.js';

export type Switch = boolean | ((model: PlanContext) => boolean);

export interface AttentionExtras {
  qkNorm?: QkNormRules;
  /** Q, K and V are clamped to [-c, c]; 0: they are not. */
  clip?: (model: PlanContext) => number;
  outBias?: Switch;
}

export interface QkNormRules {
  style: NormStyle;
  /** Tensor names without `.weight`. */
  q: string;
  k: string;
  over: 'head' | 'full';
  place?: 'before' | 'after';
  /** Each head has a weight of its own: a row of one tensor, or a tensor NAME.norms.HEAD of its own. */
  perHead?: 'rows' | 'tensors';
  use?: Switch;
}

export interface SeparateRules extends AttentionExtras {
  /** Tensor names without `.weight`. */
  names?: Partial<Record<'q' | 'k' | 'v' | 'o', string>>;
  /** Do Q, K and V have a bias? Default: no. */
  bias?: Switch;
}

/** Four separate matrices, as in llama. */
export function separateProjections(rules: SeparateRules = {}): LayerPiece {
  const names = {
    q: 'self_attn.q_proj',
    k: 'self_attn.k_proj',
    v: 'self_attn.v_proj',
    o: 'self_attn.o_proj',
    ...rules.names,
  };
  return (model) => {
    const { hidden, heads, kvHeads, headDim, valueDim } = model.sizes;
    const bias = isOn(rules.bias, model);
    const { settings, score } = attentionExtras(model, rules);
    return {
      settings,
      score: {
        ...linear('q', names.q, heads * headDim, hidden, bias),
        ...linear('k', names.k, kvHeads * headDim, hidden, bias),
        ...score,
      },
      forward: {
        ...linear('v', names.v, kvHeads * valueDim, hidden, bias),
        ...linear('o', names.o, hidden, heads * valueDim, isOn(rules.outBias, model)),
      },
    };
  };
}

export interface FusedRules extends AttentionExtras {
  /** Tensor names without `.weight`. */
  qkv: string;
  o: string;
  /** `blocks`: all of Q, then K, then V. `groups`: for each key head its query heads, then its key, then its value. */
  order: 'blocks' | 'groups';
  bias?: Switch;
  /** The file holds [in, out]. */
  transposed?: boolean;
}

/** One matrix for Q, K and V. */
export function fusedProjections(rules: FusedRules): LayerPiece {
  return (model) => {
    const { hidden, heads, kvHeads, headDim } = model.sizes;
    const total = (heads + 2 * kvHeads) * headDim;
    const whole = linear('qkv', rules.qkv, total, hidden, isOn(rules.bias, model), rules.transposed);
    const group = heads / kvHeads;
    const stride = (group + 2) * headDim;
    const cut = (role: 'q' | 'k' | 'v', tensor: TensorRef): TensorRef => {
      if (rules.order === 'groups') {
        const start = { q: 0, k: group * headDim, v: (group + 1) * headDim }[role];
        return rowBlocks(tensor, start, role === 'q' ? group * headDim : headDim, stride, kvHeads);
      }
      const start = { q: 0, k: heads * headDim, v: (heads + kvHeads) * headDim }[role];
      return rows(tensor, start, (role === 'q' ? heads : kvHeads) * headDim);
    };
    const part = (role: 'q' | 'k' | 'v'): Tensors =>
      Object.fromEntries(Object.entries(whole).map(([key, ref]) => [key.replace('qkv', role), cut(role, ref)]));
    const { settings, score } = attentionExtras(model, rules);
    return {
      settings,
      score: { ...part('q'), ...part('k'), ...score },
      forward: {
        ...part('v'),
        ...linear('o', rules.o, hidden, heads * headDim, isOn(rules.outBias, model), rules.transposed),
      },
    };
  };
}

/** What every form of projection may have besides: norms of Q and K, a clamp. */
export function attentionExtras(
  model: PlanContext,
  rules: AttentionExtras,
): Required<Pick<Part, 'settings' | 'score'>> {
  const settings: Settings = { 'attention.clip': rules.clip?.(model) ?? 0 };
  const norm = rules.qkNorm;
  if (!norm || !isOn(norm.use ?? true, model)) return { settings: { ...settings, 'qk_norm.kind': 'none' }, score: {} };
  const { heads, kvHeads, headDim } = model.sizes;
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
      ...qkNormTensors('q_norm', norm.q, norm, heads, headDim, model),
      ...qkNormTensors('k_norm', norm.k, norm, kvHeads, headDim, model),
    },
  };
}

function qkNormTensors(
  role: string,
  name: string,
  { style, over, perHead }: QkNormRules,
  heads: number,
  headDim: number,
  model: PlanContext,
): Tensors {
  if (perHead === 'tensors') {
    const each = Array.from({ length: heads }, (_, head) =>
      normTensors(`${role}.${head}`, `${name}.norms.${head}`, style, model, [headDim]),
    );
    return Object.assign({}, ...each) as Tensors;
  }
  const shape = over === 'full' ? [heads * headDim] : perHead ? [heads, headDim] : [headDim];
  return normTensors(role, name, style, model, shape);
}

/** A linear layer of `out` x `inner` under `role`. */
export function linear(
  role: string,
  name: string,
  out: number,
  inner: number,
  bias: boolean,
  transposed = false,
): Tensors {
  const weight: TensorRef = transposed
    ? { name: `${name}.weight`, shape: [inner, out], transposed }
    : { name: `${name}.weight`, shape: [out, inner] };
  return pair(role, weight, bias ? { name: `${name}.bias`, shape: [out] } : undefined);
}

export function isOn(value: Switch | undefined, model: PlanContext): boolean {
  return typeof value === 'function' ? value(model) : (value ?? false);
}
