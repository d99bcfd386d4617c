// The numbers of transformers for every model of the fixtures, and comparing with them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { NativeStats } from '../../src/native/binding.js';
import { Scorer } from '../../src/native/scorer.js';
import { openModelFolder } from '../../src/model/open-model.js';

export const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

interface Window {
  id: string;
  ids: number[];
}

export interface Golden {
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

export const MODELS = readdirSync(join(FIXTURES, 'models'));
export const WINDOWS = read('windows.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Window);
export const LONG = JSON.parse(read('goldens_long.json')) as {
  windows: Record<string, number[]>;
  results: Record<string, Golden[]>;
};

export function goldensOf(name: string): { results: Golden[]; loss: GoldenLoss[] } {
  return JSON.parse(read('goldens', `${name}.json`)) as { results: Golden[]; loss: GoldenLoss[] };
}

/** Largest |a - b| / |b|, or |a| where b is 0. */
export function relative(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...expected.map((b, i) => (b === 0 ? Math.abs(found[i]!) : Math.abs(found[i]! - b) / Math.abs(b))));
}

export function absolute(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...expected.map((b, i) => Math.abs(found[i]! - b)));
}

export function compare(stats: NativeStats, golden: Golden): void {
  expect([stats.layer, stats.k]).toEqual([golden.layer, golden.k]);
  expect(relative(stats.ds, golden.ds)).toBeLessThan(1e-5);
  expect(relative(stats.variance, golden.variance)).toBeLessThan(1e-5);
  if (golden.token_ds) expect(absolute(stats.tokenDs!, golden.token_ds)).toBeLessThan(1e-4);
  if (golden.token_ds_every_16) {
    const every16 = stats.tokenDs!.filter((_, index) => index % 16 === 0);
    expect(absolute(every16, golden.token_ds_every_16)).toBeLessThan(1e-4);
  }
}

/** All layers of a fixture in float32. */
export async function withScorer(
  name: string,
  { loss = false, device = 'cpu' }: { loss?: boolean; device?: string },
  use: (scorer: Scorer, layers: number) => Promise<void>,
): Promise<void> {
  const model = await openModelFolder(join(FIXTURES, 'models', name), { layers: 'all', loss });
  await using scorer = await Scorer.open(model.specText, { device });
  await use(scorer, model.layerCount);
}

export function scoreOne(scorer: Scorer, ids: readonly number[], k: number, layers: readonly number[]) {
  return scorer.score({
    ids: Int32Array.from(ids),
    lengths: Int32Array.of(ids.length),
    k: Int32Array.of(k),
    layers: Int32Array.from(layers),
    tokens: true,
  });
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Attention of every layer and window, and losses with and without far context, within the bounds of float32. */
export async function compareWithGoldens(name: string, device: string): Promise<void> {
  const { results, loss } = goldensOf(name);
  await withScorer(name, { loss: true, device }, async (scorer, layers) => {
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
}

/** The statistics of a window alone are those of the window in a batch with another, to the bit. */
export async function compareAloneWithBatch(name: string, device: string): Promise<void> {
  await withScorer(name, { device }, async (scorer) => {
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
}

/** The same of the windows of 2,047 and 2,048 tokens, without losses. */
export async function compareWithLongGoldens(name: string, device: string): Promise<void> {
  await withScorer(name, { device }, async (scorer, layers) => {
    for (const [window, ids] of Object.entries(LONG.windows)) {
      const expected = LONG.results[name]!.filter((golden) => golden.window === window);
      if (expected.length === 0) continue;
      const stats = await scoreOne(scorer, ids, expected[0]!.k, range(layers));
      expect(expected).toHaveLength(layers);
      expected.forEach((golden, index) => compare(stats[index]!, golden));
    }
  });
}

/** Largest relative errors over all layers, windows and heads where layers are run in the type of the weights. */
export async function errorsInWeightsType(
  name: string,
  device: string,
): Promise<{ dtype: unknown; ds: number; variance: number }> {
  const { results } = goldensOf(name);
  const model = await openModelFolder(join(FIXTURES, 'models', name), { layers: 'all', dtype: 'weights' });
  await using scorer = await Scorer.open(model.specText, { device });
  const worst = { dtype: model.settings['forward.dtype'], ds: 0, variance: 0 };
  for (const { id, ids } of WINDOWS) {
    const expected = results.filter(({ window }) => window === id);
    const stats = await scoreOne(scorer, ids, expected[0]!.k, model.layers);
    expected.forEach((golden, index) => {
      worst.ds = Math.max(worst.ds, relative(stats[index]!.ds, golden.ds));
      worst.variance = Math.max(worst.variance, relative(stats[index]!.variance, golden.variance));
    });
  }
  return worst;
}
