// A sharded checkpoint of 16 GB that is not there: files with headers and, for the rest, no blocks. All weights are 0.
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

export const SHARDS = 4;
const LAYERS = 32;
export const HIDDEN = 4096;
export const KEYS = 1024;
const INNER = 14_336;
export const VOCAB = 128_256;
/** The shape of Llama-3.1-8B. */
const CONFIG = {
  model_type: 'llama',
  hidden_size: HIDDEN,
  num_hidden_layers: LAYERS,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: INNER,
  vocab_size: VOCAB,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-5,
  rope_theta: 500_000,
};
const LAYER = {
  input_layernorm: [HIDDEN],
  'self_attn.q_proj': [HIDDEN, HIDDEN],
  'self_attn.k_proj': [KEYS, HIDDEN],
  'self_attn.v_proj': [KEYS, HIDDEN],
  'self_attn.o_proj': [HIDDEN, HIDDEN],
  post_attention_layernorm: [HIDDEN],
  'mlp.gate_proj': [INNER, HIDDEN],
  'mlp.up_proj': [INNER, HIDDEN],
  'mlp.down_proj': [HIDDEN, INNER],
};
const ENDS = [
  { 'model.embed_tokens.weight': [VOCAB, HIDDEN] },
  { 'lm_head.weight': [VOCAB, HIDDEN], 'model.norm.weight': [HIDDEN] },
];

export const shardName = (shard) => `model-0000${shard + 1}-of-0000${SHARDS}.safetensors`;

function shapesOf(shard) {
  const shapes = { ...ENDS[shard] };
  for (let layer = shard; layer < LAYERS; layer += SHARDS) {
    for (const [part, shape] of Object.entries(LAYER)) shapes[`model.layers.${layer}.${part}.weight`] = shape;
  }
  return shapes;
}

/** Tensors in bfloat16. Returns the bytes of the weights. */
function writeShard(file, shapes) {
  let end = 0;
  const header = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const handle = openSync(file, 'w');
  writeSync(handle, Buffer.concat([length, json]));
  ftruncateSync(handle, 8 + json.length + end);
  closeSync(handle);
  return end;
}

/** @returns bytes of the weights, of which the disk holds none */
export function makeSparseCheckpoint(folder) {
  const weightMap = {};
  let bytes = 0;
  for (let shard = 0; shard < SHARDS; shard++) {
    const shapes = shapesOf(shard);
    bytes += writeShard(path.join(folder, shardName(shard)), shapes);
    for (const tensor of Object.keys(shapes)) weightMap[tensor] = shardName(shard);
  }
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(CONFIG));
  return bytes;
}
