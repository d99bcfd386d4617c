import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ArrowFile } from '../../src/arrow/file.js';
import { readScores, readSelection } from '../../src/arrow/reader.js';
import { SELECTION_COLUMNS } from '../../src/arrow/schema.js';
import type { ScoreRow, SelectionRow } from '../../src/base/records.js';
import type { Run } from '../../src/run/directory.js';
import { nodeFileSystem, type FileSystem } from '../../src/io/file-system.js';
import { Ledger, partName } from '../../src/run/ledger.js';
import { registerScore } from '../../src/scores/registry.js';
import { plainScore } from '../../src/scores/score.js';
import { findCountScore, listCountScores } from '../../src/scores/registry.js';
import { selectWindows, type SelectionSettings } from '../../src/selection/select-windows.js';
import { collect } from '../support/collect.js';
import { makeScoredRun, someWindows, WINDOW } from '../support/made-run.js';
import { tempFolder } from '../support/temp-folder.js';

const PARTS = [
  [...someWindows(0, 20), ...someWindows(0, 11, 'code')],
  [],
  someWindows(20, 31),
  someWindows(11, 9, 'code'),
];
const DEFAULTS: SelectionSettings = {
  score: 'longattn',
  alpha: 0.5,
  std: 'zscore',
  heads: 'all',
  keep: 0.25,
  maxOverlap: 1,
};

const dir = mkdtempSync(path.join(os.tmpdir(), 'longattn-test-'));
let run: Run;
let scores: ScoreRow[];
beforeAll(async () => {
  run = await makeScoredRun(dir, PARTS, { layers: [1, 4], tokens: true });
  scores = [];
  for (const part of PARTS.keys()) scores.push(...(await collect(readScores(run.scores.file(partName(part))))));
});
afterAll(() => rmSync(dir, { recursive: true }));

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function naive(settings: SelectionSettings): SelectionRow[] {
  const layer = settings.layer ?? 1;
  const rows = scores
    .filter((row) => row.layer === layer)
    .map((row) => {
      const heads = settings.heads === 'all' ? [0, 1, 2] : [...settings.heads];
      const from = (settings.k ?? row.k) / (WINDOW / 32);
      const tail = (bins: Float64Array, head: number): number => {
        let sum = 0;
        for (let j = from; j < 32; j++) sum += bins[head * 32 + j]!;
        return sum;
      };
      const ds = heads.map((h) => tail(row.massBins, h) + tail(row.sinkMassBins, h));
      const variance = heads.map((h, i) => {
        const n = WINDOW ** 2;
        return (tail(row.squareBins, h) + tail(row.sinkSquareBins, h) - (ds[i]! * WINDOW) ** 2 / n) / (n - 1);
      });
      return { windowId: row.windowId, domain: row.domain, ds: mean(ds), du: -mean(variance) };
    });
  return rows.map((row) => {
    const domain = rows.filter((other) => other.domain === row.domain);
    const standard =
      (pick: (r: typeof row) => number) =>
      (r: typeof row): number => {
        const values = domain.map(pick);
        const m = mean(values);
        if (settings.std === 'minmax')
          return (pick(r) - Math.min(...values)) / (Math.max(...values) - Math.min(...values));
        return (pick(r) - m) / Math.sqrt(mean(values.map((v) => (v - m) ** 2)));
      };
    const lds = (r: typeof row): number => standard((x) => x.ds)(r) + settings.alpha * standard((x) => x.du)(r);
    const rank = 1 + domain.filter((other) => lds(other) > lds(row)).length;
    const selected = rank <= Math.ceil(settings.keep! * domain.length);
    return { ...row, lds: lds(row), score: lds(row), rank, selected, reason: selected ? 'kept' : 'below the cut' };
  });
}

describe('selectWindows', () => {
  it('ranks by a blend of scores of several layers, whichever layer DS and DU are of', async () => {
    const valuesOf = async (score: string, layer?: number): Promise<SelectionRow[]> =>
      collect(readSelection((await selectWindows(run, { ...DEFAULTS, score, layer })).path));
    const standard = (rows: SelectionRow[]): number[] =>
      rows.map((row) => {
        const own = rows.filter(({ domain }) => domain === row.domain).map(({ score }) => score);
        return (row.score - mean(own)) / Math.sqrt(mean(own.map((value) => (value - mean(own)) ** 2)));
      });
    const [ds, content, gzip] = [await valuesOf('ds', 4), await valuesOf('content', 1), await valuesOf('gzip')];
    const terms = [ds, content, gzip].map(standard);
    const score = 'blend:2*ds@4+-0.5*content@1+gzip';
    for (const layer of [undefined, 1, 4]) {
      const rows = await valuesOf(score, layer);
      rows.forEach((row, i) => {
        expect(row.windowId).toBe(ds[i]!.windowId);
        expect(row.score).toBeCloseTo((2 * terms[0]![i]! - 0.5 * terms[1]![i]! + terms[2]![i]!) / 3.5, 10);
      });
      expect(rows.map((row) => row.ds)).toEqual((await valuesOf('ds', layer ?? 1)).map((row) => row.ds));
    }
  });

  it.each([
    ['blend:content@2+gzip', 'LAYER_NOT_SCORED', 'layer must not be 2'],
    ['blend:content+gzip@1', 'INVALID_OPTION', 'without a layer for gzip'],
    ['blend:content+recurrence@1', 'INVALID_OPTION', 'blend'],
  ])('refuses %s', async (score, code, message) => {
    await expect(selectWindows(run, { ...DEFAULTS, score })).rejects.toMatchObject({
      ...{ code, message: expect.stringContaining(message) },
    });
  });

  it.each([
    ['the defaults', {}],
    ['min-max', { std: 'minmax' }],
    ['another alpha, one head', { alpha: 2, heads: [1] }],
    ['two heads of another layer', { heads: [0, 2], layer: 4 }],
    ['the edge 2', { k: 4 }],
    ['the edge 24, another layer', { k: 48, layer: 4, alpha: -1 }],
    ['k = 0', { k: 0, keep: 0.5 }],
  ] as [string, Partial<SelectionSettings>][])('agrees with a naive re-computation: %s', async (_, changes) => {
    const settings = { ...DEFAULTS, ...changes };
    const { path: file, domains } = await selectWindows(run, settings);
    const rows = await collect(readSelection(file));
    const expected = naive(settings);
    expect(rows).toHaveLength(71);
    rows.forEach((row, i) => {
      const { ds, du, lds, score: _s, ...rest } = expected[i]!;
      expect(row).toMatchObject(rest);
      expect(row.ds).toBeCloseTo(ds, 12);
      expect(row.du).toBeCloseTo(du, 12);
      expect(row.lds).toBeCloseTo(lds, 8);
      expect(row.score).toBe(row.lds);
    });
    for (const domain of domains) {
      const own = expected.filter((row) => row.domain === domain.domain);
      const kept = own.filter((row) => row.selected);
      expect(domain).toMatchObject({
        windows: own.length,
        tokens: own.length * WINDOW,
        kept: kept.length,
        keptTokens: kept.length * WINDOW,
      });
      expect(domain.dsMean).toBeCloseTo(mean(own.map((row) => row.ds)), 12);
      expect(domain.duMean).toBeCloseTo(mean(own.map((row) => row.du)), 12);
      expect(domain.scoreCut).toBeCloseTo(Math.min(...kept.map((row) => row.lds)), 8);
    }
  });

  it('counts the documents of each domain', async () => {
    const { domains } = await selectWindows(run, DEFAULTS);
    expect(domains.map(({ domain, documents }) => [domain, documents])).toEqual([
      ['book', 18],
      ['code', 8],
    ]);
  });

  it('gives 0 to all windows of a domain that are equal, and the same bytes each time', async () => {
    const equal = await makeScoredRun(tempFolder(), [someWindows(0, 1)]);
    const { path: file } = await selectWindows(equal, DEFAULTS);
    const bytes = readFileSync(file);
    expect((await collect(readSelection(file)))[0]).toMatchObject({ lds: 0, rank: 1, selected: true });
    await selectWindows(equal, { ...DEFAULTS, alpha: 3 });
    await selectWindows(equal, DEFAULTS);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('ranks by any score of the registry, also one of the user that needs tokens', async () => {
    registerScore({
      ...plainScore('test-mean-token', 'mean of token_ds', 'test', (view) => mean([...view.row.tokenDs!])),
      reads: ['tokenDs'],
    });
    const rows = await collect(
      readSelection((await selectWindows(run, { ...DEFAULTS, score: 'test-mean-token' })).path),
    );
    const byId = new Map(scores.filter((row) => row.layer === 1).map((row) => [row.windowId, mean([...row.tokenDs!])]));
    for (const row of rows) expect(row.score).toBeCloseTo(byId.get(row.windowId)!, 12);
    const content = await collect(
      readSelection((await selectWindows(run, { ...DEFAULTS, score: 'content', heads: [2] })).path),
    );
    const first = scores[0]!;
    expect(content[0]!.score).toBeCloseTo(
      first.massBins.subarray(64 + 8, 96).reduce((a, b) => a + b, 0),
      12,
    );
  });

  it('reads of the disk only what the score needs', async () => {
    let read = 0;
    const open = async (...args: Parameters<FileSystem['open']>): Promise<FileHandle> =>
      new Proxy(await nodeFileSystem.open(...args), {
        get(target, name) {
          const value = Reflect.get(target, name) as unknown;
          if (name !== 'read') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          return async (...rest: [Uint8Array, number, number, number]) => {
            const result = await target.read(...rest);
            read += result.bytesRead;
            return result;
          };
        },
      });
    const watched = new Ledger(run.scores.folder, run.scores.specHash, { ...nodeFileSystem, open });
    const bytesOf = async (changes: Partial<SelectionSettings>): Promise<number> => {
      read = 0;
      await selectWindows({ ...run, scores: watched }, { ...DEFAULTS, ...changes }, { check: 'size' });
      return read;
    };
    const size = PARTS.reduce((sum, _, part) => sum + statSync(run.scores.file(partName(part))).size, 0);
    const [plain, one, all] = [await bytesOf({}), await bytesOf({ score: 'content' }), await bytesOf({ k: 8 })];
    expect(plain).toBeLessThan(0.2 * size);
    expect(one).toBeGreaterThan(plain);
    expect(one).toBeLessThan(0.5 * size);
    expect(all).toBeGreaterThan(0.7 * size);
    expect(await bytesOf({ score: 'ds' })).toBe(plain);
  });

  it.each(listCountScores().map(({ name }) => name))('ranks by %s, a count', async (name) => {
    const rows = await collect(readSelection((await selectWindows(run, { ...DEFAULTS, score: name, seed: 5 })).path));
    const windows = PARTS.flat();
    for (const domain of ['book', 'code']) {
      const own = windows.filter((window) => window.domain === domain);
      const scorer = findCountScore(name).open({ seed: 5 });
      for (const { tokenIds } of own) scorer.observe?.(tokenIds);
      const expected = own.map((window) => scorer.value(window, WINDOW / 4));
      const found = rows.filter((row) => row.domain === domain);
      expect(found.map((row) => row.score)).toEqual(expected);
      expect(found.map((row) => row.windowId)).toEqual(own.map(({ windowId }) => windowId));
      expect(found.map((row) => row.rank).sort((a, b) => a - b)).toEqual(own.map((_, i) => i + 1));
    }
    // DS and DU stand beside any score.
    expect(rows[0]!.ds).toBeCloseTo(mean([...scores[0]!.ds]), 12);
  });

  it.each([
    [
      'blend:content+0.5*recurrence-2',
      [
        ['content', 1],
        ['recurrence-2', 0.5],
      ],
    ],
    [
      'blend:longattn+-2*gzip',
      [
        ['longattn', 1],
        ['gzip', -2],
      ],
    ],
    [
      'recurrence',
      [
        ['recurrence-1', 1],
        ['recurrence-2', 1],
        ['recurrence-3', 1],
      ],
    ],
  ] as [string, [string, number][]][])('ranks by the blend %s', async (name, parts) => {
    const scoreOf = async (score: string): Promise<SelectionRow[]> =>
      collect(readSelection((await selectWindows(run, { ...DEFAULTS, score })).path));
    const columns: SelectionRow[][] = [];
    for (const [score] of parts) columns.push(await scoreOf(score));
    const blended = await scoreOf(name);
    const weights = parts.reduce((sum, [, weight]) => sum + Math.abs(weight), 0);
    for (const domain of ['book', 'code']) {
      const z = columns.map((rows) => {
        const own = rows.filter((row) => row.domain === domain).map((row) => row.score);
        const deviation = Math.sqrt(mean(own.map((x) => (x - mean(own)) ** 2)));
        return own.map((x) => (deviation === 0 ? 0 : (x - mean(own)) / deviation));
      });
      blended
        .filter((row) => row.domain === domain)
        .forEach((row, i) => {
          const expected = parts.reduce((sum, [, weight], part) => sum + (weight * z[part]![i]!) / weights, 0);
          expect(row.score).toBeCloseTo(expected, 9);
        });
    }
  });

  it.each(['content', 'gzip', 'longattn-minmax', 'blend:content+gzip'])(
    'has LDS beside %s, with the alpha and std of the run',
    async (score) => {
      for (const changes of [{}, { alpha: 2, std: 'minmax', heads: [1] }] as Partial<SelectionSettings>[]) {
        const settings = { ...DEFAULTS, ...changes };
        const expected = naive(settings).map(({ lds }) => lds);
        const rows = await collect(readSelection((await selectWindows(run, { ...settings, score })).path));
        rows.forEach((row, i) => expect(row.lds).toBeCloseTo(expected[i]!, 8));
      }
    },
  );

  it('says what uniform attention would have at the k that was chosen', async () => {
    for (const [k, ds] of [
      [undefined, 0.4034],
      [8, 0.6151],
      [32, 0.1534],
    ] as const) {
      const { nullModel } = await selectWindows(run, { ...DEFAULTS, k });
      expect(nullModel).toMatchObject({ k: k ?? 16, window: 64 });
      expect(nullModel!.ds).toBeCloseTo(ds, 4);
    }
  });

  it('refuses scores of other windows', async () => {
    const other = await makeScoredRun(tempFolder(), [someWindows(0, 3)]);
    const mixed = await makeScoredRun(tempFolder(), [someWindows(5, 3)]);
    const settings = { ...DEFAULTS, score: 'gzip' };
    await expect(selectWindows({ ...mixed, windows: other.windows }, settings)).rejects.toMatchObject({
      code: 'SCORES_STALE',
    });
  });

  it('says in the file how it was made', async () => {
    const { path: file } = await selectWindows(run, { ...DEFAULTS, k: 8 });
    await using opened = await ArrowFile.open(file, SELECTION_COLUMNS);
    expect(JSON.parse(opened.metadata.get('selection')!)).toMatchObject({
      score: 'longattn',
      k: 8,
      layer: 1,
      alpha: 0.5,
      heads: 'all',
      keep: 0.25,
    });
    expect(opened.metadata.get('model')).toBe('fake');
  });

  it.each([
    [{ layer: 2 }, 'LAYER_NOT_SCORED', 'scores of 1, 4'],
    [{ heads: [0, 3] }, 'INVALID_OPTION', 'heads 0 to 2'],
    [{ k: 5 }, 'K_NOT_STORED', 'must not be 5'],
    [{ score: 'nonsense' }, 'INVALID_OPTION', 'longattn'],
  ] as [Partial<SelectionSettings>, string, string][])('refuses %j', async (changes, code, message) => {
    await expect(selectWindows(run, { ...DEFAULTS, ...changes })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('refuses to rank while parts are missing or changed', async () => {
    const partial = await makeScoredRun(tempFolder(), [someWindows(0, 3), someWindows(3, 3)], { parts: [0] });
    await expect(selectWindows(partial, DEFAULTS)).rejects.toMatchObject({
      code: 'PARTS_MISSING',
      message: expect.stringMatching(/1 of 2 .*part-00001/),
    });
    const changed = await makeScoredRun(tempFolder(), [someWindows(0, 3)]);
    const file = changed.scores.file('part-00000');
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(file, bytes);
    await expect(selectWindows(changed, DEFAULTS)).rejects.toMatchObject({
      code: 'PART_CHANGED',
      message: expect.stringContaining(file),
    });
  });

  it('never ranks a number that is none', async () => {
    registerScore(plainScore('test-nan', 'NaN', 'test', () => NaN));
    await expect(selectWindows(run, { ...DEFAULTS, score: 'test-nan' })).rejects.toMatchObject({
      code: 'SCORE_NOT_FINITE',
    });
  });
});
