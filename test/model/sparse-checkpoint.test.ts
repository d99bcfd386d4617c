// Layer 0 of a checkpoint of 16 GB touches its own pages only: the shards are sparse files, in which nothing else exists.
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Scorer } from '../../src/native/scorer.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { temporaryFolder, type RawTensor } from './tiny-model.js';

const SHARDS = 4;
const LAYERS = 32;
/** The shape of Llama-3.1-8B. */
const CONFIG = {
  model_type: 'llama',
  hidden_size: 4096,
  num_hidden_layers: LAYERS,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14336,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-5,
  rope_theta: 500_000,
};

function layerShapes(layer: number): Record<string, number[]> {
  const name = (part: string) => `model.layers.${layer}.${part}.weight`;
  return {
    [name('input_layernorm')]: [4096],
    [name('self_attn.q_proj')]: [4096, 4096],
    [name('self_attn.k_proj')]: [1024, 4096],
    [name('self_attn.v_proj')]: [1024, 4096],
    [name('self_attn.o_proj')]: [4096, 4096],
    [name('post_attention_layernorm')]: [4096],
    [name('mlp.gate_proj')]: [14336, 4096],
    [name('mlp.up_proj')]: [14336, 4096],
    [name('mlp.down_proj')]: [4096, 14336],
  };
}

/** BF16 tensors of the given shapes in a file that has its header and, for the rest, no blocks. All weights are 0. */
async function writeSparse(path: string, shapes: Record<string, number[]>): Promise<void> {
  let end = 0;
  const header: Record<string, RawTensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(path, 'w');
  await file.write(Buffer.concat([length, json]));
  await file.truncate(8 + json.length + end);
  await file.close();
}

describe('a sharded checkpoint of 16 GB', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const weightMap: Record<string, string> = {};
    for (let shard = 0; shard < SHARDS; shard++) {
      const layers = Array.from({ length: LAYERS }, (_, layer) => layer).filter((layer) => layer % SHARDS === shard);
      const ends =
        shard === 0
          ? { 'model.embed_tokens.weight': [128_256, 4096] }
          : shard === 1
            ? { 'lm_head.weight': [128_256, 4096], 'model.norm.weight': [4096] }
            : {};
      const shapes = Object.assign({}, ends, ...layers.map(layerShapes)) as Record<string, number[]>;
      const file = `model-0000${shard + 1}-of-0000${SHARDS}.safetensors`;
      await writeSparse(join(folder, file), shapes);
      for (const name of Object.keys(shapes)) weightMap[name] = file;
    }
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
    await writeFile(join(folder, 'config.json'), JSON.stringify(CONFIG));
  });

  afterAll(async () => rm(folder, { recursive: true }));

  it('opens at layer 0 with little memory beyond the projections, and scores', async () => {
    const model = await openModelFolder(folder);
    expect(model.bytes).toBe(2 * 4096 * (128_256 + 1 + 4096 + 1024));
    const before = process.memoryUsage().rss;
    await using scorer = await Scorer.open(model.specText);
    const grown = process.memoryUsage().rss - before;
    const projections = 4 * 4096 * (4096 + 1024); // as float32
    expect(grown).toBeLessThan(projections + 200e6);
    const length = 64;
    const [stats] = await scorer.score({
      ids: Int32Array.from({ length }, (_, index) => index * 2003),
      lengths: Int32Array.of(length),
      k: Int32Array.of(length / 4),
      layers: Int32Array.of(0),
      tokens: false,
    });
    // Weights of zero attend uniformly: row n spreads over n + 1 keys.
    const uniform = Array.from({ length }, (_, n) => Math.max(0, n - length / 4 + 1) / (n + 1));
    const expected = uniform.reduce((sum, share) => sum + share, 0) / length;
    for (const ds of stats!.ds) expect(ds).toBeCloseTo(expected, 6);
  });

  it('has read next to nothing of the files', async () => {
    for (let shard = 1; shard <= SHARDS; shard++) {
      const { blocks, size } = await stat(join(folder, `model-0000${shard}-of-0000${SHARDS}.safetensors`));
      expect(size).toBeGreaterThan(3e9);
      expect(blocks * 512).toBeLessThan(1e6); // still sparse: reading writes nothing
    }
  });
});
