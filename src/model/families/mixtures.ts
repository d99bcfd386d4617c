// Mixtures of experts on a plain decoder: OLMoE, Granite, MiniMax M2, Hunyuan, Ernie 4.5, and those that route as DeepSeek V3 does
// (dots.llm1, GLM 4.5, K-EXAONE).
import type { Family, PlanContext } from '../plan.js';
import { rows, type TensorRef } from '../plan.js';
import { head } from '../pieces/ends.js';
import { experts, MAX_EXPERTS, type Router } from '../pieces/experts.js';
import { layerType, windowOf } from '../pieces/layer-types.js';
import { gatedTensors } from '../pieces/mlp.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { hunyuan } from './glm.js';
import { ernie45, flag, granite, llama, PRE_NORMS, attentionBias } from './llama.js';
import { MIXTRAL_EXPERTS } from './mixtral.js';
import { exaone4 } from './olmo.js';
import { HEAD_NORMS } from './qwen.js';

const RMS = rmsNorm('rms_norm_eps', 1e-5);

/** An expert of its own three matrices below `mlp.experts`. */
const ownTensors =
  (width: (model: PlanContext) => number, name = 'mlp.experts') =>
  (model: PlanContext, index: number, role: string) =>
    gatedTensors(role, `${name}.${index}`, width(model), model.sizes.hidden);

const moeWidth = ({ config }: PlanContext): number => config.int('moe_intermediate_size', 1408);

export const olmoe: Family = {
  ...llama,
  architectures: ['OlmoeForCausalLM'],
  config: (config) => {
    config.only('clip_qkv'); // here it comes after the norm of Q and K
    return config;
  },
  layer: {
    ...llama.layer,
    norms: norms(RMS, PRE_NORMS),
    projections: separateProjections({
      ...attentionBias,
      qkNorm: { style: RMS, q: 'self_attn.q_norm', k: 'self_attn.k_norm', over: 'full' },
    }),
    mlp: experts({
      router: ({ config }) => ({
        experts: config.int(config.has('num_experts') ? 'num_experts' : 'num_local_experts', 64, 1, MAX_EXPERTS),
        topK: config.int('num_experts_per_tok', 8),
        scoring: 'softmax',
        normalize: config.bool('norm_topk_prob', false),
      }),
      routerName: 'mlp.gate',
      expert: ownTensors(({ sizes: { intermediate } }) => intermediate),
    }),
  },
  head: head({ norm: RMS, tied: false }),
};

export const granitemoe: Family = {
  ...granite,
  architectures: ['GraniteMoeForCausalLM'],
  layer: {
    ...granite.layer,
    mlp: experts({
      router: ({ config }) => ({
        experts: config.int('num_local_experts', 8, 1, MAX_EXPERTS),
        topK: config.int('num_experts_per_tok', 2),
        scoring: 'softmax_chosen',
        normalize: false,
      }),
      routerName: 'block_sparse_moe.router.layer',
      expert: ({ config, sizes: { hidden, intermediate } }, index, role) => {
        const count = config.int('num_local_experts', 8, 1, MAX_EXPERTS);
        const tensor = (name: string, out: number, inner: number): TensorRef => ({
          name: `block_sparse_moe.${name}.weight`,
          shape: [count, out, inner],
          slice: index,
        });
        const both = tensor('input_linear', 2 * intermediate, hidden);
        return {
          [`${role}gate`]: rows(both, 0, intermediate),
          [`${role}up`]: rows(both, intermediate, intermediate),
          [`${role}down`]: tensor('output_linear', hidden, intermediate),
        };
      },
    }),
  },
};

export const minimaxM2: Family = {
  ...llama,
  architectures: ['MiniMaxM2ForCausalLM'],
  config: (config) => {
    config.only('scoring_func', 'sigmoid');
    config.only('use_qk_norm', true);
    config.only('qk_norm_type', 'per_layer');
    config.only('use_routing_bias', true);
    config.only('shared_intermediate_size', 0);
    return config;
  },
  sizes: sizes({ defaults: { kvHeads: 8, headDim: 128 } }),
  layer: {
    ...llama.layer,
    projections: separateProjections({ qkNorm: { ...HEAD_NORMS, over: 'full' } }),
    positions: rotary({
      family: ({ config, sizes: { headDim } }) => ({
        theta: 5_000_000,
        partial: config.has('rotary_dim') ? config.int('rotary_dim') / headDim : 1,
      }),
    }),
    mlp: experts({
      router: ({ config }) => ({
        experts: config.int(config.has('num_local_experts') ? 'num_local_experts' : 'num_experts', 256, 1, MAX_EXPERTS),
        topK: config.int('num_experts_per_tok', 8),
        scoring: 'sigmoid',
        normalize: true,
        correction: { name: 'block_sparse_moe.e_score_correction_bias' },
      }),
      routerName: 'block_sparse_moe.gate',
      expert: ({ sizes: { hidden, intermediate } }, index, role) =>
        gatedTensors(role, `block_sparse_moe.experts.${index}`, intermediate, hidden, false, MIXTRAL_EXPERTS),
    }),
  },
};

/** A whole number for all layers, or a list of one a layer. */
function perLayer({ config, sizes: { layers } }: PlanContext, key: string, layer: number, usual: number): number {
  if (!Array.isArray(config.raw(key))) return config.int(key, usual, 1, MAX_EXPERTS);
  const list = config.list(key, 'whole numbers above 0', (item): item is number => Number.isSafeInteger(item));
  const value = list[layer];
  if (list.length < layers || value! < 1 || value! > MAX_EXPERTS) {
    throw config.wrong(key, `a whole number from 1 to ${MAX_EXPERTS}, or one for each of ${layers} layers`);
  }
  return value!;
}

export const hunyuanMoe: Family = {
  ...hunyuan,
  architectures: ['HunYuanMoEV1ForCausalLM'],
  config: (config) => {
    config.only('use_cla', false); // keys shared between layers
    return config;
  },
  layer: {
    ...hunyuan.layer,
    mlp: experts({
      router: (model, layer) => ({
        experts: perLayer(model, 'num_experts', layer, 1),
        topK: perLayer(model, 'moe_topk', layer, 1),
        scoring: 'softmax',
        normalize: true,
      }),
      routerName: 'mlp.gate.wg',
      expert: ownTensors(({ sizes: { intermediate } }) => intermediate),
      shared: { name: 'mlp.shared_mlp', width: ({ sizes: { intermediate } }) => intermediate },
    }),
  },
};

const ernieBias = flag('use_bias', false);

export const ernie45Moe: Family = {
  ...ernie45,
  architectures: ['Ernie4_5_MoeForCausalLM'],
  // The least that chosen weights are divided by: they sum to more, unless it is raised.
  only: { moe_norm_min: 1e-12 },
  sizes: sizes({ defaults: { kvHeads: 4 } }),
  layer: {
    ...ernie45.layer,
    mlp: experts({
      router: ({ config }) => ({
        experts: config.int(config.has('num_experts') ? 'num_experts' : 'moe_num_experts', 64, 1, MAX_EXPERTS),
        topK: config.int(config.has('num_experts_per_tok') ? 'num_experts_per_tok' : 'moe_k', 6),
        scoring: 'softmax',
        normalize: true,
        correction: { name: 'mlp.moe_statics.e_score_correction_bias', row: 0 },
      }),
      routerName: 'mlp.gate',
      expert: ownTensors(({ config }) => config.int('moe_intermediate_size', 1536)),
      shared: {
        name: 'mlp.shared_experts',
        width: ({ config }) =>
          config.int('moe_intermediate_size', 1536) * config.int('moe_num_shared_experts', 2, 0, MAX_EXPERTS),
        bias: ernieBias,
      },
      dense: ({ config, sizes: { layers } }, layer) => {
        const end = config.number('moe_layer_end_index', -1);
        const inside = layer >= config.int('moe_layer_start_index', 1, 0) && layer <= (end === -1 ? layers - 1 : end);
        return !inside || (layer + 1) % config.int('moe_layer_interval', 1) !== 0;
      },
      denseBias: ernieBias,
    }),
  },
  head: head({ norm: RMS, tied: true, bias: ernieBias }),
};

interface SigmoidRules {
  experts: string;
  usual: { experts?: number; topK?: number; normalize: boolean; scale: number; shared?: number };
  sharedKey: string;
  correction: string;
  dense: (model: PlanContext, layer: number) => boolean;
}

/** DeepSeek V3's routing, with the defaults of another class. */
function sigmoidExperts({ experts: key, usual, sharedKey, correction, dense }: SigmoidRules) {
  return experts({
    router: ({ config }): Router => {
      const named = config.has(key) ? key : 'num_local_experts';
      const count = config.int(named, usual.experts, 1, MAX_EXPERTS);
      const groups = config.int('n_group', 1);
      if (count % groups !== 0) throw config.wrong('n_group', `a divisor of ${named} (${count})`);
      config.only('scoring_func', 'sigmoid', 'noaux_tc');
      config.only('topk_method', 'noaux_tc');
      return {
        experts: count,
        topK: config.int('num_experts_per_tok', usual.topK),
        scoring: 'sigmoid',
        normalize: config.bool('norm_topk_prob', usual.normalize),
        scale: config.number('routed_scaling_factor', usual.scale),
        groups: { count: groups, top: config.int('topk_group', 1), score: 'top2' },
        correction: { name: correction },
      };
    },
    routerName: 'mlp.gate',
    expert: ownTensors(moeWidth),
    shared: {
      name: 'mlp.shared_experts',
      width: (model) => moeWidth(model) * model.config.int(sharedKey, usual.shared),
    },
    dense,
  });
}

const firstDense =
  (usual: number) =>
  ({ config }: PlanContext, layer: number): boolean =>
    layer < config.int('first_k_dense_replace', usual, 0);

export const dots1: Family = {
  ...llama,
  architectures: ['Dots1ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 32 } }),
  layer: {
    ...llama.layer,
    projections: separateProjections({ ...attentionBias, qkNorm: HEAD_NORMS }),
    scores: scores({
      window: (model, layer) => {
        const from = model.config.int('max_window_layers', 62, 0);
        return windowOf(
          model,
          layerType(model, layer, (index) => index >= from),
          4096,
        );
      },
    }),
    mlp: sigmoidExperts({
      experts: 'n_routed_experts',
      usual: { normalize: false, scale: 1 },
      sharedKey: 'n_shared_experts',
      correction: 'mlp.gate.e_score_correction_bias',
      dense: firstDense(0),
    }),
  },
};

export const glm4Moe: Family = {
  ...llama,
  architectures: ['Glm4MoeForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 8 } }),
  layer: {
    ...llama.layer,
    norms: norms(RMS, PRE_NORMS),
    projections: separateProjections({
      bias: attentionBias.bias,
      qkNorm: { ...HEAD_NORMS, style: RMS, use: flag('use_qk_norm', false) },
    }),
    positions: rotary({ family: () => ({ partial: 0.5 }) }),
    mlp: sigmoidExperts({
      experts: 'n_routed_experts',
      usual: { experts: 128, topK: 8, normalize: true, scale: 1, shared: 1 },
      sharedKey: 'n_shared_experts',
      correction: 'mlp.gate.e_score_correction_bias',
      dense: firstDense(1),
    }),
  },
  head: head({ norm: RMS, tied: false }),
};

/** EXAONE 4 with norms in front of the halves and experts. */
export const exaoneMoe: Family = {
  ...exaone4,
  architectures: ['ExaoneMoeForCausalLM'],
  layer: {
    ...exaone4.layer,
    norms: norms(RMS, PRE_NORMS),
    mlp: sigmoidExperts({
      experts: 'num_experts',
      usual: { experts: 64, topK: 8, normalize: true, scale: 2.5, shared: 1 },
      sharedKey: 'num_shared_experts',
      correction: 'mlp.e_score_correction_bias',
      dense: exaoneIsDense,
    }),
  },
};

function exaoneIsDense(model: PlanContext, layer: number): boolean {
  const { config, sizes } = model;
  if (!config.has('mlp_layer_types')) return firstDense(1)(model, layer);
  const known = ['dense', 'sparse'];
  const types = config.list('mlp_layer_types', known.join(' or '), (item): item is string =>
    known.includes(item as string),
  );
  if (types.length !== sizes.layers) throw config.wrong('mlp_layer_types', `a list of ${sizes.layers}, one a layer`);
  return types[layer] === 'dense';
}
