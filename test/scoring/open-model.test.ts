import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openModel } from '../../src/scoring/open-model.js';

const GEMMA = join(import.meta.dirname, '..', 'fixtures', 'models', 'gemma2');

describe('openModel', () => {
  it('does not score a layer that cannot see as far as k, and names one that can', async () => {
    await using model = await openModel(GEMMA, { layers: 'all' });
    const windows = [Int32Array.from({ length: 200 }, (_, index) => index)];
    const score = async (k: number) => {
      const found = [];
      for await (const stats of model.score(windows, { k })) found.push(stats.layer);
      return found;
    };
    expect(await score(39)).toEqual(model.layers);
    await expect(score(40)).rejects.toMatchObject({
      code: 'LAYER_CANNOT_SEE_FAR',
      message: expect.stringContaining('sees farther (1)') as unknown,
    });
  });
});
