import { describe, expect, it } from '@jest/globals';
import { tokenOffsets } from '../../src/report/token-offsets.js';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import type { Encoded } from '../../src/tokenizer/encoded.js';
import { demoModel } from '../support/cli.js';

/** A token a character; token ids are code points. */
function letters(text: string, template: number[] = []): Encoded {
  const points = [...text];
  const ids = Int32Array.from([...template, ...points.map((point) => point.codePointAt(0)!)]);
  const span = (token: number): readonly [number, number] | undefined =>
    token < template.length ? undefined : [token - template.length, token - template.length + 1];
  return { ids, span };
}

describe('where the tokens of a window begin', () => {
  it('counts UTF-16 units, also past the high plane', () => {
    const text = 'a\u{1f600}b';
    const { starts, unmatched } = tokenOffsets(letters(text).ids, letters(text), text);
    expect([...starts]).toEqual([0, 1, 3, 4]);
    expect(unmatched).toBe(0);
  });

  it('gives what the template adds no characters, where the window has it', () => {
    const text = 'ab';
    expect([...tokenOffsets([1, 97, 98], letters(text, [1]), text).starts]).toEqual([0, 0, 1, 2]);
    expect([...tokenOffsets([97, 98], letters(text, [1]), text).starts]).toEqual([0, 1, 2]);
  });

  it('takes what differs as one piece: no token lies on the text of another', () => {
    const { starts, unmatched } = tokenOffsets([97, 7, 8, 9, 100], letters('abcd'), 'abcd');
    expect([...starts]).toEqual([0, 1, 1, 1, 3, 4]);
    expect(unmatched).toBe(3);
  });

  it('fits the windows of a real tokenizer, cut in mid word too', async () => {
    const tokenizer = await openTokenizer(demoModel);
    const text = 'Call me Ishmael. Some years ago, \u{1f40b} never mind how long precisely'.repeat(20);
    const { ids, span } = await tokenizer.encode(text);
    for (const from of [0, 3, 7, 50]) {
      const window = ids.slice(from, from + 64);
      const own = [...text].slice(span(from)![0], span(from + 63)![1]).join('');
      const { starts, unmatched } = tokenOffsets(window, await tokenizer.encode(own), own);
      expect(unmatched).toBeLessThan(4);
      expect(starts.at(-1)).toBe(own.length);
      expect([...starts]).toEqual([...starts].sort((a, b) => a - b));
    }
  });
});
