// Scores through the addon at lengths and distances that the golden files of the families do not have, and of the bundled model.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openModelFolder } from '../../src/model/open-model.js';
import { Scorer } from '../../src/native/scorer.js';
import { meanLoss } from '../../src/scoring/losses.js';
import { resolveDistance } from '../../src/base/distance.js';
import { LLAMA, oneWindow, SMOLLM2, someIds, specOf } from './models.js';
import { NaiveLlama } from './naive-llama.js';

interface Golden {
  name: string;
  k: number;
  ids: number[];
  ds: number[];
  variance: number[];
  token_ds_every_64: number[];
}

function expectNear(found: ArrayLike<number>, expected: readonly number[], relative: number, absolute = 0): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(relative * Math.abs(value) + absolute);
  });
}

describe('layer 0 of a small llama', () => {
  const naive = new NaiveLlama(LLAMA);

  it.each([1, 2, 3, 5, 63, 64, 65, 66, 67, 101, 130])(
    'equals the full matrix at L = %i, for every kind of k',
    async (length) => {
      await using scorer = await Scorer.open(await specOf(LLAMA));
      const ids = [...someIds(length, 512)];
      const rules = ['quarter', 'authors', 0, 1, length - 1, length, length + 1000] as const;
      for (const k of new Set(rules.map((rule) => resolveDistance(rule, length)))) {
        const expected = naive.score(ids, k);
        const [stats] = await scorer.score(oneWindow(ids, k));
        expectNear(stats!.ds, expected.ds, 1e-5);
        expectNear(stats!.variance, expected.variance, 1e-5, 1e-15);
        expectNear(stats!.tokenDs!, expected.tokenDs, 0, 1e-6);
      }
    },
  );

  it('gives DS 1 and variance 0 to a single token, and zeros beyond the window', async () => {
    await using scorer = await Scorer.open(await specOf(LLAMA));
    const [one] = await scorer.score(oneWindow([7], 0));
    expect([...one!.ds, ...one!.variance]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const [beyond] = await scorer.score(oneWindow(someIds(40, 512), 40));
    expect([...beyond!.ds, ...beyond!.variance, ...beyond!.farPeak]).toEqual(Array(12).fill(0));
  });
});

describe('losses beside the statistics', () => {
  const asked = { loss: true, layers: [0, 1] };

  it.each([
    [1, 3],
    [2, 1],
    [9, 5],
    [65, 16],
    [300, 40],
    [300, 299],
    [300, 1000],
  ])('are those of the calls by themselves, to the bit: L = %i, k = %i', async (length, k) => {
    const { specText } = await openModelFolder(LLAMA, asked);
    await using scorer = await Scorer.open(specText);
    const request = { ...oneWindow(someIds(length, 512), k), layers: Int32Array.of(0, 1) };
    const { ids, lengths } = request;
    const [all] = await scorer.losses({ ids, lengths, near: Int32Array.of(0) });
    const [near] = await scorer.losses({ ids, lengths, near: Int32Array.of(k) });
    const expected = (await scorer.score(request)).map((row) => ({
      ...row,
      loss: meanLoss(all!),
      nearLoss: meanLoss(near!),
    }));
    expect(await scorer.score({ ...request, losses: true })).toEqual(expected);
  });

  it('need a near context, and the whole model', async () => {
    const { specText } = await openModelFolder(LLAMA, asked);
    await using scorer = await Scorer.open(specText);
    const request = { ...oneWindow(someIds(9, 512), 0), losses: true };
    await expect(scorer.score(request)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('k must be at least 1 with losses'),
    });
    await using part = await Scorer.open(await specOf(LLAMA));
    await expect(part.score({ ...request, k: Int32Array.of(1) })).rejects.toMatchObject({ code: 'HEAD_UNAVAILABLE' });
  });
});

describe('the bundled model', () => {
  const goldens = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'fixtures', 'goldens_smollm2.json'), 'utf8'),
  ) as { windows: Golden[] };

  it.each(goldens.windows)(
    'has the golden scores of $name',
    async ({ ids, k, ds, variance, token_ds_every_64: tokens }) => {
      await using scorer = await Scorer.open(await specOf(SMOLLM2));
      const [stats] = await scorer.score(oneWindow(ids, k));
      expectNear(stats!.ds, ds, 1e-5);
      expectNear(stats!.variance, variance, 1e-5);
      expectNear(
        stats!.tokenDs!.filter((_, n) => n % 64 === 0),
        tokens,
        0,
        1e-4,
      );
    },
  );

  it('has its table after a window, and finds the tokens there in the next', async () => {
    await using scorer = await Scorer.open(await specOf(SMOLLM2));
    const ids = goldens.windows[0]!.ids;
    await scorer.score(oneWindow(ids, 256));
    const distinct = new Set(ids).size;
    expect(scorer.counters()).toMatchObject({ distinctTokens: distinct, tokensFound: 0, tableRows: distinct });
    await scorer.score(oneWindow(ids, 256));
    expect(scorer.counters()).toMatchObject({ distinctTokens: 2 * distinct, tokensFound: distinct });
  });
});
