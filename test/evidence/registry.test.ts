import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeCases, REAL } from '../../src/evidence/cases.js';
import { CONTROLS, findControls } from '../../src/evidence/controls/registry.js';
import { sampleWindows, type CorpusSample } from '../../src/evidence/sample.js';
import { CountValues } from '../../src/evidence/count-values.js';
import { listCountScores } from '../../src/scores/registry.js';
import type { Window } from '../../src/base/records.js';
import { copyingDocument, corpusWindows, stream } from '../support/evidence.js';

const WINDOW = 64;
const settings = { vocabulary: 1000, seed: 1 };

async function made(corpus: Window[], seed = 1, change?: (sample: CorpusSample) => void) {
  const text = new CountValues(listCountScores(), settings);
  const sample = await sampleWindows(stream(corpus), 8, seed, (window) => text.observe(window));
  change?.(sample);
  const count = (domain: string, score: string, tokenIds: Int32Array): number =>
    text.value(domain, score, { windowId: '', tokenIds }, WINDOW / 4);
  return {
    text: count,
    ...(await makeCases(sample, stream(corpus), { window: WINDOW, seed, controls: CONTROLS, count })),
  };
}

const corpus = corpusWindows({
  domains: ['a', 'b'],
  documents: 12,
  tokens: 5 * WINDOW,
  window: WINDOW,
  ids: (_, random) => copyingDocument(5 * WINDOW, 20, random),
});

describe('the controls of a corpus', () => {
  it('are as long as their real window, differ from it, and come from their domain', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { cases } = await made(corpus, seed);
        const real = new Map(cases.filter(({ control }) => control === REAL).map((one) => [one.pair, one.window]));
        expect(new Set(cases.map(({ window }) => window.windowId)).size).toBe(cases.length);
        for (const { window, pair, control } of cases) {
          expect(window.tokenIds).toHaveLength(WINDOW);
          expect(window.domain).toBe(real.get(pair)!.domain);
          if (control === REAL) continue;
          expect(window.windowId).toBe(`${pair}#${control}`);
          expect([...window.tokenIds]).not.toEqual([...real.get(pair)!.tokenIds]);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('matched pairs are alike in the count, real windows are not', async () => {
    const { cases, text } = await made(corpus);
    for (const count of ['gzip', 'recurrence-2']) {
      const name = `matched-${count.replace(/-\d$/, '')}`;
      const value = (window: Window): number => text(window.domain, count, window.tokenIds);
      const pairs = cases.filter(({ control }) => control === name);
      expect(pairs.length).toBeGreaterThan(0);
      for (const domain of ['a', 'b']) {
        const reals = cases.filter(({ control, window }) => control === REAL && window.domain === domain);
        const values = reals.map(({ window }) => value(window));
        const mean = values.reduce((a, b) => a + b) / values.length;
        const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
        for (const { window, pair } of pairs.filter((one) => one.window.domain === domain)) {
          const partner = reals.find((one) => one.pair === pair)!.window;
          expect(Math.abs(value(window) - value(partner))).toBeLessThanOrEqual(deviation / 4 + 1e-12);
        }
      }
    }
  });

  it("keeps the tokenizer's first token where it was, and nowhere else", async () => {
    const bos = 999_999;
    const marked = corpus.map((window) =>
      window.tokenStart > 0 ? window : { ...window, tokenIds: Int32Array.of(bos, ...window.tokenIds.subarray(1)) },
    );
    const { cases } = await made(marked);
    const starts = cases.filter(({ window }) => window.tokenStart === 0);
    expect(starts.length).toBeGreaterThan(0);
    for (const { window } of cases) {
      const places = [...window.tokenIds].flatMap((id, at) => (id === bos ? [at] : []));
      expect(places).toEqual(window.tokenStart === 0 ? [0] : []);
    }
  });

  it('says which windows have no control', async () => {
    const short = corpusWindows({ domains: ['c'], documents: 10, tokens: WINDOW, window: WINDOW });
    const { controls } = await made(short);
    expect(controls.find(({ name }) => name === 'same-document')!.notes).toEqual([
      'c: 8 windows left out, their document is shorter than 2W',
    ]);
    const one = corpusWindows({ domains: ['d'], documents: 1, tokens: 3 * WINDOW, window: WINDOW });
    expect((await made(one)).controls.find(({ name }) => name === 'splice')!.notes.at(-1)).toBe(
      'd: 3 windows left out, fewer than 4 donors apart from them',
    );
  });

  it('are found by name', () => {
    expect(findControls(['repetition', 'splice']).map(({ name }) => name)).toEqual(['splice', 'repetition']);
    expect(() => findControls(['spliced'])).toThrow('controls must not be "spliced". It must be some of splice, ');
  });
});
