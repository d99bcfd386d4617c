// A real language model, all of its layers and its losses, against transformers in float64.
//
// The model has 269 MB, so it is not in the repository: `npm run test:model` fetches it first. Plain jest leaves this folder out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { knownModelFolder } from '../../src/hub/known-models.js';
import { readSettings } from '../../src/hub/settings.js';
import { Scorer } from '../../src/native/scorer.js';
import { openModelFolder } from '../../src/model/open-model.js';

const FOLDER = knownModelFolder(readSettings(), 'smollm2-135m');
const { windows } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'goldens_smollm2_all_layers.json'), 'utf8'),
) as { windows: Golden[] };

interface Golden {
  name: string;
  length: number;
  k: number;
  ids: number[];
  loss_mean: number;
  loss_first_32: number[];
  layers: {
    ds: number[];
    variance: number[];
    sink_far_mass: number[];
    sink_far_squares: number[];
    entropy_sum: number[];
    far_peak_sum: number[];
  }[];
}

const BINS = 32;

function worst(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...found.map((value, index) => Math.abs(value - expected[index]!) / Math.abs(expected[index]!)));
}

/** Sums of each head's bins from the one on that starts at `k`, times `factor`. */
function farSums(bins: Float64Array, heads: number, length: number, k: number, factor: number): number[] {
  const first = Array.from({ length: BINS + 1 }, (_, bin) => Math.floor((bin * length) / BINS)).indexOf(k);
  return Array.from({ length: heads }, (_, head) =>
    bins.subarray(head * BINS + first, (head + 1) * BINS).reduce((sum, value) => sum + value * factor, 0),
  );
}

/** Our own code, and the device's code on the CPU (docs/cuda.md). */
const CASES = ['cpu', 'torch-cpu'].flatMap((device) => windows.map((golden) => ({ ...golden, device })));

describe.each(CASES)('SmolLM2-135M, all layers: $name, $device', (golden) => {
  const { ids, length, k, device } = golden;

  it('has the statistics of transformers within 1e-4', async () => {
    const model = await openModelFolder(FOLDER, { layers: 'all' });
    await using scorer = await Scorer.open(model.specText, { device });
    const stats = await scorer.score({
      ids: Int32Array.from(ids),
      lengths: Int32Array.of(length),
      k: Int32Array.of(k),
      layers: Int32Array.from(model.layers),
      tokens: false,
    });
    golden.layers.forEach((layer, index) => {
      const found = stats[index]!;
      const heads = layer.ds.length;
      const times = (values: Float64Array) => [...values].map((value) => value * length);
      expect(worst([...found.ds], layer.ds)).toBeLessThan(1e-4);
      expect(worst([...found.variance], layer.variance)).toBeLessThan(1e-4);
      expect(worst(times(found.entropy), layer.entropy_sum)).toBeLessThan(1e-4);
      expect(worst(times(found.farPeak), layer.far_peak_sum)).toBeLessThan(1e-4);
      if (length % BINS !== 0) return; // k = 1 lies on no bin edge
      expect(worst(farSums(found.sinkMassBins, heads, length, k, length), layer.sink_far_mass)).toBeLessThan(1e-4);
      expect(worst(farSums(found.sinkSquareBins, heads, length, k, 1), layer.sink_far_squares)).toBeLessThan(1e-4);
    });
  });

  it('has the losses of transformers within 1e-3 nats', async () => {
    const model = await openModelFolder(FOLDER, { layers: 'all', loss: true });
    await using scorer = await Scorer.open(model.specText, { device });
    const [losses] = await scorer.losses({
      ids: Int32Array.from(ids),
      lengths: Int32Array.of(length),
      near: Int32Array.of(0),
    });
    const mean = losses!.reduce((sum, loss) => sum + loss, 0) / losses!.length;
    expect(Math.abs(mean - golden.loss_mean)).toBeLessThan(1e-3);
    golden.loss_first_32.forEach((loss, index) => expect(Math.abs(losses![index]! - loss)).toBeLessThan(1e-3));
  });
});
