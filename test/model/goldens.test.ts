// Every model of the fixtures, every layer, every window, through the addon: against transformers' eager attention in float64.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { NativeStats } from '../../src/native/binding.js';
import { Scorer } from '../../src/native/scorer.js';
import { openModelFolder } from '../../src/model/open-model.js';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

interface Window {
  id: string;
  ids: number[];
}

interface Golden {
  window: string;
  layer: number;
  k: number;
  ds: number[];
  variance: number[];
  token_ds?: number[];
  token_ds_every_16?: number[];
}

interface GoldenLoss {
  window: string;
  k: number;
  loss: number[];
  loss_near: number[];
}

const read = (...path: string[]) => readFileSync(join(FIXTURES, ...path), 'utf8');
const WINDOWS = read('windows.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Window);
const LONG = JSON.parse(read('goldens_long.json')) as {
  windows: Record<string, number[]>;
  results: Record<string, Golden[]>;
};

/** Largest |a - b| / |b|, or |a| where b is 0. */
function relative(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...expected.map((b, i) => (b === 0 ? Math.abs(found[i]!) : Math.abs(found[i]! - b) / Math.abs(b))));
}

function absolute(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...expected.map((b, i) => Math.abs(found[i]! - b)));
}

function compare(stats: NativeStats, golden: Golden): void {
  expect([stats.layer, stats.k]).toEqual([golden.layer, golden.k]);
  expect(relative(stats.ds, golden.ds)).toBeLessThan(1e-5);
  expect(relative(stats.variance, golden.variance)).toBeLessThan(1e-5);
  if (golden.token_ds) expect(absolute(stats.tokenDs!, golden.token_ds)).toBeLessThan(1e-4);
  if (golden.token_ds_every_16) {
    const every16 = stats.tokenDs!.filter((_, index) => index % 16 === 0);
    expect(absolute(every16, golden.token_ds_every_16)).toBeLessThan(1e-4);
  }
}

async function withScorer(name: string, loss: boolean, use: (scorer: Scorer, layers: number) => Promise<void>) {
  const model = await openModelFolder(join(FIXTURES, 'models', name), { layers: 'all', loss });
  await using scorer = await Scorer.open(model.specText);
  await use(scorer, model.layerCount);
}

function scoreOne(scorer: Scorer, ids: readonly number[], k: number, layers: readonly number[]) {
  return scorer.score({
    ids: Int32Array.from(ids),
    lengths: Int32Array.of(ids.length),
    k: Int32Array.of(k),
    layers: Int32Array.from(layers),
    tokens: true,
  });
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe.each(readdirSync(join(FIXTURES, 'models')))('%s', (name) => {
  const { results, loss } = JSON.parse(read('goldens', `${name}.json`)) as { results: Golden[]; loss: GoldenLoss[] };

  it('has the attention and the loss of transformers in every layer', async () => {
    await withScorer(name, true, async (scorer, layers) => {
      expect(results).toHaveLength(WINDOWS.length * layers);
      for (const { id, ids } of WINDOWS) {
        const expected = results.filter(({ window }) => window === id);
        const stats = await scoreOne(scorer, ids, expected[0]!.k, range(layers));
        expected.forEach((golden, index) => compare(stats[index]!, golden));
      }
      for (const { window, k, loss: full, loss_near: part } of loss) {
        const ids = Int32Array.from(WINDOWS.find(({ id }) => id === window)!.ids);
        const lengths = Int32Array.of(ids.length, ids.length);
        const both = Int32Array.from([...ids, ...ids]);
        const [all, near] = await scorer.losses({ ids: both, lengths, near: Int32Array.of(0, k) });
        expect(absolute(all!, full)).toBeLessThan(1e-4);
        expect(absolute(near!, part)).toBeLessThan(1e-4);
      }
    });
  });
});

describe.each(Object.keys(LONG.results))('%s, windows of 2,047 and 2,048 tokens', (name) => {
  it('has the attention of transformers in every layer', async () => {
    await withScorer(name, false, async (scorer, layers) => {
      for (const [window, ids] of Object.entries(LONG.windows)) {
        const expected = LONG.results[name]!.filter((golden) => golden.window === window);
        if (expected.length === 0) continue;
        const stats = await scoreOne(scorer, ids, expected[0]!.k, range(layers));
        expect(expected).toHaveLength(layers);
        expected.forEach((golden, index) => compare(stats[index]!, golden));
      }
    });
  });
});

// Largest relative errors of DS and variance over all layers when transformers itself runs the model in bfloat16.
describe.each([
  ['llama_bf16_sharded', 3.1e-3, 1.6e-2],
  ['gpt_oss', 1.3e-2, 3.7e-2],
  ['cohere2', 5.2e-3, 1.7e-2],
])('%s in the type of its weights', (name, ds, variance) => {
  it('is off by no more than twice what transformers is', async () => {
    const { results } = JSON.parse(read('goldens', `${name}.json`)) as { results: Golden[] };
    const model = await openModelFolder(join(FIXTURES, 'models', name), { layers: 'all', forward: 'weights' });
    expect(model.settings['forward.dtype']).toBe('bf16');
    await using scorer = await Scorer.open(model.specText);
    for (const { id, ids } of WINDOWS) {
      const expected = results.filter(({ window }) => window === id);
      const stats = await scoreOne(scorer, ids, expected[0]!.k, model.layers);
      expected.forEach((golden, index) => {
        expect(relative(stats[index]!.ds, golden.ds)).toBeLessThan(2 * ds);
        expect(relative(stats[index]!.variance, golden.variance)).toBeLessThan(2 * variance);
      });
    }
  });
});

describe('which layers are asked for', () => {
  it('changes no bit of any of them', async () => {
    await withScorer('smollm3', false, async (scorer) => {
      const { ids } = WINDOWS[3]!;
      const all = await scoreOne(scorer, ids, 32, [0, 1, 2, 3]);
      for (const layers of [[0], [2], [0, 3], [1, 2]]) {
        const some = await scoreOne(scorer, ids, 32, layers);
        expect(some).toEqual(layers.map((layer) => all[layer]));
      }
    });
  });

  it('and other windows of the batch change none either', async () => {
    await withScorer('mixtral', false, async (scorer) => {
      const [a, , c] = WINDOWS;
      const alone = await scoreOne(scorer, c!.ids, 25, [0, 1]);
      const batch = await scorer.score({
        ids: Int32Array.from([...a!.ids, ...c!.ids]),
        lengths: Int32Array.of(a!.ids.length, c!.ids.length),
        k: Int32Array.of(12, 25),
        layers: Int32Array.of(0, 1),
        tokens: true,
      });
      expect(batch.slice(2)).toEqual(alone);
    });
  });
});

describe('a model that was opened without its head', () => {
  it('has no losses, and says so', async () => {
    await withScorer('llama', false, async (scorer) => {
      const request = { ids: Int32Array.of(1, 2), lengths: Int32Array.of(2), near: Int32Array.of(0) };
      await expect(scorer.losses(request)).rejects.toMatchObject({ code: 'HEAD_UNAVAILABLE', kind: 'usage' });
    });
  });
});
