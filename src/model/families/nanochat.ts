// nanochat: norms without weights, one of them on the embedding, and pairs that turn the other way.
import type { Family } from '../plan.js';
import { embedding, head } from '../pieces/ends.js';
import { activation, plainMlp } from '../pieces/mlp.js';
import { norms, rmsNorm, type NormStyle } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { separateProjections } from '../pieces/projections.js';
import { softcap } from './gemma.js';
import { attentionBias, llama, PRE_NORMS } from './llama.js';
import { HEAD_NORMS } from './qwen.js';

const BARE_NORM: NormStyle = { ...rmsNorm('rms_norm_eps', 1e-6), weight: false };

export const nanochat: Family = {
  ...llama,
  architectures: ['NanoChatForCausalLM'],
  embedding: embedding({ norm: { style: BARE_NORM, name: 'norm' } }),
  layer: {
    ...llama.layer,
    norms: norms(BARE_NORM, PRE_NORMS),
    projections: separateProjections({
      ...attentionBias,
      qkNorm: { ...HEAD_NORMS, style: BARE_NORM, place: 'after' },
    }),
    positions: rotary({ reversed: true }),
    mlp: plainMlp({ up: 'mlp.fc1', down: 'mlp.fc2', activation: (model) => activation(model, 'hidden_act', 'relu2') }),
  },
  head: head({
    norm: BARE_NORM,
    tied: false,
    softcap: ({ config }) => softcap(config, 'final_logit_softcapping', 15),
  }),
};
