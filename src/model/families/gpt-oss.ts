// gpt-oss: a sink logit in every head's normaliser, alternating windows, experts with biases and a clamped gate.
//
// The published experts are stored in 4 bits (mxfp4), as [expert, out, in]; those in a plain dtype as [expert, in, out].
import type { Family, PlanContext, TensorRef, Tensors } from '../plan.js';
import { head } from '../pieces/ends.js';
import { experts, MAX_EXPERTS } from '../pieces/experts.js';
import { layerType, windowOf } from '../pieces/layer-types.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { rowBlocks } from '../plan.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { flag, llama, PRE_NORMS } from './llama.js';

const NORM = rmsNorm('rms_norm_eps', 1e-5);

export const gptOss: Family = {
  ...llama,
  architectures: ['GptOssForCausalLM'],
  quantizations: ['mxfp4'],
  config: (config) => {
    config.only('swiglu_limit', 7);
    config.only('swiglu_alpha', 1.702);
    return config;
  },
  sizes: sizes({ defaults: { kvHeads: 8, headDim: 64 } }),
  layer: {
    ...llama.layer,
    norms: norms(NORM, PRE_NORMS),
    projections: separateProjections({ bias: flag('attention_bias', true), outBias: flag('attention_bias', true) }),
    positions: rotary({ family: () => ({ theta: 150_000, required: true }) }),
    scores: scores({ window, sinks: 'self_attn.sinks' }),
    mlp: experts({
      router: ({ config }) => ({
        experts: config.int(config.has('num_experts') ? 'num_experts' : 'num_local_experts', undefined, 1, MAX_EXPERTS),
        topK: config.int(config.has('experts_per_token') ? 'experts_per_token' : 'num_experts_per_tok', 4),
        scoring: 'softmax_chosen',
        normalize: false,
        bias: true,
      }),
      routerName: 'mlp.router',
      expert: expertTensors,
      activation: () => 'swiglu_clamped',
    }),
  },
  head: head({ norm: NORM, tied: false }),
};

function window(model: PlanContext, layer: number): number {
  return windowOf(
    model,
    layerType(model, layer, (index) => index % 2 === 0),
    128,
  );
}

/** All experts lie in one tensor, [expert, in, out]; gate and up alternate along `out`. */
function expertTensors({ config, sizes: { hidden, intermediate } }: PlanContext, index: number, role: string): Tensors {
  const count = config.int(config.has('num_experts') ? 'num_experts' : 'num_local_experts', undefined, 1, MAX_EXPERTS);
  const tensor = (name: string, out: number, inner: number, cut = (ref: TensorRef): TensorRef => ref): TensorRef => ({
    ...cut({ name: `mlp.experts.${name}`, shape: [count, inner, out], slice: index, transposed: true }),
    instead: cut({
      name: `mlp.experts.${name}_blocks`,
      shape: [count, out, inner / 32, 16],
      slice: index,
      mxfp4: true,
    }),
  });
  const half = (start: number) => (ref: TensorRef) => rowBlocks(ref, start, 1, 2, intermediate);
  const bothBias: TensorRef = { name: 'mlp.experts.gate_up_proj_bias', shape: [count, 2 * intermediate], slice: index };
  return {
    [`${role}gate`]: tensor('gate_up_proj', 2 * intermediate, hidden, half(0)),
    [`${role}gate.bias`]: half(0)(bothBias),
    [`${role}up`]: tensor('gate_up_proj', 2 * intermediate, hidden, half(1)),
    [`${role}up.bias`]: half(1)(bothBias),
    [`${role}down`]: tensor('down_proj', hidden, intermediate),
    [`${role}down.bias`]: { name: 'mlp.experts.down_proj_bias', shape: [count, hidden], slice: index },
  };
}
