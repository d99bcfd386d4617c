// Norms of a layer: which kind, and at which of six places. A family without a norm at a place has no tensor there.
import type { LayerPiece, PlanContext, Settings, TensorRef, Tensors } from '../plan.js';
import { pair } from '../plan.js';

export interface NormStyle {
  kind: 'rms' | 'layer';
  eps: (model: PlanContext) => number;
  /** The stored weight w stands for 1 + w (gemma, nemotron). */
  plusOne?: boolean;
  /** False: no weights at all (olmo). Default true. */
  weight?: boolean | ((model: PlanContext) => boolean);
  bias?: boolean;
}

/** Tensor names (without `.weight`) by place; a place that is left out has no norm. */
export interface NormPlaces {
  /** In front of the attention. */
  attentionIn?: string;
  /** On the attention's output, before it is added. */
  attentionOut?: string;
  /** On the sum (post-norm models). */
  attentionSum?: string;
  mlpIn?: string;
  mlpOut?: string;
  mlpSum?: string;
}

const ROLES: Readonly<Record<keyof NormPlaces, string>> = {
  attentionIn: 'norm',
  attentionOut: 'attention_out_norm',
  attentionSum: 'attention_sum_norm',
  mlpIn: 'mlp_norm',
  mlpOut: 'mlp_out_norm',
  mlpSum: 'mlp_sum_norm',
};

export function rmsNorm(epsKey: string, eps: number): NormStyle {
  return { kind: 'rms', eps: ({ config }) => config.positive(epsKey, eps) };
}

/** With a bias, as torch.nn.LayerNorm has it. */
export function layerNorm(epsKey: string, eps: number): NormStyle {
  return { kind: 'layer', eps: ({ config }) => config.positive(epsKey, eps), bias: true };
}

/** The norms of a decoder layer, all of one style. */
export function norms(style: NormStyle, places: NormPlaces | ((model: PlanContext) => NormPlaces)): LayerPiece {
  return (model) => {
    const at = typeof places === 'function' ? places(model) : places;
    const eps = style.eps(model);
    const plusOne = style.plusOne ?? false;
    const others = (Object.keys(ROLES) as (keyof NormPlaces)[]).filter((place) => at[place] && place !== 'attentionIn');
    const tensors = (place: keyof NormPlaces) => normTensors(ROLES[place], at[place]!, style, model);
    const front: Settings = { 'norm.kind': style.kind, 'norm.eps': eps, 'norm.plus_one': plusOne };
    const rest: Settings = { 'block.norm.kind': style.kind, 'block.norm.eps': eps, 'block.norm.plus_one': plusOne };
    return {
      settings: at.attentionIn ? front : { 'norm.kind': 'none' },
      forwardSettings: {
        'block.norms': others.map((place) => ROLES[place]).join(',') || 'none',
        ...(others.length > 0 && rest),
      },
      score: at.attentionIn ? tensors('attentionIn') : {},
      forward: Object.assign({}, ...others.map(tensors)) as Tensors,
    };
  };
}

/** Weight and bias of one norm (default: over the hidden size); none where the style has no weights. */
export function normTensors(
  role: string,
  name: string,
  style: NormStyle,
  model: PlanContext,
  shape: readonly number[] = [model.sizes.hidden],
): Tensors {
  const weighted = typeof style.weight === 'function' ? style.weight(model) : (style.weight ?? true);
  if (!weighted) return {};
  const weight: TensorRef = { name: `${name}.weight`, shape };
  return pair(role, weight, style.bias ? { name: `${name}.bias`, shape } : undefined);
}
