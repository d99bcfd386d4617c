import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import type { Document, Reject, Window } from '../../src/base/records.js';
import { allTooShort, cutWindows } from '../../src/windows/cut-windows.js';
import { openTokenizer, type Tokenizer } from '../../src/tokenizer/tokenizer.js';
import { codePointSlicer } from '../../src/base/code-points.js';
import { mergeWindowCounts, newWindowCounts, type WindowCounts } from '../../src/windows/counts.js';
import { windowStarts } from '../../src/windows/slide.js';

const KINDS = ['bytelevel', 'gpt2', 'spm'];
const fixture = (kind: string): string => fileURLToPath(new URL(`../fixtures/tokenizers/${kind}`, import.meta.url));

const place = (i: number): Pick<Document, 'key' | 'docId' | 'domain' | 'source' | 'row'> => ({
  key: `f.jsonl:${i + 1}`,
  docId: `d${i}`,
  domain: 'd',
  source: 'in/f.jsonl',
  row: i + 1,
});
const ofText = (text: string, i = 0): Document => ({ ...place(i), text });
const ofIds = (length: number, i = 0): Document => ({ ...place(i), ids: Int32Array.from({ length }, (_, j) => j) });

async function cut(
  documents: Document[],
  tokenizer: Tokenizer | undefined,
  window: number,
): Promise<{ windows: Window[]; counts: WindowCounts; rejects: Reject[] }> {
  const source = async function* (): AsyncGenerator<Document> {
    yield* documents;
  };
  const [windows, counts, rejects] = [[] as Window[], newWindowCounts(), [] as Reject[]];
  const onReject = (reject: Reject): void => void rejects.push(reject);
  for await (const one of cutWindows(source(), tokenizer, { window, counts, onReject })) windows.push(one);
  return { windows, counts, rejects };
}

const anyText = fc
  .array(fc.constantFrom('word', ' ', 'é', '文字', '😀', '👍🏽', '\n', 'a ', '1234', 'e\u0301'), {
    minLength: 1,
    maxLength: 80,
  })
  .map((parts) => parts.join(''));

describe.each(KINDS)('windows of text, %s', (kind) => {
  it('ids are slices of the document, the text is the exact substring that its tokens cover', async () => {
    const tokenizer = await openTokenizer(fixture(kind));
    await fc.assert(
      fc.asyncProperty(anyText, fc.integer({ min: 1, max: 20 }), async (text, window) => {
        const whole = await tokenizer.encode(text);
        const { windows, counts } = await cut([ofText(text)], tokenizer, window);
        expect(windows.map((one) => one.tokenStart)).toEqual(windowStarts(whole.ids.length, window));
        expect(counts['d']).toMatchObject({ documents: 1, tokens: whole.ids.length, windows: windows.length });
        const slice = codePointSlicer(text);
        for (const one of windows) {
          const tokenEnd = one.tokenStart + window;
          expect(one.tokenIds).toEqual(whole.ids.slice(one.tokenStart, tokenEnd));
          const points = [...text];
          for (let token = one.tokenStart; token < tokenEnd; token++) {
            const span = whole.span(token);
            if (!span) continue;
            expect(one.charStart).toBeLessThanOrEqual(span[0]);
            expect(one.charEnd).toBeGreaterThanOrEqual(span[1]);
          }
          expect(slice(one.charStart, one.charEnd)).toBe(points.slice(one.charStart, one.charEnd).join(''));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a character split between two windows belongs to both', async () => {
    const tokenizer = await openTokenizer(fixture(kind));
    const text = '😀😀😀😀';
    const { windows } = await cut([ofText(text)], tokenizer, 3);
    const encoded = await tokenizer.encode(text);
    const splits = windows.filter(({ tokenStart }) => {
      const [before, first] = [tokenStart > 0 ? encoded.span(tokenStart - 1) : undefined, encoded.span(tokenStart)];
      return before && first && before[0] === first[0];
    });
    expect(splits.length).toBeGreaterThan(0);
    const slice = codePointSlicer(text);
    for (const one of windows) expect(slice(one.charStart, one.charEnd)).toMatch(/^(😀)+$/u);
  });
});

describe('windows', () => {
  it('BOS is a token of the document, once, and covers no characters', async () => {
    const tokenizer = await openTokenizer(fixture('bytelevel'));
    const text = 'Hello, world!';
    const length = (await tokenizer.encode(text)).ids.length;
    const [window] = (await cut([ofText(text)], tokenizer, length)).windows;
    expect(window!.tokenIds[0]).toBe(1);
    expect([...window!.tokenIds].filter((id) => id === 1)).toHaveLength(1);
    expect([window!.charStart, window!.charEnd]).toEqual([0, text.length]);
  });

  it('ids that are ready need no tokenizer and have no characters', async () => {
    const { windows, counts } = await cut([ofIds(10), ofIds(3, 1), ofIds(4, 2)], undefined, 4);
    expect(windows.map((one) => [one.windowId, [...one.tokenIds], one.charStart, one.charEnd])).toEqual([
      ['f.jsonl:1:0', [0, 1, 2, 3], 0, 0],
      ['f.jsonl:1:3', [3, 4, 5, 6], 0, 0],
      ['f.jsonl:1:6', [6, 7, 8, 9], 0, 0],
      ['f.jsonl:3:0', [0, 1, 2, 3], 0, 0],
    ]);
    expect({ ...counts['d'] }).toEqual({
      documents: 3,
      tokens: 17,
      windows: 4,
      shortDocuments: 1,
      shortTokens: 3,
      longestShort: 3,
    });
  });

  it('the order is that of the documents, however long their encoding takes', async () => {
    const tokenizer = await openTokenizer(fixture('gpt2'));
    const documents = Array.from({ length: 40 }, (_, i) => ofText('word '.repeat(i % 5 === 0 ? 4000 : 20), i));
    const { windows } = await cut(documents, tokenizer, 16);
    const order = [...new Set(windows.map((one) => one.docId))];
    expect(order).toEqual(documents.map((document) => document.docId));
    expect(new Set(windows.map((one) => one.windowId)).size).toBe(windows.length);
  });

  it('a document that the tokenizer refuses is a reject, and the rest goes on', async () => {
    const tokenizer: Tokenizer = {
      sha256: '',
      added: [],
      warnings: [],
      vocabularySize: 9,
      addedTokens: [],
      nameOf: () => undefined,
      encode: async (text) => {
        if (text === 'bad') throw new Error('no [UNK]');
        return { ids: Int32Array.of(1, 2), span: () => [0, 1] };
      },
      decode: async () => '',
    };
    const { windows, rejects } = await cut([ofText('ok'), ofText('bad', 1), ofText('ok', 2)], tokenizer, 2);
    expect(windows.map((one) => one.docId)).toEqual(['d0', 'd2']);
    expect(rejects).toEqual([{ file: 'in/f.jsonl', line: 2, reason: 'the tokenizer refused the text: no [UNK]' }]);
  });

  it('text without a tokenizer is an error', async () => {
    await expect(cut([ofText('a')], undefined, 1)).rejects.toMatchObject({ code: 'NO_TOKENIZER' });
  });
});

describe('counts', () => {
  it('of several parts add up, by domain, whatever the name of the domain', async () => {
    const first = await cut([ofIds(10), { ...ofIds(3), domain: '__proto__' }], undefined, 4);
    const second = await cut([ofIds(2)], undefined, 4);
    const sum = mergeWindowCounts([first.counts, JSON.parse(JSON.stringify(second.counts)) as WindowCounts]);
    expect(Object.keys(sum).sort()).toEqual(['__proto__', 'd']);
    expect(sum['d']).toMatchObject({ documents: 2, tokens: 12, windows: 3, shortDocuments: 1, longestShort: 2 });
  });

  it('a corpus of documents that are all too short says how many and how long', async () => {
    const { counts } = await cut([ofIds(10), ofIds(30)], undefined, 64);
    const error = allTooShort(counts, 64);
    expect(error).toMatchObject({ code: 'ALL_DOCUMENTS_TOO_SHORT', exitCode: 3 });
    expect(error!.message).toContain(
      'Of 2 documents none has the 64 tokens of a window: the longest has 30, the mean is 20.',
    );
    expect(allTooShort(newWindowCounts(), 64)).toMatchObject({ code: 'NO_DOCUMENTS' });
    expect(allTooShort((await cut([ofIds(64)], undefined, 64)).counts, 64)).toBeUndefined();
  });
});
