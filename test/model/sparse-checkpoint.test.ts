// Layer 0 of a checkpoint of 16 GB touches its own pages only: the shards are sparse files, in which nothing else exists.
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Scorer } from '../../src/native/scorer.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { HIDDEN, KEYS, makeSparseCheckpoint, shardName, SHARDS, VOCAB } from '../../scripts/lib/sparse-checkpoint.mjs';
import { temporaryFolder } from './tiny-model.js';

describe('a sharded checkpoint of 16 GB', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    makeSparseCheckpoint(folder);
  });

  afterAll(async () => rm(folder, { recursive: true }));

  it('opens at layer 0 with little memory beyond the projections, and scores', async () => {
    const model = await openModelFolder(folder);
    expect(model.bytes).toBe(2 * HIDDEN * (VOCAB + 1 + HIDDEN + KEYS));
    const before = process.memoryUsage().rss;
    await using scorer = await Scorer.open(model.specText);
    const grown = process.memoryUsage().rss - before;
    const projections = 2 * HIDDEN * (HIDDEN + KEYS);
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
    for (let shard = 0; shard < SHARDS; shard++) {
      const { blocks, size } = await stat(join(folder, shardName(shard)));
      expect(size).toBeGreaterThan(3e9);
      expect(blocks * 512).toBeLessThan(1e6); // still sparse: reading writes nothing
    }
  });
});
