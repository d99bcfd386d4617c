// Cohere: a LayerNorm without bias, parallel halves, interleaved rotation; in the second generation full layers have no rotation.
import type { Family, PlanContext } from '../plan.js';
import { head } from '../pieces/ends.js';
import { join } from '../pieces/join.js';
import { everyNthFull, layerType, windowOf, type LayerType } from '../pieces/layer-types.js';
import { gatedMlp } from '../pieces/mlp.js';
import { norms, type NormStyle } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores } from '../pieces/attention-logits.js';
import { attentionBias, flag, llama, number } from './llama.js';

const NORM: NormStyle = { kind: 'layer', eps: ({ config }) => config.positive('layer_norm_eps', 1e-5) };

export const cohere: Family = {
  ...llama,
  architectures: ['CohereForCausalLM'],
  layer: {
    norms: norms(NORM, { attentionIn: 'input_layernorm' }),
    projections: separateProjections({
      ...attentionBias,
      qkNorm: {
        style: NORM,
        q: 'self_attn.q_norm',
        k: 'self_attn.k_norm',
        over: 'head',
        perHead: 'rows',
        use: flag('use_qk_norm', false),
      },
    }),
    positions: rotary({ interleaved: true, family: () => ({ theta: 500_000 }) }),
    scores: scores(),
    mlp: gatedMlp(),
    join: join({ parallel: true }),
  },
  head: head({ norm: NORM, tied: true, scale: number('logit_scale', 0.0625) }),
};

export const cohere2: Family = {
  ...cohere,
  architectures: ['Cohere2ForCausalLM'],
  layer: {
    ...cohere.layer,
    projections: separateProjections(attentionBias),
    positions: rotary({ interleaved: true, use: (model, layer) => window(model, layer) > 0 }),
    scores: scores({ window }),
  },
};

function window(model: PlanContext, layer: number): number {
  return windowOf(model, cohere2Type(model, layer), 4096);
}

function cohere2Type(model: PlanContext, layer: number): LayerType {
  return layerType(model, layer, everyNthFull(model.config, 'sliding_window_pattern', 4));
}
