// Llama, and what other families share with it.
import type { Family, PlanContext } from '../plan.js';
import { embedding, head } from '../pieces/ends.js';
import { join } from '../pieces/join.js';
import { layerType, slidingIsOff, windowOf } from '../pieces/layer-types.js';
import { gatedMlp } from '../pieces/mlp.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores, windowEverywhere } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';

/** A switch of the config. */
export const flag =
  (key: string, fallback: boolean): ((model: PlanContext) => boolean) =>
  ({ config }) =>
    config.bool(key, fallback);

/** A number of the config. */
export const number =
  (key: string, fallback: number): ((model: PlanContext) => number) =>
  ({ config }) =>
    config.number(key, fallback);

/** Norms in front of attention and MLP. */
export const PRE_NORMS = { attentionIn: 'input_layernorm', mlpIn: 'post_attention_layernorm' };

/** All four projections have a bias, or none has. */
export const attentionBias = { bias: flag('attention_bias', false), outBias: flag('attention_bias', false) };

export const llama: Family = {
  architectures: ['LlamaForCausalLM'],
  prefixes: ['model.', ''],
  layerPrefix: (layer) => `layers.${layer}.`,
  sizes: sizes(),
  embedding: embedding(),
  layer: {
    norms: norms(rmsNorm('rms_norm_eps', 1e-6), PRE_NORMS),
    projections: separateProjections(attentionBias),
    positions: rotary(),
    scores: scores(),
    mlp: gatedMlp({ bias: flag('mlp_bias', false) }),
    join: join(),
  },
  head: head({ norm: rmsNorm('rms_norm_eps', 1e-6), tied: false }),
};

export const mistral: Family = {
  ...llama,
  architectures: ['MistralForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 8 } }),
  layer: {
    ...llama.layer,
    projections: separateProjections(),
    scores: scores({ window: windowEverywhere(4096) }),
    mlp: gatedMlp(),
  },
};

/** Granite: llama with four multipliers. */
export const granite: Family = {
  ...llama,
  architectures: ['GraniteForCausalLM'],
  embedding: embedding({ scale: number('embedding_multiplier', 1) }),
  layer: {
    ...llama.layer,
    scores: scores({ scale: number('attention_multiplier', 1) }),
    join: join({ scale: number('residual_multiplier', 1) }),
  },
  head: head({
    norm: rmsNorm('rms_norm_eps', 1e-6),
    tied: false,
    scale: ({ config }) => 1 / config.positive('logits_scaling', 1),
  }),
};

export const seedOss: Family = {
  ...llama,
  architectures: ['SeedOssForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 8, headDim: 128 } }),
  layer: {
    ...llama.layer,
    projections: separateProjections({
      bias: flag('attention_bias', true),
      outBias: flag('attention_out_bias', false),
    }),
  },
};

export const ernie45: Family = {
  ...llama,
  architectures: ['Ernie4_5ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 2, headDim: 128 } }),
  layer: {
    ...llama.layer,
    norms: norms(rmsNorm('rms_norm_eps', 1e-5), PRE_NORMS),
    projections: separateProjections({ bias: flag('use_bias', false), outBias: flag('use_bias', false) }),
    positions: rotary({ interleaved: true, family: () => ({ theta: 500_000 }) }),
    mlp: gatedMlp({ bias: flag('use_bias', false) }),
  },
  head: head({ norm: rmsNorm('rms_norm_eps', 1e-5), tied: true }),
};

/** SmolLM3: some layers have no rotation, and these may slide. */
export const smollm3: Family = {
  ...llama,
  architectures: ['SmolLM3ForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 4 } }),
  layer: {
    ...llama.layer,
    positions: rotary({ use: smollm3Rotates, family: () => ({ theta: 2_000_000 }) }),
    scores: scores({ window: smollm3Window }),
  },
  head: head({ norm: rmsNorm('rms_norm_eps', 1e-6), tied: true }),
};

/** `no_rope_layers` says 1 where a layer rotates, contrary to its name. */
function smollm3Rotates({ config, sizes: { layers } }: PlanContext, layer: number): boolean {
  if (!config.has('no_rope_layers')) return (layer + 1) % config.int('no_rope_layer_interval', 4) !== 0;
  const list = config.list('no_rope_layers', '0 and 1', (item): item is number => item === 0 || item === 1);
  if (list.length !== layers) throw config.wrong('no_rope_layers', `a list of ${layers} numbers, one a layer`);
  return list[layer] === 1;
}

function smollm3Window(model: PlanContext, layer: number): number {
  if (slidingIsOff(model)) return 0;
  const type = layerType(model, layer, (index) => !smollm3Rotates(model, index));
  return windowOf(model, type, 0);
}
