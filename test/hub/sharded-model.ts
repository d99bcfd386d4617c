// A small Llama in two shards, with matrices in between that layer 0 does not need and that are too large to be bridged.
import { noise } from './fake-hub.js';

export const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 1024,
  vocab_size: 2000,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
};

const layerShapes = (layer: number): [string, number[]][] => {
  const name = `model.layers.${layer}.`;
  return [
    [`${name}input_layernorm.weight`, [64]],
    [`${name}mlp.down_proj.weight`, [64, 1024]],
    [`${name}mlp.gate_proj.weight`, [1024, 64]],
    [`${name}mlp.up_proj.weight`, [1024, 64]],
    [`${name}post_attention_layernorm.weight`, [64]],
    [`${name}self_attn.k_proj.weight`, [32, 64]],
    [`${name}self_attn.o_proj.weight`, [64, 64]],
    [`${name}self_attn.q_proj.weight`, [64, 64]],
    [`${name}self_attn.v_proj.weight`, [32, 64]],
  ];
};

export const SHARD_1 = 'model-00001-of-00002.safetensors';
export const SHARD_2 = 'model-00002-of-00002.safetensors';

const SHARDS: Record<string, [string, number[]][]> = {
  [SHARD_1]: [['model.embed_tokens.weight', [2000, 64]], ...layerShapes(0)],
  [SHARD_2]: [...layerShapes(1), ['model.norm.weight', [64]], ['lm_head.weight', [2000, 64]]],
};

export interface TestModel {
  files: Record<string, Buffer>;
  /** `[start, end)` of a tensor in its file. */
  range: (file: string, tensor: string) => [number, number];
}

/** @param sharded two shards and an index, or all in one file */
export function testModel(sharded = true): TestModel {
  const files: Record<string, Buffer> = {
    'config.json': Buffer.from(JSON.stringify(CONFIG)),
    'tokenizer.json': Buffer.from('{"tokenizer": true}'),
  };
  const ranges = new Map<string, [number, number]>();
  const parts = sharded ? SHARDS : { 'model.safetensors': [...SHARDS[SHARD_1]!, ...SHARDS[SHARD_2]!] };
  for (const [name, shapes] of Object.entries(parts)) {
    const built = f16File(shapes);
    files[name] = built.bytes;
    for (const [tensor, range] of built.ranges) ranges.set(`${name} ${tensor}`, range);
  }
  if (sharded) {
    const placed = Object.entries(SHARDS).flatMap(([name, shapes]) =>
      shapes.map(([tensor]): [string, string] => [tensor, name]),
    );
    files['model.safetensors.index.json'] = Buffer.from(
      JSON.stringify({ metadata: {}, weight_map: Object.fromEntries<string>(placed) }),
    );
  }
  return { files, range: (file, tensor) => ranges.get(`${file} ${tensor}`)! };
}

function f16File(shapes: [string, number[]][]): { bytes: Buffer; ranges: Map<string, [number, number]> } {
  const header: Record<string, unknown> = {};
  const ranges = new Map<string, [number, number]>();
  let at = 0;
  for (const [name, shape] of shapes) {
    const end = at + 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'F16', shape, data_offsets: [at, end] };
    ranges.set(name, [at, end]);
    at = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const start = 8 + json.length;
  for (const range of ranges.values()) range.forEach((offset, index) => (range[index] = offset + start));
  return { bytes: Buffer.concat([length, json, noise(at)]), ranges };
}
