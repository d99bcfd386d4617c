// Phi-3.5-MoE: Mixtral with LayerNorm, and a router that weighs each of its two experts among those near the best (sparse mixer).
import { dataError } from '../../base/errors.js';
import type { ConfigReader } from '../config-reader.js';
import type { Family, PlanContext } from '../plan.js';
import { head } from '../pieces/ends.js';
import { experts, MAX_EXPERTS } from '../pieces/experts.js';
import { gatedTensors } from '../pieces/mlp.js';
import { layerNorm, norms } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import type { Rope } from '../rope.js';
import { attentionBias, flag, PRE_NORMS } from './llama.js';
import { mixtral, MIXTRAL_EXPERTS } from './mixtral.js';

const NORM = layerNorm('rms_norm_eps', 1e-5);

export const phimoe: Family = {
  ...mixtral,
  architectures: ['PhimoeForCausalLM', 'PhiMoEForCausalLM'],
  config: (config) => {
    config.only('num_experts_per_tok', 2); // the class takes two, whatever stands there
    return config;
  },
  layer: {
    ...mixtral.layer,
    norms: norms(NORM, PRE_NORMS),
    projections: separateProjections(attentionBias),
    positions: rotary({
      family: () => ({ theta: 1_000_000, ownKeys: ['short_mscale', 'long_mscale'] }),
      adjust: withMscale,
    }),
    mlp: experts({
      router: ({ config }) => ({
        experts: config.int('num_local_experts', 16, 2, MAX_EXPERTS),
        topK: 2,
        scoring: 'sparse_mixer',
        tolerance: 2 * config.number('router_jitter_noise', 0.01),
        normalize: false,
      }),
      routerName: 'block_sparse_moe.gate',
      expert: ({ sizes: { hidden, intermediate } }, index, role) =>
        gatedTensors(role, `block_sparse_moe.experts.${index}`, intermediate, hidden, false, MIXTRAL_EXPERTS),
    }),
  },
  head: head({ norm: NORM, tied: false, bias: flag('lm_head_bias', false) }),
  // From there on transformers keeps the short factors, and the model's own program takes the long ones.
  longest: ({ config }) => {
    const rope = ropeOf(config);
    return rope?.has('long_factor') ? rope.int('original_max_position_embeddings') : undefined;
  },
};

function ropeOf(config: ConfigReader): ConfigReader | undefined {
  const key = ['rope_parameters', 'rope_scaling'].find((name) => config.has(name));
  return key === undefined ? undefined : config.object(key);
}

/** Cosine and sine are multiplied by `short_mscale`, and by nothing else. */
function withMscale(rope: Rope, { config }: PlanContext): Rope {
  if (rope.type === 'default') return rope;
  const given = ropeOf(config)!;
  if (rope.type !== 'longrope') {
    throw dataError(
      'CONFIG_INVALID',
      `${given.path}: rope type ${rope.type} is not known of phimoe: default or longrope.`,
    );
  }
  return { ...rope, attentionFactor: given.positive('short_mscale') };
}
