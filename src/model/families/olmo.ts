// OLMo 1 to 3 and EXAONE 4: norms without weights at first, later norms on what is added and on Q and K.
import type { Family, PlanContext } from '../plan.js';
import { head } from '../pieces/ends.js';
import { everyNthFull, layerType, windowOf, type LayerType } from '../pieces/layer-types.js';
import { gatedMlp } from '../pieces/mlp.js';
import { norms, rmsNorm, type NormStyle } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { attentionBias, llama } from './llama.js';

const BARE_NORM: NormStyle = { kind: 'layer', eps: () => 1e-5, weight: false };

export const olmo: Family = {
  ...llama,
  architectures: ['OlmoForCausalLM'],
  layer: {
    ...llama.layer,
    norms: norms(BARE_NORM, { attentionIn: 'input_layernorm', mlpIn: 'post_attention_layernorm' }),
    projections: separateProjections({
      ...attentionBias,
      clip: ({ config }) => (config.has('clip_qkv') ? config.positive('clip_qkv') : 0),
    }),
    mlp: gatedMlp(),
  },
  head: head({ norm: BARE_NORM, tied: false }),
};

const RMS = rmsNorm('rms_norm_eps', 1e-5);
const OUT_NORMS = { attentionOut: 'post_attention_layernorm', mlpOut: 'post_feedforward_layernorm' };
const QK_NORM = { style: RMS, q: 'self_attn.q_norm', k: 'self_attn.k_norm' };

export const olmo2: Family = {
  ...llama,
  architectures: ['Olmo2ForCausalLM'],
  layer: {
    ...llama.layer,
    norms: norms(RMS, OUT_NORMS),
    projections: separateProjections({ ...attentionBias, qkNorm: { ...QK_NORM, over: 'full' } }),
    mlp: gatedMlp(),
  },
  head: head({ norm: RMS, tied: false }),
};

export const olmo3: Family = {
  ...olmo2,
  architectures: ['Olmo3ForCausalLM'],
  layer: {
    ...olmo2.layer,
    positions: rotary({
      typeOf: olmo3Type,
      family: () => ({ theta: 500_000, sliding: { theta: 500_000, thetaKey: 'rope_theta' } }),
    }),
    scores: scores({ window: (model, layer) => windowOf(model, olmo3Type(model, layer), 4096) }),
  },
};

/** EXAONE 4: where some layers slide, the full ones have no rotation. */
export const exaone4: Family = {
  ...olmo2,
  architectures: ['Exaone4ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 32 } }),
  layer: {
    ...olmo2.layer,
    projections: separateProjections({ qkNorm: { ...QK_NORM, over: 'head' } }),
    positions: rotary({
      use: (model, layer) => exaoneWindow(model) === 0 || exaoneType(model, layer) === 'sliding_attention',
    }),
    scores: scores({ window: (model, layer) => windowOf(model, exaoneType(model, layer), 4096) }),
  },
};

function olmo3Type(model: PlanContext, layer: number): LayerType {
  return layerType(model, layer, (index) => (index + 1) % 4 !== 0);
}

function exaoneWindow({ config }: PlanContext): number {
  return config.intOrNone('sliding_window', 4096);
}

function exaoneType(model: PlanContext, layer: number): LayerType {
  return layerType(model, layer, (index) => {
    if (exaoneWindow(model) === 0) return false;
    return everyNthFull(model.config, 'sliding_window_pattern', 4)(index);
  });
}
