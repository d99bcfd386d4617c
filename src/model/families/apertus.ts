// Apertus: llama with norms of Q and K, and a plain MLP whose activation (xIELU) has learned numbers.
import type { ConfigReader } from '../config-reader.js';
import type { Family, Tensors } from '../plan.js';
import { head } from '../pieces/ends.js';
import { activation, plainMlp } from '../pieces/mlp.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { attentionBias, llama } from './llama.js';
import { HEAD_NORMS } from './qwen.js';

const RMS = rmsNorm('rms_norm_eps', 1e-5);

/** What the class has where the config has no rotary parameters. */
const ROPE = {
  rope_type: 'llama3',
  rope_theta: 12_000_000,
  factor: 8,
  original_max_position_embeddings: 8192,
  low_freq_factor: 1,
  high_freq_factor: 4,
};

export const apertus: Family = {
  ...llama,
  architectures: ['ApertusForCausalLM'],
  config: (config) =>
    config.has('rope_parameters') || config.has('rope_scaling') ? config : config.with({ rope_parameters: ROPE }),
  layer: {
    ...llama.layer,
    norms: norms(RMS, { attentionIn: 'attention_layernorm', mlpIn: 'feedforward_layernorm' }),
    projections: separateProjections({ ...attentionBias, qkNorm: { ...HEAD_NORMS, style: RMS } }),
    positions: rotary({ family: () => ({ theta: 12_000_000 }) }),
    mlp: plainMlp({
      up: 'mlp.up_proj',
      down: 'mlp.down_proj',
      activation: (model) => (isXielu(model) ? 'xielu' : activation(model)),
      tensors: (model) => (isXielu(model) ? XIELU : {}),
    }),
  },
  head: head({ norm: RMS, tied: false }),
};

function isXielu({ config }: { config: ConfigReader }): boolean {
  return config.text('hidden_act', 'xielu') === 'xielu';
}

const XIELU: Tensors = {
  'xielu.positive': { name: 'mlp.act_fn.alpha_p', shape: [1] },
  'xielu.negative': { name: 'mlp.act_fn.alpha_n', shape: [1] },
  'xielu.beta': { name: 'mlp.act_fn.beta', shape: [] },
  'xielu.eps': { name: 'mlp.act_fn.eps', shape: [] },
};
