// Bloom, MPT and the three generations of Falcon: one matrix for Q, K and V, most of them with a bias by distance.
import { ConfigReader } from '../config-reader.js';
import { dataError } from '../../base/errors.js';
import type { Family, LayerPiece, PlanContext, Sizes } from '../plan.js';
import { alibiSlopes, mptSlopes, toBfloat16 } from '../pieces/alibi-slopes.js';
import { embedding, head } from '../pieces/ends.js';
import { join } from '../pieces/join.js';
import { activation, plainMlp } from '../pieces/mlp.js';
import { layerNorm, norms, type NormPlaces, type NormStyle } from '../pieces/norms.js';
import { alibi, rotary } from '../pieces/positions.js';
import { fusedProjections } from '../pieces/projections.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { flag, PRE_NORMS } from './llama.js';

const NORM = layerNorm('layer_norm_epsilon', 1e-5);

export const bloom: Family = {
  architectures: ['BloomForCausalLM'],
  prefixes: ['transformer.', ''],
  layerPrefix: (layer) => `h.${layer}.`,
  sizes: sizes({
    keys: {
      hidden: ['hidden_size', 'n_embed'],
      layers: ['n_layer', 'num_hidden_layers'],
      heads: ['n_head', 'num_attention_heads'],
      intermediate: 'n_inner',
    },
    intermediate: (hidden) => 4 * hidden,
    ungrouped: true,
  }),
  embedding: embedding({ name: 'word_embeddings', norm: { style: NORM, name: 'word_embeddings_layernorm' } }),
  layer: {
    norms: norms(NORM, PRE_NORMS),
    projections: fusedProjections({
      qkv: 'self_attention.query_key_value',
      o: 'self_attention.dense',
      order: 'groups',
      bias: true,
      outBias: true,
    }),
    positions: alibi(({ sizes: { heads } }) => alibiSlopes(heads)),
    scores: scores(),
    mlp: plainMlp({
      up: 'mlp.dense_h_to_4h',
      down: 'mlp.dense_4h_to_h',
      bias: true,
      activation: () => 'gelu_tanh',
    }),
    join: join({ fromNorm: flag('apply_residual_connection_post_layernorm', false) }),
  },
  head: head({ norm: NORM, normName: () => 'ln_f', embeddingName: 'word_embeddings', tied: true }),
};

const MPT_NORM: NormStyle = { ...NORM, bias: false };

export const mpt: Family = {
  architectures: ['MptForCausalLM', 'MPTForCausalLM'],
  prefixes: ['transformer.', ''],
  layerPrefix: (layer) => `blocks.${layer}.`,
  config: onlyUsualMpt,
  sizes: sizes({
    keys: { hidden: 'd_model', layers: 'n_layers', heads: 'n_heads', maxPositions: 'max_seq_len' },
    intermediate: (hidden) => 4 * hidden,
    ungrouped: true,
  }),
  embedding: embedding({ name: 'wte' }),
  layer: {
    norms: norms(MPT_NORM, { attentionIn: 'norm_1', mlpIn: 'norm_2' }),
    projections: fusedProjections({
      qkv: 'attn.Wqkv',
      o: 'attn.out_proj',
      order: 'blocks',
      clip: (model) => (mptAttention(model).has('clip_qkv') ? mptAttention(model).positive('clip_qkv') : 0),
    }),
    positions: alibi((model) => mptSlopes(model.sizes.heads, mptAttention(model).positive('alibi_bias_max', 8))),
    scores: scores({
      scale: (model) => mptAttention(model).positive('softmax_scale', model.sizes.headDim ** -0.5),
    }),
    mlp: plainMlp({ up: 'ffn.up_proj', down: 'ffn.down_proj', activation: () => 'gelu' }),
    join: join(),
  },
  head: head({ norm: MPT_NORM, normName: () => 'norm_f', embeddingName: 'wte', tied: true }),
};

const FALCON_SIZES = sizes({
  keys: {
    heads: ['num_attention_heads', 'n_head'],
    layers: ['num_hidden_layers', 'n_layer'],
    kvHeads: 'num_kv_heads',
    intermediate: 'ffn_hidden_size',
  },
  intermediate: (hidden) => 4 * hidden,
});

export const falcon: Family = {
  architectures: ['FalconForCausalLM'],
  prefixes: ['transformer.', ''],
  layerPrefix: (layer) => `h.${layer}.`,
  sizes: falconSizes,
  embedding: embedding({ name: 'word_embeddings' }),
  layer: {
    norms: norms(NORM, falconNorms),
    projections: fusedProjections({
      qkv: 'self_attention.query_key_value',
      o: 'self_attention.dense',
      order: 'groups',
      bias: flag('bias', false),
      outBias: flag('bias', false),
    }),
    positions: falconPositions(),
    scores: scores(),
    mlp: plainMlp({
      up: 'mlp.dense_h_to_4h',
      down: 'mlp.dense_4h_to_h',
      bias: flag('bias', false),
      activation: (model) => activation(model, 'activation', 'gelu'),
    }),
    join: join({ parallel: flag('parallel_attn', true) }),
  },
  head: head({ norm: NORM, normName: () => 'ln_f', embeddingName: 'word_embeddings', tied: true }),
};

function mptAttention({ config }: PlanContext): ConfigReader {
  return attentionConfig(config);
}

function attentionConfig(config: ConfigReader): ConfigReader {
  return config.has('attn_config') ? config.object('attn_config') : new ConfigReader({}, config.path);
}

/** Variants that the public code of this family names but does not compute. */
function onlyUsualMpt(config: ConfigReader): ConfigReader {
  config.only('expansion_ratio', 4);
  config.only('no_bias', true);
  config.only('logit_scale');
  config.only('norm_type', 'low_precision_layernorm', 'layernorm');
  const attention = attentionConfig(config);
  attention.only('attn_type', 'multihead_attention');
  attention.only('prefix_lm', false);
  attention.only('attn_uses_sequence_id', false);
  attention.only('qk_ln', false);
  attention.only('alibi', true);
  return config;
}

/** First generation: one key head for all (7B), or as many as query heads (RW); second: groups (`new_decoder_architecture`). */
function falconSizes(config: ConfigReader): Sizes {
  const grouped = config.bool('new_decoder_architecture', false);
  if (grouped) return FALCON_SIZES(config);
  return FALCON_SIZES(config.with({ num_kv_heads: config.bool('multi_query', true) ? 1 : null }));
}

function falconNorms({ config }: PlanContext): NormPlaces {
  const grouped = config.bool('new_decoder_architecture', false);
  if (!config.bool('parallel_attn', true)) {
    if (grouped) throw config.wrong('parallel_attn', 'true with new_decoder_architecture');
    return PRE_NORMS;
  }
  const count = config.int('num_ln_in_parallel_attn', grouped ? 2 : 1);
  if (count === 1) return { attentionIn: 'input_layernorm' };
  if (count === 2 && grouped) return { attentionIn: 'ln_attn', mlpIn: 'ln_mlp' };
  throw dataError(
    'CONFIG_INVALID',
    `${config.path}: num_ln_in_parallel_attn must not be ${count}. It must be 1, or 2 with new_decoder_architecture.`,
  );
}

/** With `alibi` the biases are added before the scale, and the slopes are bfloat16. */
function falconPositions(): LayerPiece {
  const biased = alibi(({ sizes: { heads, headDim } }) =>
    alibiSlopes(heads).map((slope) => toBfloat16(slope) * headDim ** -0.5),
  );
  const rotated = rotary();
  return (model, layer) => (model.config.bool('alibi', false) ? biased : rotated)(model, layer);
}
