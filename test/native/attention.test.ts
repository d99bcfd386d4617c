// Rows and maps through the addon: against a materialised matrix, and against what transformers says of every family and layer.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NativeAttention, NativeAttentionRequest } from '../../src/native/binding.js';
import { Scorer } from '../../src/native/scorer.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { LLAMA, SMOLLM2, someIds, specOf } from './models.js';
import { NaiveLlama } from './naive-llama.js';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

function request(ids: ArrayLike<number>, wanted: Partial<NativeAttentionRequest> = {}): NativeAttentionRequest {
  return {
    ids: Int32Array.from(ids),
    layers: Int32Array.of(0),
    heads: Int32Array.of(0, 1, 2, 3),
    mean: false,
    rows: new Int32Array(0),
    blocks: 0,
    ...wanted,
  };
}

const edge = (length: number, blocks: number, j: number) => Math.floor((j * length) / blocks);

/** Block means of a matrix given as rows over the keys 0..n, zeros above the diagonal. */
function pooled(rows: readonly ArrayLike<number>[], blocks: number): number[] {
  const length = rows.length;
  return range(blocks ** 2).map((cell) => {
    const [i, j] = [Math.floor(cell / blocks), cell % blocks];
    const [top, bottom] = [edge(length, blocks, i), edge(length, blocks, i + 1)];
    const [left, right] = [edge(length, blocks, j), edge(length, blocks, j + 1)];
    let sum = 0;
    for (let n = top; n < bottom; n++) for (let c = left; c < Math.min(right, n + 1); c++) sum += rows[n]![c]!;
    return sum / ((bottom - top) * (right - left));
  });
}

/** Sums of the rows of a map, each cell times the width of its keys. */
function rowSums(map: ArrayLike<number>, length: number, blocks: number): number[] {
  return range(blocks).map((i) =>
    range(blocks).reduce(
      (sum, j) => sum + map[i * blocks + j]! * (edge(length, blocks, j + 1) - edge(length, blocks, j)),
      0,
    ),
  );
}

function worst(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found).toHaveLength(expected.length);
  return range(found.length).reduce((most, i) => Math.max(most, Math.abs(found[i]! - expected[i]!)), 0);
}

describe('layer 0 of a small llama', () => {
  const naive = new NaiveLlama(LLAMA);
  let scorer: Scorer;
  beforeAll(async () => {
    scorer = await Scorer.open(await specOf(LLAMA), { threads: 2 });
  });
  afterAll(() => scorer[Symbol.asyncDispose]());

  it.each([1, 2, 3, 64, 65, 131, 200])('has the rows and the map of the full matrix at L = %i', async (length) => {
    const ids = [...someIds(length, 512)];
    const matrices = naive.matrices(ids);
    for (const blocks of new Set([1, Math.min(7, length), Math.min(64, length), length])) {
      const rows = Int32Array.from(range(length));
      const heads = await scorer.attention(request(ids, { rows, blocks }));
      expect(heads.map(({ layer, head }) => [layer, head])).toEqual(range(4).map((head) => [0, head]));
      for (const { head, rows: found, map } of heads) {
        // Q and K are float32 and the rest float64: a logit is off by 1e-6 at most.
        matrices[head]!.forEach((row, n) => expect(worst(found[n]!, row)).toBeLessThan(1e-6));
        expect(worst(map!, pooled(matrices[head]!, blocks))).toBeLessThan(1e-6);
        expect(worst(rowSums(map!, length, blocks), Array(blocks).fill(1) as number[])).toBeLessThan(1e-6);
      }
    }
  });

  it('gives the chosen heads, and the mean over them as one', async () => {
    const ids = someIds(150, 512);
    const rows = Int32Array.of(20, 149);
    const all = await scorer.attention(request(ids, { rows, blocks: 10 }));
    const two = await scorer.attention(request(ids, { rows, blocks: 10, heads: Int32Array.of(1, 3) }));
    expect(two).toEqual([all[1], all[3]]);
    const [mean, ...rest] = await scorer.attention(request(ids, { rows, blocks: 10, mean: true }));
    expect(rest).toEqual([]);
    expect(mean!.head).toBe(-1);
    const average = (pick: (one: NativeAttention) => Float32Array) =>
      Array.from(pick(all[0]!), (_, i) => all.reduce((sum, one) => sum + pick(one)[i]! / 4, 0));
    expect(
      worst(
        mean!.map!,
        average(({ map }) => map!),
      ),
    ).toBeLessThan(1e-7);
    for (const r of [0, 1])
      expect(
        worst(
          mean!.rows[r]!,
          average((one) => one.rows[r]!),
        ),
      ).toBeLessThan(1e-7);
  });

  it('gives only what was asked for', async () => {
    const [onlyRows] = await scorer.attention(request([1, 2, 3], { rows: Int32Array.of(2, 0) }));
    expect(onlyRows!.rows.map((row) => row.length)).toEqual([3, 1]);
    expect(onlyRows).not.toHaveProperty('map');
    const [onlyMap] = await scorer.attention(request([1, 2, 3], { blocks: 2 }));
    expect(onlyMap!.rows).toEqual([]);
    expect(onlyMap!.map).toHaveLength(4);
  });

  it.each([
    ['no ids', { ids: new Int32Array(0) }, 'INVALID_REQUEST', 'window 0 must not have 0 tokens'],
    ['an id beyond', { ids: Int32Array.of(1, 512, 3) }, 'TOKEN_OUT_OF_RANGE', 'token id 512 at position 1'],
    ['no layer', { layers: new Int32Array(0) }, 'INVALID_REQUEST', 'layers must not be empty'],
    ['a layer beyond', { layers: Int32Array.of(4) }, 'LAYER_UNAVAILABLE', 'layer must not be 4'],
    ['no head', { heads: new Int32Array(0) }, 'INVALID_REQUEST', 'heads must not be empty'],
    [
      'a head beyond',
      { heads: Int32Array.of(2, 4) },
      'INVALID_REQUEST',
      'head must not be 4. It must be an integer from 0 to 3',
    ],
    ['heads out of order', { heads: Int32Array.of(2, 1) }, 'INVALID_REQUEST', 'ascending'],
    [
      'a row beyond',
      { rows: Int32Array.of(3) },
      'INVALID_REQUEST',
      'row must not be 3. It must be an integer from 0 to 2',
    ],
    ['a negative row', { rows: Int32Array.of(-1) }, 'INVALID_REQUEST', 'row must not be -1'],
    [
      'more blocks than tokens',
      { blocks: 4 },
      'INVALID_REQUEST',
      'blocks must not be 4. It must be an integer from 0 to 3',
    ],
    ['far too many blocks', { blocks: 1025 }, 'INVALID_REQUEST', 'blocks must be a whole number from 0 to 1024'],
    ['blocks of another type', { blocks: '4' }, 'INVALID_REQUEST', 'blocks must be a whole number'],
    ['rows of another type', { rows: [1] }, 'INVALID_REQUEST', 'rows must be an Int32Array'],
    ['mean of another type', { mean: 1 }, 'INVALID_REQUEST', 'mean must be true or false'],
  ])('refuses %s', async (_, wrong, code, message) => {
    const spoiled = {
      ...request([1, 2, 3], { rows: Int32Array.of(1) }),
      ...wrong,
    } as unknown as NativeAttentionRequest;
    await expect(scorer.attention(spoiled)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('the bundled model', () => {
  it('has the same bits with any number of threads', async () => {
    const wanted = request(someIds(3000, 49_152), {
      heads: Int32Array.from(range(9)),
      rows: Int32Array.of(17, 2999),
      blocks: 256,
    });
    const results: NativeAttention[][] = [];
    for (const threads of [1, 2, 3]) {
      await using scorer = await Scorer.open(await specOf(SMOLLM2), { threads });
      results.push(await scorer.attention(wanted));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('stops on a signal, and goes on afterwards', async () => {
    await using scorer = await Scorer.open(await specOf(SMOLLM2));
    const controller = new AbortController();
    const long = request(someIds(32_768, 49_152), { heads: Int32Array.from(range(9)), blocks: 256 });
    const running = scorer.attention(long, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(running).rejects.toThrow('enough');
    expect(await scorer.attention(request([1, 2, 3], { blocks: 1 }))).toHaveLength(4);
  });
});

interface Golden {
  window: string;
  layer: number;
  k: number;
  ds: number[];
  token_ds: number[];
}

const WINDOWS = readFileSync(join(FIXTURES, 'windows.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { id: string; ids: number[] });

describe.each(readdirSync(join(FIXTURES, 'models')))('%s', (name) => {
  it('has rows that add up to the far masses of transformers, and maps that are their means, in every layer', async () => {
    const { results } = JSON.parse(readFileSync(join(FIXTURES, 'goldens', `${name}.json`), 'utf8')) as {
      results: Golden[];
    };
    const { ids } = WINDOWS.find(({ id }) => id === 'L101')!;
    const model = await openModelFolder(join(FIXTURES, 'models', name), { layers: 'all' });
    await using scorer = await Scorer.open(model.specText);
    const heads = range(model.heads);
    const found = await scorer.attention(
      request(ids, {
        layers: Int32Array.from(model.layers),
        heads: Int32Array.from(heads),
        rows: Int32Array.from(range(ids.length)),
        blocks: 16,
      }),
    );
    expect(found).toHaveLength(model.layerCount * model.heads);
    const goldens = results.filter(({ window }) => window === 'L101');
    expect(goldens).toHaveLength(model.layerCount);
    for (const { layer, k, ds, token_ds: tokenDs } of goldens) {
      const ofLayer = found.filter((one) => one.layer === layer);
      const far = ofLayer.map(({ rows }) =>
        rows.map((row, n) => row.subarray(0, Math.max(0, n - k + 1)).reduce((sum, share) => sum + share, 0)),
      );
      far.forEach((masses, head) => {
        const mean = masses.reduce((sum, mass) => sum + mass, 0) / ids.length;
        expect(Math.abs(mean - ds[head]!)).toBeLessThanOrEqual(1e-5 * ds[head]!);
      });
      const token = range(ids.length).map((n) => far.reduce((sum, masses) => sum + masses[n]! / heads.length, 0));
      expect(worst(token, tokenDs)).toBeLessThan(1e-4);
      for (const { rows, map } of ofLayer) {
        expect(worst(map!, pooled(rows, 16))).toBeLessThan(1e-5);
        const sums = rowSums(map!, ids.length, 16);
        // The sink logits of gpt_oss take a share of every row.
        if (name.startsWith('gpt_oss')) expect(Math.max(...sums)).toBeLessThan(1);
        else expect(worst(sums, Array(16).fill(1) as number[])).toBeLessThan(1e-5);
      }
    }
  });
});
