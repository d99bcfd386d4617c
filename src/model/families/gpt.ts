// GPT-2, GPT-J, GPT-NeoX and OPT.
import type { ConfigReader } from '../config-reader.js';
import type { Family, PlanContext } from '../plan.js';
import { embedding, head } from '../pieces/ends.js';
import { join } from '../pieces/join.js';
import { activation, plainMlp } from '../pieces/mlp.js';
import { layerNorm, norms, type NormStyle } from '../pieces/norms.js';
import { learnedPositions, rotary } from '../pieces/positions.js';
import { fusedProjections, separateProjections } from '../pieces/projections.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { flag, PRE_NORMS } from './llama.js';

const GPT_SIZES = sizes({
  keys: {
    hidden: ['n_embd', 'hidden_size'],
    layers: ['n_layer', 'num_hidden_layers'],
    heads: ['n_head', 'num_attention_heads'],
    intermediate: 'n_inner',
    maxPositions: ['n_positions', 'max_position_embeddings'],
  },
  intermediate: (hidden) => 4 * hidden,
  ungrouped: true,
});
const GPT_NORM = layerNorm('layer_norm_epsilon', 1e-5);
const gptActivation = (model: PlanContext) => activation(model, 'activation_function', 'gelu_new');

export const gpt2: Family = {
  architectures: ['GPT2LMHeadModel'],
  prefixes: ['transformer.', ''],
  layerPrefix: (layer) => `h.${layer}.`,
  sizes: GPT_SIZES,
  embedding: embedding({ name: 'wte', positions: { name: 'wpe', offset: 0 } }),
  layer: {
    norms: norms(GPT_NORM, { attentionIn: 'ln_1', mlpIn: 'ln_2' }),
    projections: fusedProjections({
      qkv: 'attn.c_attn',
      o: 'attn.c_proj',
      order: 'blocks',
      transposed: true,
      bias: true,
      outBias: true,
    }),
    positions: learnedPositions(0),
    scores: scores({ scale: gpt2Scale }),
    mlp: plainMlp({
      up: 'mlp.c_fc',
      down: 'mlp.c_proj',
      bias: true,
      transposed: true,
      activation: gptActivation,
    }),
    join: join(),
  },
  head: head({ norm: GPT_NORM, normName: () => 'ln_f', embeddingName: 'wte', tied: true }),
};

export const gptj: Family = {
  ...gpt2,
  architectures: ['GPTJForCausalLM'],
  embedding: embedding({ name: 'wte' }),
  layer: {
    norms: norms(GPT_NORM, { attentionIn: 'ln_1' }),
    projections: separateProjections({
      names: { q: 'attn.q_proj', k: 'attn.k_proj', v: 'attn.v_proj', o: 'attn.out_proj' },
    }),
    positions: rotary({ interleaved: true, family: ({ config }) => ({ headDim: rotaryDim(config) }) }),
    scores: scores(),
    mlp: plainMlp({ up: 'mlp.fc_in', down: 'mlp.fc_out', bias: true, activation: gptActivation }),
    join: join({ parallel: true }),
  },
  head: head({ norm: GPT_NORM, normName: () => 'ln_f', embeddingName: 'wte', bias: true, tied: false }),
};

/** Unlike elsewhere null is no default: transformers then looks angles of the wrong width up. */
function rotaryDim(config: ConfigReader): number {
  if (config.raw('rotary_dim') === null) throw config.wrong('rotary_dim', 'a whole number');
  return config.int('rotary_dim', 64);
}

const NEOX_NORM = layerNorm('layer_norm_eps', 1e-5);

export const gptNeox: Family = {
  architectures: ['GPTNeoXForCausalLM'],
  prefixes: ['gpt_neox.', ''],
  layerPrefix: (layer) => `layers.${layer}.`,
  sizes: sizes({ ungrouped: true }),
  embedding: embedding({ name: 'embed_in' }),
  layer: {
    norms: norms(NEOX_NORM, PRE_NORMS),
    projections: fusedProjections({
      qkv: 'attention.query_key_value',
      o: 'attention.dense',
      order: 'groups',
      bias: flag('attention_bias', true),
      outBias: flag('attention_bias', true),
    }),
    positions: rotary({
      family: () => ({ partial: 0.25, partialKey: 'rotary_pct', thetaKey: 'rotary_emb_base' }),
    }),
    scores: scores(),
    mlp: plainMlp({
      up: 'mlp.dense_h_to_4h',
      down: 'mlp.dense_4h_to_h',
      bias: true,
      activation: (model) => activation(model, 'hidden_act', 'gelu'),
    }),
    join: join({ parallel: flag('use_parallel_residual', true) }),
  },
  head: head({
    norm: NEOX_NORM,
    normName: () => 'final_layer_norm',
    name: 'embed_out',
    embeddingName: 'embed_in',
    tied: false,
  }),
};

const OPT_NORM: NormStyle = {
  kind: 'layer',
  eps: () => 1e-5,
  bias: true,
  weight: flag('layer_norm_elementwise_affine', true),
};
const optWidth = ({ config, sizes: { hidden } }: PlanContext) => config.int('word_embed_proj_dim', hidden);

export const opt: Family = {
  architectures: ['OPTForCausalLM'],
  prefixes: ['model.decoder.', 'decoder.'],
  layerPrefix: (layer) => `layers.${layer}.`,
  sizes: sizes({
    ungrouped: true,
    keys: { intermediate: 'ffn_dim' },
    defaults: { intermediate: 3072, maxPositions: 2048 },
  }),
  embedding: embedding({
    positions: { name: 'embed_positions', offset: 2 },
    project: { name: 'project_in', width: optWidth },
  }),
  layer: {
    norms: norms(OPT_NORM, (model) =>
      flag('do_layer_norm_before', true)(model)
        ? { attentionIn: 'self_attn_layer_norm', mlpIn: 'final_layer_norm' }
        : { attentionSum: 'self_attn_layer_norm', mlpSum: 'final_layer_norm' },
    ),
    projections: separateProjections({
      names: { o: 'self_attn.out_proj' },
      bias: flag('enable_bias', true),
      outBias: flag('enable_bias', true),
    }),
    positions: learnedPositions(2),
    scores: scores(),
    mlp: plainMlp({
      up: 'fc1',
      down: 'fc2',
      bias: flag('enable_bias', true),
      activation: (model) => activation(model, 'activation_function', 'relu'),
    }),
    join: join(),
  },
  head: head({
    norm: OPT_NORM,
    normName: (model) =>
      flag('do_layer_norm_before', true)(model) && !flag('_remove_final_layer_norm', false)(model)
        ? 'final_layer_norm'
        : undefined,
    project: { name: 'project_out', width: optWidth },
    tied: true,
  }),
};

function gpt2Scale({ config, sizes: { headDim } }: PlanContext, layer: number): number {
  const scale = config.bool('scale_attn_weights', true) ? headDim ** -0.5 : 1;
  return config.bool('scale_attn_by_inverse_layer_idx', false) ? scale / (layer + 1) : scale;
}
