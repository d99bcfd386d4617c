// What a CUDA device does, on torch's CPU: the same decoder with torch's operators for its pieces, the same statistics. Every model of
// the fixtures, every layer, every window, within the bounds that hold for our own code.
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { attention } from '../../src/attention/attention.js';
import {
  compareAloneWithBatch,
  compareWithGoldens,
  compareWithLongGoldens,
  errorsInWeightsType,
  FIXTURES,
  LONG,
  MODELS,
  scoreOne,
  WINDOWS,
  withScorer,
} from '../support/goldens.js';

const DEVICE = 'torch-cpu';

describe.each(MODELS)('%s on a device', (name) => {
  it('has the attention and the loss of transformers in every layer', () => compareWithGoldens(name, DEVICE));
});

describe.each(Object.keys(LONG.results))('%s on a device, windows of 2,047 and 2,048 tokens', (name) => {
  it('has the attention of transformers in every layer', () => compareWithLongGoldens(name, DEVICE));
});

describe.each(['llama_bf16_sharded', 'gpt_oss', 'cohere2', 'llama_fp16_tied'])(
  '%s on a device in the type of its weights',
  (name) => {
    // A device rounds the sums too, our own code the factors alone.
    it('is off by no more than three times what our own code is', async () => {
      const [device, own] = [await errorsInWeightsType(name, DEVICE), await errorsInWeightsType(name, 'cpu')];
      expect(device.dtype).toMatch(/^(bf16|f16)$/);
      expect(device.ds).toBeLessThan(3 * own.ds);
      expect(device.variance).toBeLessThan(3 * own.variance);
    });
  },
);

describe('on a device', () => {
  it('no bit depends on which layers are asked for', async () => {
    await withScorer('mixtral', { device: DEVICE }, async (scorer) => {
      const { ids } = WINDOWS[2]!;
      const [, second] = await scoreOne(scorer, ids, 25, [0, 1]);
      expect(await scoreOne(scorer, ids, 25, [1])).toEqual([second]);
    });
  });

  it('or on the other windows of a batch', () => compareAloneWithBatch('mixtral', DEVICE));

  it('rows of the attention of its layers can be looked at', async () => {
    const options = { model: join(FIXTURES, 'models', 'llama'), ids: WINDOWS[1]!.ids, layers: [1], rows: [5, 40] };
    const [device, cpu] = [await attention({ ...options, device: DEVICE }), await attention(options)];
    expect(device.metadata).toMatchObject({ device: DEVICE });
    device.attention.forEach(({ rows }, head) => {
      rows.forEach((row, r) => {
        row.forEach((share, i) => expect(share).toBeCloseTo(cpu.attention[head]!.rows[r]![i]!, 5));
      });
    });
  });
});
