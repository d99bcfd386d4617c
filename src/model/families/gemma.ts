// Gemma 1 to 3: norms that multiply by 1 + w, a scaled embedding; from 2 on norms on both sides, sliding layers and softcaps.
import type { ConfigReader } from '../config-reader.js';
import type { Family, PlanContext } from '../plan.js';
import { embedding, head } from '../pieces/ends.js';
import { everyNthFull, layerType, windowOf, type LayerType } from '../pieces/layer-types.js';
import { activation, gatedMlp } from '../pieces/mlp.js';
import { norms, rmsNorm, type NormStyle } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { attentionBias, llama, PRE_NORMS } from './llama.js';

const NORM: NormStyle = { ...rmsNorm('rms_norm_eps', 1e-6), plusOne: true };

const FOUR_NORMS = {
  attentionIn: 'input_layernorm',
  attentionOut: 'post_attention_layernorm',
  mlpIn: 'pre_feedforward_layernorm',
  mlpOut: 'post_feedforward_layernorm',
};

/** sqrt(hidden), as transformers stores it: a float32. */
const EMBEDDING = embedding({ scale: ({ sizes: { hidden } }) => Math.fround(Math.sqrt(hidden)) });

/** Attention in both directions would be another model. */
const causal = (config: ConfigReader): ConfigReader => {
  config.only('use_bidirectional_attention', false);
  return config;
};

export const gemma: Family = {
  ...llama,
  architectures: ['GemmaForCausalLM'],
  config: causal,
  sizes: sizes({ defaults: { kvHeads: 16, headDim: 256 } }),
  embedding: EMBEDDING,
  layer: {
    ...llama.layer,
    norms: norms(NORM, PRE_NORMS),
    mlp: gatedMlp({
      activation: (model) =>
        activation(
          model,
          model.config.has('hidden_activation') ? 'hidden_activation' : 'hidden_act',
          'gelu_pytorch_tanh',
        ),
    }),
  },
  head: head({ norm: NORM, tied: true }),
};

export const gemma2: Family = {
  ...gemma,
  architectures: ['Gemma2ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 4, headDim: 256 } }),
  layer: {
    ...gemma.layer,
    norms: norms(NORM, FOUR_NORMS),
    scores: gemmaScores(({ config }) => softcap(config, 'attn_logit_softcapping', 50), gemma2Type),
    mlp: gatedMlp({ activation: (model) => activation(model, 'hidden_activation', 'gelu_pytorch_tanh') }),
  },
  head: head({ norm: NORM, tied: true, softcap: ({ config }) => softcap(config, 'final_logit_softcapping', 30) }),
};

export const gemma3: Family = {
  ...gemma2,
  architectures: ['Gemma3ForCausalLM', 'Gemma3TextModel'],
  sizes: sizes({
    defaults: {
      vocab: 262_208,
      hidden: 2304,
      intermediate: 9216,
      layers: 26,
      heads: 8,
      kvHeads: 4,
      headDim: 256,
      maxPositions: 131_072,
    },
  }),
  layer: {
    ...gemma2.layer,
    projections: separateProjections({
      ...attentionBias,
      qkNorm: { style: NORM, q: 'self_attn.q_norm', k: 'self_attn.k_norm', over: 'head' },
    }),
    positions: rotary({
      typeOf: gemma3Type,
      family: () => ({ theta: 1_000_000, sliding: { theta: 10_000, thetaKey: 'rope_local_base_freq' } }),
    }),
    scores: gemmaScores(() => 0, gemma3Type),
  },
  head: head({ norm: NORM, tied: true, softcap: ({ config }) => softcap(config, 'final_logit_softcapping', 0) }),
};

/** The folder of the model with vision: the decoder is one part of the config and of the tensors. */
export const gemma3WithVision: Family = {
  ...gemma3,
  architectures: ['Gemma3ForConditionalGeneration'],
  prefixes: ['language_model.model.', 'model.language_model.'],
  config: (config) => causal(config.object('text_config')),
};

function gemmaScores(cap: (model: PlanContext) => number, typeOf: (model: PlanContext, layer: number) => LayerType) {
  return scores({
    scale: ({ config }) => config.positive('query_pre_attn_scalar', 256) ** -0.5,
    softcap: cap,
    window: (model, layer) => windowOf(model, typeOf(model, layer), 4096),
  });
}

function gemma2Type(model: PlanContext, layer: number): LayerType {
  return layerType(model, layer, (index) => index % 2 === 0);
}

function gemma3Type(model: PlanContext, layer: number): LayerType {
  return layerType(model, layer, everyNthFull(model.config, 'sliding_window_pattern', 6));
}

/** 0 for null; `absent` where the config has no such key. */
export function softcap(config: ConfigReader, key: string, absent: number): number {
  if (!config.isGiven(key)) return absent;
  return config.has(key) ? config.positive(key) : 0;
}
