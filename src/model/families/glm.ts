// GLM, GLM 4, Starcoder2, StableLM, Nemotron and Hunyuan.
import type { Family, PlanContext } from '../plan.js';
import type { Rope } from '../rope.js';
import { head } from '../pieces/ends.js';
import { join } from '../pieces/join.js';
import { activation, gatedMlp, plainMlp } from '../pieces/mlp.js';
import { layerNorm, norms, rmsNorm, type NormStyle } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores, windowEverywhere } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { attentionBias, flag, llama, PRE_NORMS } from './llama.js';

const GLM_NORM = rmsNorm('rms_norm_eps', 1.5625e-7);

export const glm: Family = {
  ...llama,
  architectures: ['GlmForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 2, headDim: 128 } }),
  layer: {
    ...llama.layer,
    norms: norms(GLM_NORM, PRE_NORMS),
    projections: separateProjections({ bias: flag('attention_bias', true) }),
    positions: rotary({ interleaved: true, family: () => ({ partial: 0.5 }) }),
    mlp: gatedMlp({ fused: true }),
  },
  head: head({ norm: GLM_NORM, tied: false }),
};

export const glm4: Family = {
  ...glm,
  architectures: ['Glm4ForCausalLM'],
  layer: {
    ...glm.layer,
    norms: norms(GLM_NORM, {
      ...PRE_NORMS,
      attentionOut: 'post_self_attn_layernorm',
      mlpOut: 'post_mlp_layernorm',
    }),
  },
};

const STARCODER_NORM = layerNorm('norm_epsilon', 1e-5);

export const starcoder2: Family = {
  ...llama,
  architectures: ['Starcoder2ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 2 } }),
  layer: {
    ...llama.layer,
    norms: norms(STARCODER_NORM, PRE_NORMS),
    projections: separateProjections({ bias: flag('use_bias', true), outBias: flag('use_bias', true) }),
    scores: scores({ window: windowEverywhere(0) }),
    mlp: plainMlp({
      up: 'mlp.c_fc',
      down: 'mlp.c_proj',
      bias: flag('use_bias', true),
      activation: (model) => activation(model, 'hidden_act', 'gelu_pytorch_tanh'),
    }),
  },
  head: head({ norm: STARCODER_NORM, tied: true }),
};

const STABLELM_NORM = layerNorm('layer_norm_eps', 1e-5);

export const stablelm: Family = {
  ...llama,
  architectures: ['StableLmForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 32 } }),
  layer: {
    ...llama.layer,
    norms: norms(STABLELM_NORM, (model) =>
      flag('use_parallel_residual', false)(model) ? { attentionIn: 'input_layernorm' } : PRE_NORMS,
    ),
    projections: separateProjections({
      bias: flag('use_qkv_bias', false),
      qkNorm: {
        style: { ...STABLELM_NORM, bias: false },
        q: 'self_attn.q_layernorm',
        k: 'self_attn.k_layernorm',
        over: 'head',
        perHead: 'tensors',
        use: flag('qk_layernorm', false),
      },
    }),
    positions: rotary({ family: () => ({ partial: 0.25 }) }),
    mlp: gatedMlp(),
    join: join({ parallel: flag('use_parallel_residual', false) }),
  },
  head: head({ norm: STABLELM_NORM, tied: false }),
};

const NEMOTRON_NORM: NormStyle = { ...layerNorm('norm_eps', 1e-5), plusOne: true };

export const nemotron: Family = {
  ...llama,
  architectures: ['NemotronForCausalLM'],
  layer: {
    ...llama.layer,
    norms: norms(NEMOTRON_NORM, PRE_NORMS),
    positions: rotary({ family: () => ({ partial: 0.5 }) }),
    mlp: plainMlp({
      up: 'mlp.up_proj',
      down: 'mlp.down_proj',
      bias: flag('mlp_bias', false),
      activation: (model) => activation(model, 'hidden_act', 'relu2'),
    }),
  },
  head: head({ norm: NEMOTRON_NORM, tied: false }),
};

const HUNYUAN_NORM = rmsNorm('rms_norm_eps', 1e-5);

export const hunyuan: Family = {
  ...llama,
  architectures: ['HunYuanDenseV1ForCausalLM'],
  layer: {
    ...llama.layer,
    norms: norms(HUNYUAN_NORM, PRE_NORMS),
    projections: separateProjections({
      ...attentionBias,
      qkNorm: {
        style: HUNYUAN_NORM,
        q: 'self_attn.query_layernorm',
        k: 'self_attn.key_layernorm',
        over: 'head',
        place: 'after',
      },
    }),
    positions: rotary({
      // Besides alpha the public configs carry yarn's keys, which the dynamic type does not read.
      family: () => ({ ownKeys: ['alpha', 'beta_fast', 'beta_slow', 'mscale', 'mscale_all_dim'] }),
      adjust: hunyuanAlpha,
    }),
    mlp: gatedMlp(),
  },
  head: head({ norm: HUNYUAN_NORM, tied: false }),
};

/** Type `dynamic` with an `alpha` is a plain rotation with a base of theta * alpha^(d/(d-2)), whatever the window's length. */
function hunyuanAlpha(rope: Rope, { config }: PlanContext): Rope {
  const key = config.has('rope_parameters') ? 'rope_parameters' : 'rope_scaling';
  const alpha = config.has(key) ? config.object(key).number('alpha', 0) : 0;
  if (rope.type !== 'dynamic' || alpha === 0) return rope;
  return { ...rope, type: 'default', theta: rope.theta * alpha ** (rope.dim / (rope.dim - 2)) };
}
