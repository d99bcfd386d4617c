// Qwen 2 and 3, dense and with experts.
import type { Family, PlanContext } from '../plan.js';
import { experts, MAX_EXPERTS, type Router } from '../pieces/experts.js';
import { layerType, slidingIsOff, windowOf } from '../pieces/layer-types.js';
import { gatedMlp, gatedTensors } from '../pieces/mlp.js';
import { rmsNorm } from '../pieces/norms.js';
import { separateProjections, type QkNormRules } from '../pieces/projections.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { attentionBias, flag, llama } from './llama.js';

export const HEAD_NORMS: QkNormRules = {
  style: rmsNorm('rms_norm_eps', 1e-6),
  q: 'self_attn.q_norm',
  k: 'self_attn.k_norm',
  over: 'head',
};

export const qwen2: Family = {
  ...llama,
  architectures: ['Qwen2ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 32 } }),
  layer: {
    ...llama.layer,
    projections: separateProjections({ bias: true }),
    scores: scores({ window: (model, layer) => slidingFrom(model, layer, 0) }),
    mlp: gatedMlp(),
  },
};

export const qwen3: Family = {
  ...qwen2,
  architectures: ['Qwen3ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 32, headDim: 128 } }),
  layer: { ...qwen2.layer, projections: separateProjections({ ...attentionBias, qkNorm: HEAD_NORMS }) },
};

export const qwen2Moe: Family = {
  ...qwen2,
  architectures: ['Qwen2MoeForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 16 } }),
  layer: {
    ...qwen2.layer,
    projections: separateProjections({ bias: flag('qkv_bias', true) }),
    scores: scores({ window: (model, layer) => slidingFrom(model, layer, 1) }),
    mlp: experts({
      router: (model) => qwenRouter(model, { experts: 60, topK: 4 }),
      routerName: 'mlp.gate',
      expert: qwenExpert,
      shared: {
        name: 'mlp.shared_expert',
        width: ({ config }) => config.int('shared_expert_intermediate_size', 5632),
        gate: 'mlp.shared_expert_gate',
      },
      dense: isDense,
    }),
  },
};

export const qwen3Moe: Family = {
  ...qwen3,
  architectures: ['Qwen3MoeForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 4 } }),
  layer: {
    ...qwen3.layer,
    scores: scores({
      window: ({ config }) => (config.bool('use_sliding_window', false) ? config.intOrNone('sliding_window', 4096) : 0),
    }),
    mlp: experts({
      router: (model) => qwenRouter(model, { experts: 128, topK: 8 }),
      routerName: 'mlp.gate',
      expert: qwenExpert,
      dense: isDense,
    }),
  },
};

/**
 * Layers slide only if `use_sliding_window` says so; which, where there is no list: in qwen2 those from `max_window_layers` on, in
 * qwen2_moe every other one below it.
 */
export function slidingFrom(model: PlanContext, layer: number, rule: 0 | 1, usualFrom = 28): number {
  const { config } = model;
  if (slidingIsOff(model)) return 0;
  const from = config.int('max_window_layers', usualFrom, 0);
  const type = layerType(model, layer, (index) => (rule === 0 ? index >= from : index % 2 === 0 && index < from));
  return windowOf(model, type, 4096);
}

export function qwenRouter({ config }: PlanContext, usual: { experts: number; topK: number }): Router {
  const key = config.has('num_local_experts') ? 'num_local_experts' : 'num_experts';
  return {
    experts: config.int(key, usual.experts, 1, MAX_EXPERTS),
    topK: config.int('num_experts_per_tok', usual.topK),
    scoring: 'softmax',
    normalize: config.bool('norm_topk_prob', false),
  };
}

function qwenExpert({ config, sizes: { hidden } }: PlanContext, index: number, role: string) {
  return gatedTensors(role, `mlp.experts.${index}`, config.int('moe_intermediate_size'), hidden);
}

/** A layer without experts: listed as such, or between those that `decoder_sparse_step` picks. */
export function isDense({ config }: PlanContext, layer: number): boolean {
  const isLayer = (item: unknown): item is number => Number.isSafeInteger(item);
  const listed = config.has('mlp_only_layers') ? config.list('mlp_only_layers', 'layer numbers', isLayer) : [];
  return listed.includes(layer) || (layer + 1) % config.int('decoder_sparse_step', 1) !== 0;
}
