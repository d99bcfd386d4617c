// Builds small model folders and safetensors files, right or wrong on purpose.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RawTensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** 8 bytes of length, the header's text, the data. */
export function safetensorsBytes(header: string, dataBytes: number): Buffer {
  const json = Buffer.from(header, 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes, 1)]);
}

/** A valid header over F32 tensors of the given shapes, and the bytes of their data. */
export function layOut(shapes: Record<string, number[]>): { header: Record<string, RawTensor>; dataBytes: number } {
  const header: Record<string, RawTensor> = {};
  let dataBytes = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [dataBytes, dataBytes + bytes] };
    dataBytes += bytes;
  }
  return { header, dataBytes };
}

export const TINY_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 12,
  vocab_size: 16,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
};

export const TINY_SHAPES: Record<string, number[]> = {
  'model.embed_tokens.weight': [16, 8],
  'model.layers.0.input_layernorm.weight': [8],
  'model.layers.0.self_attn.q_proj.weight': [8, 8],
  'model.layers.0.self_attn.k_proj.weight': [4, 8],
};

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'longattn-model-'));
}

/** A folder that opens at layer 0, changed as the caller wants. */
export async function tinyModel(
  config: Record<string, unknown> = {},
  shapes: Record<string, number[]> = TINY_SHAPES,
): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...TINY_CONFIG, ...config }));
  const { header, dataBytes } = layOut(shapes);
  await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(JSON.stringify(header), dataBytes));
  return folder;
}
