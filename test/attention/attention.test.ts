import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { attention } from '../../src/attention/attention.js';
import { writeAttention } from '../../src/attention/attention-file.js';
import type { ProgressEvent } from '../../src/base/events.js';
import type { AttentionOptions } from '../../src/options/attention-options.js';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import { LLAMA, SMOLLM2, someIds } from '../native/models.js';
import { NaiveLlama } from '../native/naive-llama.js';
import { tempFolder } from '../support/temp-folder.js';

const TEXT = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
const IDS = [...someIds(90, 512)];

describe('attention', () => {
  it('reads a text with the tokenizer of the model, cut to the window', async () => {
    const all = (await (await openTokenizer(SMOLLM2)).encode(TEXT)).ids;
    const result = await attention({ model: SMOLLM2, text: TEXT, start: 10, window: 300 });
    expect(result.ids).toEqual(all.slice(10, 310));
    expect(result.blocks).toBe(256);
    expect(result.edges).toHaveLength(257);
    expect([...result.edges.slice(0, 3), result.edges.at(-1)]).toEqual([0, 1, 2, 300]);
    expect(result.attention.map(({ layer, head }) => [layer, head])).toEqual(
      Array.from({ length: 9 }, (_, h) => [0, h]),
    );
    for (const { map, rows } of result.attention) {
      expect(map).toHaveLength(256 * 256);
      expect(rows).toEqual([]);
      for (let i = 0; i < 256; i++) {
        let sum = 0;
        for (let j = 0; j < 256; j++) sum += map![i * 256 + j]! * (result.edges[j + 1]! - result.edges[j]!);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
      }
    }
    expect(result.metadata).toMatchObject({ model: 'llama', kernel: expect.any(String) });
  });

  it('takes ids of any kind of list, and gives rows of the matrix', async () => {
    const matrices = new NaiveLlama(LLAMA).matrices(IDS);
    for (const ids of [IDS, Int32Array.from(IDS), Uint16Array.from(IDS)]) {
      const { attention: found, ...rest } = await attention({ model: LLAMA, ids, heads: [3, 1, 3], rows: [80, 5] });
      expect(rest).toMatchObject({ rows: [5, 80], blocks: 0, edges: new Int32Array(0) });
      expect(found.map(({ head }) => head)).toEqual([1, 3]);
      for (const { head, rows, map } of found) {
        expect(map).toBeUndefined();
        [5, 80].forEach((row, r) => {
          const expected = matrices[head as number]![row]!;
          expect(rows[r]).toHaveLength(row + 1);
          expected.forEach((share, i) => expect(Math.abs(rows[r]![i]! - share)).toBeLessThan(1e-6));
        });
      }
    }
  });

  it('goes through the layers that are asked for, and names a mean', async () => {
    const { attention: all } = await attention({ model: LLAMA, ids: IDS, layers: 'all', map: 9 });
    const { attention: some } = await attention({ model: LLAMA, ids: IDS, layers: [1], map: 9, rows: [3] });
    expect(new Set(all.map(({ layer }) => layer)).size).toBeGreaterThan(1);
    expect(some.map(({ map }) => map)).toEqual(all.filter(({ layer }) => layer === 1).map(({ map }) => map));
    const { attention: mean } = await attention({ model: LLAMA, ids: IDS, heads: 'mean', map: 2 });
    expect(mean.map(({ layer, head }) => [layer, head])).toEqual([[0, 'mean']]);
  });

  it('has no more blocks than tokens, and the RoPE base that it is told', async () => {
    const own = await attention({ model: LLAMA, ids: IDS });
    const other = await attention({ model: LLAMA, ids: IDS, ropeTheta: 100 });
    expect(own.blocks).toBe(90);
    expect(other.attention[0]!.map).not.toEqual(own.attention[0]!.map);
  });

  it('says when it is at work', async () => {
    const events: ProgressEvent[] = [];
    await attention({ model: LLAMA, ids: IDS }, { onProgress: (event) => events.push(event) });
    expect(events).toEqual([
      { type: 'stage-start', stage: 'attention', parts: 1, done: 0 },
      { type: 'stage-done', stage: 'attention', counts: { tokens: 90, layers: 1, heads: 4 } },
    ]);
  });

  it.each([
    ['no text and no ids', { ids: undefined }, 'MISSING_OPTION', 'text or ids is missing'],
    ['both', { text: 'a' }, 'MISSING_OPTION', 'text and ids must not both be given'],
    ['no model', { model: undefined }, 'MISSING_OPTION', 'model is missing'],
    ['an empty text', { text: '', ids: undefined }, 'INVALID_OPTION', 'text must not be ""'],
    ['half a surrogate pair', { model: SMOLLM2, text: 'a\ud800', ids: undefined }, 'TEXT_INVALID', 'surrogate'],
    ['ids that are none', { ids: 7 }, 'INVALID_OPTION', 'ids must not be 7'],
    ['a fraction', { ids: [1, 2.5] }, 'TOKEN_ID', 'ids has the number 2.5 at 1'],
    ['no ids at all', { ids: [] }, 'INVALID_OPTION', 'start must not be 0'],
    ['an id beyond the vocabulary', { ids: [1, 512] }, 'TOKEN_ID', 'token id 512 at 1'],
    ['a start beyond the text', { start: 90 }, 'INVALID_OPTION', 'start must not be 90'],
    ['a window of nothing', { window: 0 }, 'INVALID_OPTION', 'window must not be 0'],
    ['a layer beyond', { layers: [99] }, 'INVALID_OPTION', 'layer must not be 99'],
    ['a head beyond', { heads: [0, 4] }, 'INVALID_OPTION', 'heads must not be 4. It must be from 0 to 3'],
    ['heads of no meaning', { heads: 'best' }, 'INVALID_OPTION', 'heads must not be "best". It must be all, mean'],
    ['a row beyond the window', { rows: [0, 90] }, 'INVALID_OPTION', 'rows must not be 90. It must be from 0 to 89'],
    ['a negative row', { rows: [-1] }, 'INVALID_OPTION', 'rows must not be [-1]'],
    ['too many blocks', { map: 1025 }, 'INVALID_OPTION', 'map must not be 1025'],
    ['nothing to show', { map: false }, 'INVALID_OPTION', 'map must not be false'],
    ['an option that there is not', { block: 3 }, 'INVALID_OPTION', 'Unknown option block'],
    ['a model that there is not', { model: '/no/such/folder' }, 'MODEL_NOT_FOUND', '/no/such/folder'],
  ])('refuses %s', async (_, wrong, code, message) => {
    const options = { model: LLAMA, ids: IDS, ...wrong } as unknown as AttentionOptions;
    await expect(attention(options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('stops on a signal', async () => {
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    await expect(attention({ model: LLAMA, ids: IDS }, { signal })).rejects.toThrow('no longer wanted');
    const controller = new AbortController();
    const ids = someIds(32_768, 49_152);
    const onProgress = (event: ProgressEvent) => event.type === 'stage-start' && controller.abort(new Error('stop'));
    await expect(attention({ model: SMOLLM2, ids }, { signal: controller.signal, onProgress })).rejects.toThrow('stop');
  });
});

describe('writeAttention', () => {
  it('writes the same bytes for the same window, and the columns that there are', async () => {
    const folder = tempFolder();
    const files = ['a', 'b'].map((name) => join(folder, name));
    const both = { model: LLAMA, ids: IDS, rows: [5, 80], map: 8 } as const;
    const columns = await Promise.all(
      [1, 2].map(async (threads, i) => writeAttention(files[i]!, await attention({ ...both, threads }))),
    );
    expect(columns[0]).toEqual({
      layer: 'int32',
      head: 'int32',
      token_ids: 'int32[90]',
      map: 'tensor<float32>[8,8]',
      row: 'int32[2]',
      rows: 'tensor<float32>[2,90]',
    });
    expect(readFileSync(files[0]!).equals(readFileSync(files[1]!))).toBe(true);
    const onlyMap = await writeAttention(files[0]!, await attention({ model: LLAMA, ids: IDS, map: 8 }));
    expect(Object.keys(onlyMap)).toEqual(['layer', 'head', 'token_ids', 'map']);
    const onlyRows = await writeAttention(files[0]!, await attention({ model: LLAMA, ids: IDS, rows: [1] }));
    expect(Object.keys(onlyRows)).toEqual(['layer', 'head', 'token_ids', 'row', 'rows']);
  });

  it('refuses more rows than Arrow can count', async () => {
    const result = await attention({ model: LLAMA, ids: IDS, rows: [1] });
    const rows = { ...result, ids: new Int32Array(32_768), rows: Array.from({ length: 65_536 }, (_, row) => row) };
    await expect(writeAttention(join(tempFolder(), 'x'), rows)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('rows must not be 65536. It must be at most 65535'),
    });
  });
});
