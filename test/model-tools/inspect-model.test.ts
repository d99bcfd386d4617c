import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { inspectModel } from '../../src/model-tools/inspect-model.js';
import { COMMIT } from '../hub/fake-hub.js';
import { workbench } from '../hub/setup.js';
import { SHARD_1, SHARD_2, testModel } from '../hub/sharded-model.js';
import { tempFolder } from '../support/temp-folder.js';

const bench = workbench();
/** Embedding, norm, Wk and Wq of layer 0, F16. */
const LAYER_0_BYTES = 2 * (2000 * 64 + 64 + 32 * 64 + 64 * 64);

describe('inspectModel', () => {
  it('fetches only headers of a model on the Hub', async () => {
    bench.hub.add('org/name', testModel().files);
    const report = await inspectModel('org/name', { env: bench.env });
    expect(report).toMatchObject({
      source: 'hub',
      id: 'org/name',
      commit: COMMIT,
      architecture: 'llama',
      layerCount: 2,
      heads: 2,
      kvHeads: 1,
      headDim: 32,
      maxPositions: 128,
      slidingWindows: [0, 0],
      layers: [0],
      dtype: 'F16',
      bytes: LAYER_0_BYTES,
    });
    expect(bench.hub.bytesOf(SHARD_1)).toBe(64 * 1024);
    expect(bench.hub.requestsOf(SHARD_2)).toEqual([]);
    expect(report.missingBytes).toBeGreaterThan(0);
    expect(report.missingBytes).toBeLessThan(LAYER_0_BYTES);
    expect(report.tensors.map(({ name, file }) => [name, file])).toEqual([
      ['model.embed_tokens.weight', SHARD_1],
      ['model.layers.0.input_layernorm.weight', SHARD_1],
      ['model.layers.0.self_attn.k_proj.weight', SHARD_1],
      ['model.layers.0.self_attn.q_proj.weight', SHARD_1],
    ]);
  });

  it('says what would have to be downloaded, and that nothing has once it is there', async () => {
    bench.hub.add('org/name', testModel().files);
    const { missingBytes } = await inspectModel('org/name', { env: bench.env, layers: [1] });
    const { folder } = await bench.resolve('org/name', { layers: [1] });
    const after = await inspectModel('org/name', { env: bench.env, layers: [1] });
    expect(missingBytes).toBeGreaterThan(LAYER_0_BYTES);
    expect(after).toMatchObject({ source: 'cache', folder, missingBytes: 0 });
  });

  it('gives the size of the whole model, if it is known', async () => {
    const folder = tempFolder();
    const { files } = testModel(false);
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
    const report = await inspectModel(folder, { layers: 'all', loss: true });
    expect(report).toMatchObject({ source: 'folder', layers: [0, 1], missingBytes: 0 });
    expect(report.totalBytes).toBe(files['model.safetensors']!.length);
    const sharded = testModel().files;
    sharded['model.safetensors.index.json'] = Buffer.from(
      sharded['model.safetensors.index.json']!.toString().replace('"metadata":{}', '"metadata":{"total_size":1234567}'),
    );
    bench.hub.add('org/name', sharded);
    expect((await inspectModel('org/name', { env: bench.env })).totalBytes).toBe(1_234_567);
  });
});
