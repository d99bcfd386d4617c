// Llama with one thing changed: Arcee, Helium, InternLM 3, and Ministral 3 with the folder of Mistral 3 around it.
import { dataError, show } from '../../base/errors.js';
import type { ConfigReader } from '../config-reader.js';
import type { Family, PlanContext } from '../plan.js';
import { head } from '../pieces/ends.js';
import { activation, plainMlp } from '../pieces/mlp.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { scores, windowEverywhere } from '../pieces/attention-logits.js';
import { sizes } from '../pieces/sizes.js';
import { wrapped } from './wrapped.js';
import { attentionBias, flag, llama, mistral, PRE_NORMS } from './llama.js';

const RMS = rmsNorm('rms_norm_eps', 1e-5);

/** No gate, and a squared relu. */
export const arcee: Family = {
  ...llama,
  architectures: ['ArceeForCausalLM'],
  layer: {
    ...llama.layer,
    norms: norms(RMS, PRE_NORMS),
    mlp: plainMlp({
      up: 'mlp.up_proj',
      down: 'mlp.down_proj',
      bias: flag('mlp_bias', false),
      activation: (model) => activation(model, 'hidden_act', 'relu2'),
    }),
  },
  head: head({ norm: RMS, tied: false }),
};

const HELIUM_NORM = rmsNorm('rms_norm_eps', 1e-8);

/** Interleaved rotation; the output projection never has a bias. */
export const helium: Family = {
  ...llama,
  architectures: ['HeliumForCausalLM'],
  sizes: sizes({ defaults: { kvHeads: 20, headDim: 128 } }),
  layer: {
    ...llama.layer,
    norms: norms(HELIUM_NORM, PRE_NORMS),
    projections: separateProjections({ bias: attentionBias.bias }),
    positions: rotary({ interleaved: true, family: () => ({ theta: 100_000 }) }),
  },
  head: head({ norm: HELIUM_NORM, tied: false }),
};

/** `qkv_bias` of Q, K and V; `bias` of all other matrices. */
export const internlm3: Family = {
  ...llama,
  architectures: ['InternLM3ForCausalLM', 'LlamaForCausalLM'],
  config: (config) =>
    config.with({
      attention_bias: config.raw('qkv_bias') ?? config.raw('attention_bias') ?? null,
      mlp_bias: config.raw('bias') ?? config.raw('mlp_bias') ?? null,
    }),
  sizes: sizes({ defaults: { kvHeads: 2, headDim: 128 } }),
  layer: {
    ...llama.layer,
    norms: norms(RMS, PRE_NORMS),
    projections: separateProjections({ bias: attentionBias.bias, outBias: flag('mlp_bias', false) }),
  },
  head: head({ norm: RMS, tied: false }),
};

/** What the class has where the config has no rotary parameters. */
const MINISTRAL3_ROPE = {
  rope_type: 'yarn',
  rope_theta: 1_000_000,
  factor: 16,
  original_max_position_embeddings: 16_384,
  beta_fast: 32,
  beta_slow: 1,
  mscale: 1,
  mscale_all_dim: 1,
  llama_4_scaling_beta: 0.1,
};

/** Queries grow with the logarithm of the position from the original length on: up to there this is Mistral with yarn. */
export const ministral3: Family = {
  ...mistral,
  architectures: ['Ministral3ForCausalLM'],
  config: (config) =>
    config.has('rope_parameters') || config.has('rope_scaling')
      ? config
      : config.with({ rope_parameters: MINISTRAL3_ROPE }),
  sizes: sizes({ defaults: { kvHeads: 8, headDim: 128 } }),
  layer: {
    ...mistral.layer,
    norms: norms(RMS, PRE_NORMS),
    positions: rotary({
      family: () => ({ ownKeys: ['llama_4_scaling_beta', 'max_position_embeddings'] }),
    }),
    scores: scores({ window: windowEverywhere(0) }),
  },
  head: head({ norm: RMS, tied: false }),
  longest: unscaledLength,
};

function unscaledLength({ config }: PlanContext): number | undefined {
  const rope = config.object(config.has('rope_parameters') ? 'rope_parameters' : 'rope_scaling');
  if (rope.number('llama_4_scaling_beta', 0) === 0) return undefined;
  return rope.int('original_max_position_embeddings', config.int('max_position_embeddings'));
}

/** The folder of the model with vision. Which decoder it has stands in its text_config. */
export function mistral3(config: ConfigReader): Family {
  const text = config.object('text_config');
  const decoders: Readonly<Record<string, Family>> = { mistral, ministral3 };
  const name = text.text('model_type', 'mistral');
  if (!Object.hasOwn(decoders, name)) {
    throw dataError(
      'UNKNOWN_ARCHITECTURE',
      `${text.path}: model_type ${show(name)} is not known inside mistral3. Known are ${Object.keys(decoders).join(', ')}.`,
    );
  }
  return wrapped(decoders[name]!, 'Mistral3ForConditionalGeneration', { tied: true });
}
