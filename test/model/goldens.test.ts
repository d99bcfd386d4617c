// Every model of the fixtures, every layer, every window, through the addon: against transformers' eager attention in float64.
import { describe, expect, it } from '@jest/globals';
import {
  compareAloneWithBatch,
  compareWithGoldens,
  compareWithLongGoldens,
  errorsInWeightsType,
  LONG,
  MODELS,
  scoreOne,
  WINDOWS,
  withScorer,
} from '../support/goldens.js';

describe.each(MODELS)('%s', (name) => {
  it('has the attention and the loss of transformers in every layer', () => compareWithGoldens(name, 'cpu'));
});

describe.each(Object.keys(LONG.results))('%s, windows of 2,047 and 2,048 tokens', (name) => {
  it('has the attention of transformers in every layer', () => compareWithLongGoldens(name, 'cpu'));
});

// Largest relative errors of DS and variance over all layers when transformers itself runs the model in bfloat16.
describe.each([
  ['llama_bf16_sharded', 3.1e-3, 1.6e-2],
  ['gpt_oss', 1.3e-2, 3.7e-2],
  ['cohere2', 5.2e-3, 1.7e-2],
])('%s in the type of its weights', (name, ds, variance) => {
  it('is off by no more than twice what transformers is', async () => {
    const worst = await errorsInWeightsType(name, 'cpu');
    expect(worst.dtype).toBe('bf16');
    expect(worst.ds).toBeLessThan(2 * ds);
    expect(worst.variance).toBeLessThan(2 * variance);
  });
});

describe('which layers are asked for', () => {
  it('changes no bit of any of them', async () => {
    await withScorer('smollm3', {}, async (scorer) => {
      const { ids } = WINDOWS[3]!;
      const all = await scoreOne(scorer, ids, 32, [0, 1, 2, 3]);
      for (const layers of [[0], [2], [0, 3], [1, 2]]) {
        const some = await scoreOne(scorer, ids, 32, layers);
        expect(some).toEqual(layers.map((layer) => all[layer]));
      }
    });
  });

  it('and other windows of the batch change none either', () => compareAloneWithBatch('mixtral', 'cpu'));
});

describe('a model that was opened without its head', () => {
  it('has no losses, and says so', async () => {
    await withScorer('llama', {}, async (scorer) => {
      const request = { ids: Int32Array.of(1, 2), lengths: Int32Array.of(2), near: Int32Array.of(0) };
      await expect(scorer.losses(request)).rejects.toMatchObject({ code: 'HEAD_UNAVAILABLE', kind: 'usage' });
    });
  });
});
