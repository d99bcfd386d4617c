// The decoders of Qwen's models with vision. In a text all axes of their rotation have the same positions, so that it is the plain one.
import type { Family } from '../plan.js';
import { rowBlocks, type TensorRef, type Tensors } from '../plan.js';
import type { RopeFamily } from '../rope.js';
import { head } from '../pieces/ends.js';
import { experts } from '../pieces/experts.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { scores } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { PRE_NORMS } from './llama.js';
import { isDense, qwen2, qwen3, qwenRouter, slidingFrom } from './qwen.js';
import { wrapped } from './wrapped.js';

const mrope = (theta: number) => (): Partial<RopeFamily> => ({ theta, aliases: { mrope: 'default' } });
const QWEN2_NORM = rmsNorm('rms_norm_eps', 1e-5);

const qwen2Text: Family = {
  ...qwen2,
  sizes: sizes({ defaults: { kvHeads: 8 } }),
  layer: {
    ...qwen2.layer,
    norms: norms(QWEN2_NORM, PRE_NORMS),
    positions: rotary({ family: mrope(1_000_000) }),
    scores: scores({ window: (model, layer) => slidingFrom(model, layer, 0, 80) }),
  },
  head: head({ norm: QWEN2_NORM, tied: false }),
};

export const qwen2Vl = wrapped(qwen2Text, 'Qwen2VLForConditionalGeneration', { tied: false });
export const qwen25Vl = wrapped(qwen2Text, 'Qwen2_5_VLForConditionalGeneration', { tied: false });

const qwen3Text: Family = {
  ...qwen3,
  layer: { ...qwen3.layer, positions: rotary({ family: mrope(500_000) }), scores: scores() },
};

export const qwen3Vl = wrapped(qwen3Text, 'Qwen3VLForConditionalGeneration', { tied: false });

export const qwen3VlMoe = wrapped(
  {
    ...qwen3Text,
    sizes: sizes({ defaults: { kvHeads: 16 } }),
    layer: {
      ...qwen3Text.layer,
      mlp: experts({
        router: (model) => ({ ...qwenRouter(model, { experts: 60, topK: 4 }), normalize: true }),
        routerName: 'mlp.gate',
        expert: ({ config, sizes: { hidden } }, index, role) =>
          expertTensors(
            config.int(config.has('num_experts') ? 'num_experts' : 'num_local_experts', 60),
            config.int('moe_intermediate_size', 1408),
            hidden,
            index,
            role,
          ),
        dense: isDense,
      }),
    },
  },
  'Qwen3VLMoeForConditionalGeneration',
  { tied: false },
);

/** All experts lie in one tensor: [expert, in, out] as published, [expert, out, in] as transformers 5 may save it. Gate comes first. */
function expertTensors(count: number, width: number, hidden: number, index: number, role: string): Tensors {
  const tensor = (name: string, out: number, inner: number): TensorRef => ({
    name: `mlp.experts.${name}`,
    shape: [count, inner, out],
    slice: index,
    transposed: true,
    otherwise: { name: `mlp.experts.${name}`, shape: [count, out, inner], slice: index },
  });
  const both = tensor('gate_up_proj', 2 * width, hidden);
  const half = (start: number): TensorRef => ({
    ...rowBlocks(both, start, width, width, 1),
    otherwise: rowBlocks(both.otherwise!, start, width, width, 1),
  });
  return {
    [`${role}gate`]: half(0),
    [`${role}up`]: half(width),
    [`${role}down`]: tensor('down_proj', hidden, width),
  };
}
