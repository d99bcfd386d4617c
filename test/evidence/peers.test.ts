// The scores of others against their definitions: numbers of transformers' attention and losses, made by make_peer_goldens.py.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ladm } from '../../src/evidence/peers/ladm.js';
import { measurePeer, type PeerOptions } from '../../src/evidence/peers/peers.js';
import { prolong } from '../../src/evidence/peers/prolong.js';
import { Ledger } from '../../src/run/ledger.js';
import { corpusWindows } from '../support/evidence.js';
import { FIXTURES, WINDOWS, withScorer } from '../support/goldens.js';
import { tempFolder } from '../support/temp-folder.js';

interface Golden {
  model: string;
  window: string;
  ladm: { layer: number; spans: number; value: number }[];
  prolong: { segments: number; value: number }[];
}

const goldens = JSON.parse(readFileSync(path.join(FIXTURES, 'goldens_peers.json'), 'utf8')) as Golden[];

describe('the scores of others', () => {
  it.each(goldens)('are those of transformers: $model, $window', async ({ model, window, ...golden }) => {
    const ids = Int32Array.from(WINDOWS.find(({ id }) => id === window)!.ids);
    await withScorer(model, { loss: true }, async (scorer) => {
      for (const { layer, spans, value } of golden.ladm) {
        const request = {
          ids,
          layers: Int32Array.of(layer),
          heads: Int32Array.of(0, 1, 2, 3),
          mean: true,
          blocks: spans,
        };
        const [found] = await scorer.attention({ ...request, rows: new Int32Array(0) });
        // A map is float32, and the score a product of two sums of it.
        expect(ladm(found!.map!, ids.length, spans) / value).toBeCloseTo(1, 4);
      }
      for (const { segments, value } of golden.prolong) {
        const losses = async (some: Int32Array): Promise<Float64Array> =>
          (await scorer.losses({ ids: some, lengths: Int32Array.of(some.length), near: Int32Array.of(0) }))[0]!;
        // Strengths are differences of float32 losses, of 1e-2 where a model is as small as this.
        expect((await prolong(ids, losses, { segments })) / value).toBeCloseTo(1, 3);
      }
    });
  });

  it('are 0 for a window too short to be cut', async () => {
    expect(ladm(new Float32Array(16 * 16), 16, 16)).toBe(0);
    expect(await prolong(new Int32Array(31), async () => new Float64Array(1))).toBe(0);
  });
});

describe('measurePeer', () => {
  const windows = corpusWindows({ domains: ['a'], documents: 2, tokens: 640, window: 128 });

  it('goes on where it was stopped, and measures nothing twice', async () => {
    const ledger = new Ledger(tempFolder(), 'hash');
    let calls = 0;
    const options: PeerOptions = {
      ledger,
      layers: [0, 3],
      maps: async (ids, layers, spans) => {
        if (++calls === 13) throw new Error('killed');
        return layers.map((layer) =>
          Float32Array.from({ length: spans * spans }, (_, i) => ((i * ids[0]!) % 7) + layer),
        );
      },
      losses: async () => new Float64Array(0),
    };
    await expect(measurePeer('ladm', windows, options)).rejects.toThrow('killed');
    const columns = await measurePeer('ladm', windows, options);
    expect(calls).toBe(13 + 2 * (windows.length - 4));
    expect(columns.map(({ score, layer }) => [score, layer])).toEqual([
      ['ladm', 0],
      ['ladm', 3],
    ]);
    for (const { layer, values, seconds } of columns) {
      expect(seconds).toBeGreaterThanOrEqual(0);
      for (const { windowId, tokenIds } of windows) {
        const map = Float32Array.from({ length: 128 * 128 }, (_, i) => ((i * tokenIds[0]!) % 7) + layer!);
        expect(values.get(windowId)).toBe(ladm(map, 128, 128));
      }
    }
    expect(await measurePeer('ladm', windows, options)).toEqual(columns);
  });
});
