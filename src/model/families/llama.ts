// Llama and Mistral: the decoder that most families vary.
import type { Family } from '../plan.js';
import { embedding, head } from '../pieces/ends.js';
import { gatedMlp } from '../pieces/mlp.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores, windowEverywhere } from '../pieces/scores.js';
import { sizes } from '../pieces/sizes.js';

const attentionBias = ({ config }: { config: { bool: (key: string, fallback: boolean) => boolean } }) =>
  config.bool('attention_bias', false);

export const llama: Family = {
  architectures: ['LlamaForCausalLM'],
  prefixes: ['model.', ''],
  layerPrefix: (layer) => `layers.${layer}.`,
  sizes: sizes(),
  embedding: embedding(),
  layer: {
    norms: norms(rmsNorm(), { attentionIn: 'input_layernorm', mlpIn: 'post_attention_layernorm' }),
    projections: separateProjections({ bias: attentionBias, outBias: attentionBias }),
    positions: rotary(),
    scores: scores(),
    mlp: gatedMlp({ bias: ({ config }) => config.bool('mlp_bias', false) }),
  },
  head: head({ norm: rmsNorm(), tied: false }),
};

export const mistral: Family = {
  ...llama,
  architectures: ['MistralForCausalLM'],
  sizes: sizes({ defaultKvHeads: 8 }),
  layer: {
    ...llama.layer,
    projections: separateProjections(),
    scores: scores({ window: windowEverywhere(4096) }),
    mlp: gatedMlp(),
  },
};
