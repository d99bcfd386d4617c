// DeepSeek V2 and V3 and MiniCPM3: latent attention; the former with experts, the latter with scaled embeddings and residuals.
import type { ConfigReader } from '../config-reader.js';
import type { Family, PlanContext } from '../plan.js';
import { readRope, yarnMscale } from '../rope.js';
import { embedding, head } from '../pieces/ends.js';
import { experts, MAX_EXPERTS, type Router } from '../pieces/experts.js';
import { join } from '../pieces/join.js';
import { latentProjections, latentSizes, ropeOffset } from '../pieces/latent-attention.js';
import { gatedMlp, gatedTensors } from '../pieces/mlp.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { ropeFamily, rotary, type RotaryRules } from '../pieces/positions.js';
import { scores } from '../pieces/attention-logits.js';
import { flag, llama, PRE_NORMS } from './llama.js';
import { wrapped } from './wrapped.js';

const ROTATION: RotaryRules = {
  interleaved: true,
  offset: ropeOffset,
  family: ({ config }) => ({ headDim: config.int('qk_rope_head_dim') }),
};

export const deepseekV2: Family = {
  ...llama,
  only: { mlp_bias: false },
  architectures: ['DeepseekV2ForCausalLM'],
  config: (config) => {
    config.only('norm_topk_prob', false);
    config.only('scoring_func', 'softmax');
    config.only('moe_layer_freq', 1);
    return config;
  },
  sizes: latentSizes(),
  layer: {
    ...llama.layer,
    projections: latentProjections(),
    positions: rotary(ROTATION),
    scores: scores({ scale: latentScale }),
    mlp: deepseekExperts(v2Router),
  },
};

export const deepseekV3: Family = {
  ...deepseekV2,
  architectures: ['DeepseekV3ForCausalLM'],
  config: (config) => {
    config.only('topk_method', 'noaux_tc');
    config.only('scoring_func', 'sigmoid');
    config.only('moe_layer_freq', 1);
    return config;
  },
  layer: {
    ...deepseekV2.layer,
    positions: rotary({ ...ROTATION, interleaved: flag('rope_interleave', true) }),
    mlp: deepseekExperts(v3Router),
  },
};

/** Kimi K2 is DeepSeek V3 under a name of its own; K2.5 sees besides. */
export const kimiK2: Family = { ...deepseekV3, architectures: ['DeepseekV3ForCausalLM', 'KimiK2ForCausalLM'] };
export const kimiK25 = wrapped(deepseekV3, 'KimiK25ForConditionalGeneration', { tied: false });

export const minicpm3: Family = {
  ...llama,
  architectures: ['MiniCPM3ForCausalLM'],
  sizes: latentSizes(),
  embedding: embedding({ scale: ({ config }) => config.number('scale_emb', 12) }),
  layer: {
    ...llama.layer,
    norms: norms(rmsNorm('rms_norm_eps', 1e-5), PRE_NORMS),
    projections: latentProjections(),
    positions: rotary({ ...ROTATION, interleaved: false }),
    scores: scores({ scale: latentScale }),
    mlp: gatedMlp({ bias: flag('mlp_bias', false) }),
    join: join({ scale: depthScale }),
  },
  head: head({ norm: rmsNorm('rms_norm_eps', 1e-5), tied: true, scale: widthScale }),
};

/** headDim^-0.5, times the square of yarn's temperature where the config gives one for all dimensions. */
function latentScale(model: PlanContext): number {
  const rope = readRope(model.config, ropeFamily(model, ROTATION.family!(model)));
  const mscale = rope.mscaleAllDim === 0 ? 1 : yarnMscale(rope.factor, rope.mscaleAllDim);
  return model.sizes.headDim ** -0.5 * mscale * mscale;
}

function deepseekExperts(router: (model: PlanContext) => Router) {
  return experts({
    router,
    routerName: 'mlp.gate',
    expert: ({ config, sizes: { hidden } }, index, role) =>
      gatedTensors(role, `mlp.experts.${index}`, config.int('moe_intermediate_size'), hidden),
    shared: {
      name: 'mlp.shared_experts',
      width: ({ config }) => config.int('moe_intermediate_size') * config.int('n_shared_experts'),
    },
    dense: ({ config }, layer) => layer < config.int('first_k_dense_replace', undefined, 0),
  });
}

function v2Router({ config }: PlanContext): Router {
  const method = config.oneOf('topk_method', ['greedy', 'group_limited_greedy'], 'greedy');
  return {
    experts: config.int('n_routed_experts', undefined, 1, MAX_EXPERTS),
    topK: config.int('num_experts_per_tok'),
    scoring: 'softmax',
    normalize: false,
    scale: config.number('routed_scaling_factor', 1),
    ...(method !== 'greedy' && { groups: { ...groups(config), score: 'max' as const } }),
  };
}

function v3Router({ config }: PlanContext): Router {
  return {
    experts: config.int('n_routed_experts', undefined, 1, MAX_EXPERTS),
    topK: config.int('num_experts_per_tok'),
    scoring: 'sigmoid',
    normalize: config.bool('norm_topk_prob', true),
    scale: config.number('routed_scaling_factor', 2.5),
    groups: { ...groups(config), score: 'top2' },
    correction: { name: 'mlp.gate.e_score_correction_bias' },
  };
}

function groups(config: ConfigReader): { count: number; top: number } {
  const count = config.int('n_group');
  const total = config.int('n_routed_experts', undefined, 1, MAX_EXPERTS);
  if (total % count !== 0) throw config.wrong('n_group', `a divisor of n_routed_experts (${total})`);
  return { count, top: config.int('topk_group') };
}

function depthScale({ config, sizes: { layers } }: PlanContext): number {
  if (config.raw('scale_depth') === null) return 1;
  return config.number('scale_depth', 1.4) / Math.sqrt(layers);
}

function widthScale({ config, sizes: { hidden } }: PlanContext): number {
  if (config.raw('dim_model_base') === null) return 1;
  return config.positive('dim_model_base', 256) / hidden;
}
