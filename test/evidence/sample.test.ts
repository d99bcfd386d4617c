import { documentOf } from '../../src/base/window-id.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { collectDocuments, sampleWindows } from '../../src/evidence/sample.js';
import { Random } from '../../src/base/random.js';
import type { Window } from '../../src/base/records.js';
import { corpusWindows, stream } from '../support/evidence.js';

const names = (windows: Window[]): string[] => windows.map(({ windowId }) => windowId);

describe('sampleWindows', () => {
  it('does not depend on the order of the windows', async () => {
    const corpus = corpusWindows({ domains: ['a', 'b'], documents: 30, tokens: 500, window: 64 });
    const once = await sampleWindows(stream(corpus), 10, 1);
    for (let seed = 0; seed < 5; seed++) {
      const other = await sampleWindows(stream(new Random(seed).shuffled(corpus)), 10, 1);
      expect(other.domains.map(({ windows }) => names(windows))).toEqual(
        once.domains.map(({ windows }) => names(windows)),
      );
      expect(other.domains.map(({ donors }) => names(donors))).toEqual(once.domains.map(({ donors }) => names(donors)));
    }
    const reseeded = await sampleWindows(stream(corpus), 10, 2);
    expect(names(reseeded.domains[0]!.windows)).not.toEqual(names(once.domains[0]!.windows));
  });

  it('takes one donor a document, and every window about equally often', async () => {
    const corpus = corpusWindows({ domains: ['a'], documents: 20, tokens: 320, window: 64 });
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 200; seed++) {
      const { domains } = await sampleWindows(stream(corpus), 25, seed);
      expect(new Set(domains[0]!.donors.map(({ windowId }) => documentOf(windowId))).size).toBe(
        domains[0]!.donors.length,
      );
      for (const { windowId } of domains[0]!.windows) seen.set(windowId, (seen.get(windowId) ?? 0) + 1);
    }
    // 25 of 100 windows, 200 times: 50 each on average, standard deviation 6.1.
    expect(seen.size).toBe(100);
    for (const count of seen.values()) expect(Math.abs(count - 50)).toBeLessThan(26);
  });

  it('gives all windows of a small domain, and finds what stands in front of every document', async () => {
    const corpus = corpusWindows({ domains: ['a'], documents: 3, tokens: 128, window: 64 });
    const plain = await sampleWindows(stream(corpus), 100, 1);
    expect(plain.domains[0]!.windows).toHaveLength(6);
    expect(plain.prefix).toBeUndefined();
    const marked = corpus.map((window) =>
      window.tokenStart > 0 ? window : { ...window, tokenIds: Int32Array.of(1, ...window.tokenIds.subarray(1)) },
    );
    expect((await sampleWindows(stream(marked), 100, 1)).prefix).toBe(1);
  });
});

describe('collectDocuments', () => {
  it('puts documents together from windows that overlap, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: 300 }), fc.integer(), async (tokens, seed) => {
        const corpus = corpusWindows({ domains: ['a'], documents: 3, tokens, window: 20 });
        const shuffled = new Random(seed).shuffled(corpus);
        const documents = await collectDocuments(
          stream(shuffled),
          new Set(corpus.map(({ windowId }) => documentOf(windowId))),
        );
        expect(documents.size).toBe(3);
        for (const window of corpus) {
          const ids = documents.get(documentOf(window.windowId))!;
          expect(ids).toHaveLength(tokens);
          expect(ids.subarray(window.tokenStart, window.tokenStart + 20)).toEqual(window.tokenIds);
        }
      }),
    );
  });
});
