// Mixtral: mistral with experts, whose matrices are w1 (gate), w3 (up) and w2 (down).
import type { Family } from '../plan.js';
import { head } from '../pieces/ends.js';
import { experts, MAX_EXPERTS } from '../pieces/experts.js';
import { gatedTensors } from '../pieces/mlp.js';
import { norms, rmsNorm } from '../pieces/norms.js';
import { rotary } from '../pieces/positions.js';
import { scores, windowEverywhere } from '../pieces/attention-logits.js';
import { mistral, PRE_NORMS } from './llama.js';

/** Names of an expert's matrices. */
export const MIXTRAL_EXPERTS = { gate: 'w1', up: 'w3', down: 'w2' };

export const mixtral: Family = {
  ...mistral,
  architectures: ['MixtralForCausalLM'],
  layer: {
    ...mistral.layer,
    norms: norms(rmsNorm('rms_norm_eps', 1e-5), PRE_NORMS),
    positions: rotary({ family: () => ({ theta: 1_000_000 }) }),
    scores: scores({ window: windowEverywhere(0) }),
    mlp: experts({
      router: ({ config }) => ({
        experts: config.int('num_local_experts', 8, 1, MAX_EXPERTS),
        topK: config.int('num_experts_per_tok', 2),
        scoring: 'softmax',
        normalize: true,
      }),
      routerName: 'block_sparse_moe.gate',
      expert: ({ sizes: { hidden, intermediate } }, index, role) =>
        gatedTensors(role, `block_sparse_moe.experts.${index}`, intermediate, hidden, false, MIXTRAL_EXPERTS),
    }),
  },
  head: head({ norm: rmsNorm('rms_norm_eps', 1e-5), tied: false }),
};
