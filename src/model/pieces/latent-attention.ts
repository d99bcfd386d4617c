// Multi-head latent attention (DeepSeek, MiniCPM3): Q and K come through a narrow latent, and one rotated key is shared by all heads.
//
// A head's Q and K are the plain part followed by the rotated part. As the scores see it this is attention with as many key heads
// as query heads.
import type { LayerPiece, PlanContext, Sizes, TensorRef, Tensors } from '../plan.js';
import { pair, rowBlocks, rows } from '../plan.js';
import type { ConfigReader } from '../config-reader.js';
import { sizes } from './sizes.js';
import { linear } from './projections.js';

/** The norms of the latents have the classes' own eps, whatever the config says of the other norms. */
const LATENT_EPS = 1e-6;

export function latentSizes(rules: Parameters<typeof sizes>[0] = {}): (config: ConfigReader) => Sizes {
  const plain = sizes({ ...rules, keys: { ...rules.keys, headDim: 'qk_nope_head_dim' } });
  return (config) => {
    const rope = config.int('qk_rope_head_dim', undefined, 1, 256);
    config.only('head_dim', rope); // transformers takes the width of the rotation from it
    const base = plain(config);
    return {
      ...base,
      kvHeads: base.heads,
      headDim: base.headDim + rope,
      valueDim: config.int('v_head_dim', base.hidden / base.heads, 1, 512),
    };
  };
}

/** First rotated value of a head. */
export function ropeOffset({ config }: PlanContext): number {
  return config.int('qk_nope_head_dim');
}

export function latentProjections(): LayerPiece {
  return (model) => {
    const { config } = model;
    const { hidden, heads, headDim, valueDim } = model.sizes;
    const bias = config.bool('attention_bias', false);
    const rope = config.int('qk_rope_head_dim');
    const plain = headDim - rope;
    const rank = config.int('kv_lora_rank');
    const latent = linear('kv_a', 'self_attn.kv_a_proj_with_mqa', rank + rope, hidden, bias);
    const cut = (role: string, start: number, size: number): Tensors =>
      pair(role, rows(latent['kv_a']!, start, size), latent['kv_a.bias'] && rows(latent['kv_a.bias'], start, size));
    const expand: TensorRef = { name: 'self_attn.kv_b_proj.weight', shape: [heads * (plain + valueDim), rank] };
    return {
      settings: {
        'attention.kind': 'latent',
        'attention.clip': 0,
        'qk_norm.kind': 'none',
        'latent.rope_dim': rope,
        'latent.eps': LATENT_EPS,
      },
      score: {
        ...queryTensors(model, bias),
        ...cut('kv_a', 0, rank),
        ...cut('k_rope', rank, rope),
        kv_a_norm: { name: 'self_attn.kv_a_layernorm.weight', shape: [rank] },
        k: rowBlocks(expand, 0, plain, plain + valueDim, heads),
      },
      forward: {
        v: rowBlocks(expand, plain, valueDim, plain + valueDim, heads),
        ...linear('o', 'self_attn.o_proj', hidden, heads * valueDim, bias),
      },
    };
  };
}

function queryTensors({ config, sizes: { hidden, heads, headDim } }: PlanContext, bias: boolean): Tensors {
  if (!config.has('q_lora_rank')) return linear('q', 'self_attn.q_proj', heads * headDim, hidden, false);
  const rank = config.int('q_lora_rank');
  return {
    ...linear('q_a', 'self_attn.q_a_proj', rank, hidden, bias),
    q_a_norm: { name: 'self_attn.q_a_layernorm.weight', shape: [rank] },
    ...linear('q', 'self_attn.q_b_proj', heads * headDim, rank, false),
  };
}
