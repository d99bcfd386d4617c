// Phi (parallel halves, biases everywhere) and Phi 3 (fused matrices, long rotary factors).
import type { Family } from '../plan.js';
import { head } from '../pieces/ends.js';
import { join } from '../pieces/join.js';
import { activation, gatedMlp, plainMlp } from '../pieces/mlp.js';
import { layerNorm, norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { fusedProjections, separateProjections } from '../pieces/projections.js';
import { scores, windowEverywhere } from '../pieces/attention-logits.js';
import { flag, llama, PRE_NORMS } from './llama.js';

const PHI_NORM = layerNorm('layer_norm_eps', 1e-5);

export const phi: Family = {
  ...llama,
  architectures: ['PhiForCausalLM'],
  layer: {
    norms: norms(PHI_NORM, { attentionIn: 'input_layernorm' }),
    projections: separateProjections({
      names: { o: 'self_attn.dense' },
      bias: true,
      outBias: true,
      qkNorm: {
        style: PHI_NORM,
        q: 'self_attn.q_layernorm',
        k: 'self_attn.k_layernorm',
        over: 'head',
        use: flag('qk_layernorm', false),
      },
    }),
    positions: rotary({ family: () => ({ partial: 0.5 }) }),
    scores: scores(),
    mlp: plainMlp({
      up: 'mlp.fc1',
      down: 'mlp.fc2',
      bias: true,
      activation: (model) => activation(model, 'hidden_act', 'gelu_new'),
    }),
    join: join({ parallel: true }),
  },
  head: head({ norm: PHI_NORM, normName: () => 'final_layernorm', bias: true, tied: false }),
};

export const phi3: Family = {
  ...llama,
  architectures: ['Phi3ForCausalLM'],
  layer: {
    norms: norms(rmsNorm('rms_norm_eps', 1e-5), PRE_NORMS),
    projections: fusedProjections({ qkv: 'self_attn.qkv_proj', o: 'self_attn.o_proj', order: 'blocks' }),
    positions: rotary({ family: () => ({ partial: 1, aliases: { su: 'longrope', yarn: 'longrope' } }) }),
    scores: scores({ window: windowEverywhere(0) }),
    mlp: gatedMlp({ fused: true }),
    join: join(),
  },
  head: head({ norm: rmsNorm('rms_norm_eps', 1e-5), tied: false }),
};
